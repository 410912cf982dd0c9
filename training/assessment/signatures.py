"""Signatures and margins of pictures by a model, kept in runs/ so that no picture is seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from core.arrays import Floats
from core.assessment import picture_kind
from core.classifier import Classifier
from core.images import ImageRejected
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected

_BATCH = 16


@dataclass(frozen=True)
class Signatures:
    """``core.assessment.picture_kind.signature`` (N, S) and malignant minus benign logit (N,)."""

    values: Floats
    margins: Floats


def of_images(model: Classifier, images: Sequence[Image.Image]) -> Signatures:
    """One forward pass a batch."""
    import torch

    values, margins = [], []
    for start in range(0, len(images), _BATCH):
        batch = [model.network_input(image) for image in images[start : start + _BATCH]]
        found, summaries = model.margins_and_summaries(torch.stack(batch))
        values.append(picture_kind.signature(summaries))
        margins.append(found)
    return Signatures(np.concatenate(values), np.concatenate(margins))


def of_files(model: Classifier, paths: Sequence[Path], cache: Path, what: str) -> Signatures:
    """The pictures in ``paths``; ``cache`` is an .npz file of those seen before, by path."""
    known: dict[str, tuple[Floats, float]] = {}
    if cache.is_file():
        with np.load(cache) as kept:
            known = dict(zip(kept["paths"], zip(kept["values"], kept["margins"], strict=True),
                             strict=True))  # fmt: skip
    names = [_name(path) for path in paths]
    missing = [path for path, name in zip(paths, names, strict=True) if name not in known]
    for start in tqdm(range(0, len(missing), _BATCH), desc=f"looking at {what}", leave=False):
        batch = missing[start : start + _BATCH]
        try:
            found = of_images(model, [read_picture(path) for path in batch])
        except ImageRejected as error:
            raise DataRejected(f"{batch[0].parent}: {error}") from error
        for i, path in enumerate(batch):
            known[_name(path)] = (found.values[i], float(found.margins[i]))
    if missing:
        _keep(known, cache)
    rows = [known[name] for name in names]
    return Signatures(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))


def _keep(known: dict[str, tuple[Floats, float]], cache: Path) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    beside = cache.with_suffix(".part.npz")
    np.savez(
        beside, paths=np.array(list(known)), values=np.array([row[0] for row in known.values()]),
        margins=np.array([row[1] for row in known.values()]),
    )  # fmt: skip
    beside.replace(cache)


def _name(path: Path) -> str:
    return "/".join(path.parts[-3:])
