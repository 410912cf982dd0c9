"""A network's pooled features of many pictures, kept: no picture is shown to it twice."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from core.arrays import Floats
from core.files import write_bytes
from core.networks.lesion_network import LesionNetwork
from training.data.pixels import Pixels, slices
from training.scoring.device import scoring_device

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
