"""Per picture: the share of a network's saliency on the lesion, and its answer when re-toned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core.labels import margin
from core.networks.lesion_network import LesionNetwork
from core.pictures.colour import Colour, colour
from core.pictures.skin_tone import retone
from core.preprocessing import SIDE, Geometry, resize, to_tensor
from core.saliency import grad_cam
from core.saliency.overlay import share_inside
from training.data.hdf5 import read_picture
from training.data.labelled_set import LabelledSet

BATCH = 16


def lesion_shares(
    network: LesionNetwork, data: LabelledSet, masks: Path, geometry: Geometry = "squeeze",
    margin_threshold: float = 0.0, side: int = SIDE,
) -> pd.DataFrame:  # fmt: skip
    """file, share, area and elsewhere of each picture with a mask (``mask``, a file in ``masks``).

    Each in [0, 1]: ``share`` is the saliency map's weight on the lesion, ``area`` the lesion's part
    of the view, ``elsewhere`` what the mean map of all these pictures has on it.
    """
    rows = data.table[data.table["mask"].notna()]
    maps: list[NDArray[np.float16]] = []
    lesions: list[NDArray[np.bool_]] = []
    paths = list(rows["path"])
    for start in tqdm(range(0, len(paths), BATCH), desc=f"maps of {data.name}", leave=False):
        pictures = [read_picture(path) for path in paths[start : start + BATCH]]
        batch = torch.stack([to_tensor(picture, geometry, side) for picture in pictures])
        for one in grad_cam.grad_cam_plus_plus(network, batch, None, margin_threshold):
            maps.append(one.saliency_map.astype(np.float16))
    for name in rows["mask"]:
        with Image.open(masks / str(name)) as mask:
            lesions.append(np.asarray(resize(mask.convert("RGB"), geometry, side))[..., 0] >= 128)
    mean = np.asarray(np.mean(maps, axis=0, dtype=np.float64), dtype=np.float32)
    return pd.DataFrame({
        "file": rows["file"].to_numpy(),
        "share": [share_inside(m.astype(np.float32), lesion)
                  for m, lesion in zip(maps, lesions, strict=True)],
        "area": [float(lesion.mean()) for lesion in lesions],
        "elsewhere": [share_inside(mean, lesion) for lesion in lesions],
    })  # fmt: skip


def retoned_margins(
    network: LesionNetwork, data: LabelledSet, skins: dict[str, Colour], tone: str,
    geometry: Geometry = "squeeze", side: int = SIDE,
) -> NDArray[np.float64]:  # fmt: skip
    """Malignant minus benign logit (N,) of pictures re-toned to ``#rrggbb``.

    It is ``nan`` for a picture that has no colour in ``skins`` (by file, sRGB).
    """
    found = np.full(len(data.table), np.nan)
    paths = list(data.table["path"])
    for start in tqdm(range(0, len(paths), BATCH), desc=f"re-toning {data.name}", leave=False):
        views, places = [], []
        for i, path in enumerate(paths[start : start + BATCH], start):
            skin = skins.get(str(data.table["file"].iloc[i]))
            if skin is not None:
                view = resize(read_picture(path), geometry, side)
                views.append(to_tensor(retone(view, skin, colour(tone)), geometry, side))
                places.append(i)
        if views:
            with torch.inference_mode():
                logits = network(torch.stack(views)).double().cpu()
            found[places] = margin(logits).numpy()
    return found
