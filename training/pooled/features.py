"""A network's pooled features of many pictures, kept: no picture is shown to it twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from core.arrays import Floats
from core.files import write_bytes
from core.networks.lesion_network import LesionNetwork
from training.data.pixels import Pixels, slices
from training.pooled.broad_pool import BroadPool
from training.scoring.device import scoring_device

Features = Callable[[pd.DataFrame], Floats]  # (N, C) of rows of a pool
_BATCH = 32


def pooled(network: LesionNetwork, pixels: Pixels, kept: Path, what: str) -> Floats:
    """Each channel's mean over the last map, (N, C), of uint8 pictures (N, 3, side, side).

    Kept in the file ``kept``, whose name must tell the network and the pictures apart.
    """
    if kept.is_file():
        return np.load(BytesIO(kept.read_bytes())).astype(np.float64)  # type: ignore[no-any-return]
    device = scoring_device()
    network = network.to(device)
    found = []
    with torch.inference_mode(), tqdm(total=len(pixels), desc=what, leave=False) as bar:
        for part in slices(pixels, _BATCH):
            late = network.features(part.to(device).float() / 255)  # (B, C, h, w)
            found.append(late.mean(dim=(2, 3)).float().cpu().numpy())
            bar.update(len(part))
    network.cpu()
    features = np.concatenate(found)
    file = BytesIO()
    np.save(file, features)
    write_bytes(kept, file.getvalue())
    return features.astype(np.float64)


def of_rows(network: LesionNetwork, pool: BroadPool, used: pd.Series[bool], kept: Path) -> Features:
    """What gives a network's pooled features of those rows of a pool that are ``used`` (N,)."""
    parts = [
        (rows.index, pooled(
            network, dataclasses.replace(pool, table=rows.reset_index(drop=True)),
            kept / f"{name}-{len(rows)}.npy", f"showing {name}",
        ))
        for name, rows in pool.table[used].groupby("collection")
    ]  # fmt: skip
    found = np.concatenate([mine for _, mine in parts])
    place = pd.Series(np.arange(len(found)), np.concatenate([index for index, _ in parts]))
    return lambda rows: found[place[rows.index].to_numpy()]
