"""Logit differences of many pictures: malignant minus benign, before calibration."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from core import classifier
from core.images import ImageRejected
from core.labels import margin
from core.networks.lesion_network import LesionNetwork
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.pixels import Pixels, slices


def margins_of_pixels(network: LesionNetwork, pixels: Pixels) -> NDArray[np.float64]:
    """Malignant minus benign logit in float32, (N,), of uint8 pictures (N, 3, side, side)."""
    device = next(network.parameters()).device
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        logits = torch.cat(
            [network(part.to(device).float() / 255) for part in slices(pixels, 32)]
        ).double()
    result: NDArray[np.float64] = margin(logits).cpu().numpy()
    return result


def margins_of_files(model: classifier.Classifier, data: LabelledSet) -> NDArray[np.float64]:
    """Malignant minus benign logit of every picture, (N,), with one batch in memory at a time."""
    paths = list(data.table["path"])
    found = []
    with tqdm(total=len(paths), desc=f"scoring {data.name}", unit=" pictures", leave=False) as bar:
        for start in range(0, len(paths), classifier.BATCH):
            batch = []
            for path in paths[start : start + classifier.BATCH]:
                try:
                    batch.append(read_picture(path))
                except ImageRejected as error:
                    raise DataRejected(f"{path}: {error}") from error
            found.append(model.margins(batch))
            bar.update(len(batch))
    return np.concatenate(found)
