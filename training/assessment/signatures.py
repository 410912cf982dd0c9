"""Signatures and margins of pictures by a model, kept in runs/ so that no picture is seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core.arrays import Floats
from core.assessment import picture_kind
from core.assessment.picture_kind import Content, Gate
from core.classifier import Classifier
from core.images import ImageRejected
from core.pictures.blobs import blobs_of
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected

_BATCH = 16


@dataclass(frozen=True)
class Signatures:
    """What a gate asks of N pictures, and their malignant minus benign logits (N,).

    ``values`` (N, S) are ``core.assessment.picture_kind.signature``, and ``blobs`` what stands out
    (``core.pictures.blobs``).
    """

    values: Floats
    blobs: Floats
    margins: Floats

    def contents(self, gate: Gate) -> list[Content]:
        """What each of the pictures shows."""
        return gate.contents(self.values, self.blobs)

    def only(self, rows: NDArray[np.bool_]) -> Signatures:
        """Those of the rows (N,)."""
        return Signatures(self.values[rows], self.blobs[rows], self.margins[rows])


def of_images(model: Classifier, images: Sequence[Image.Image]) -> Signatures:
    """One forward pass a batch."""
    import torch

    values, margins = [], []
    for start in range(0, len(images), _BATCH):
        batch = [model.network_input(image) for image in images[start : start + _BATCH]]
        found, summaries = model.margins_and_summaries(torch.stack(batch))
        values.append(picture_kind.signature(summaries))
        margins.append(found)
    blobs = np.array([blobs_of(image) for image in images])
    return Signatures(np.concatenate(values), blobs, np.concatenate(margins))


def of_files(model: Classifier, paths: Sequence[Path], cache: Path, what: str) -> Signatures:
    """The pictures in ``paths``; ``cache`` is an .npz file of those seen before, by path."""
    known: dict[str, _Known] = {}
    if cache.is_file():
        with np.load(cache) as kept:
            if set(_Known._fields) <= set(kept):  # one of before the gate asked for blobs has less
                columns = zip(*(kept[name] for name in _Known._fields), strict=True)
                known = dict(zip(kept["paths"], map(_Known._make, columns), strict=True))
    names = [_name(path) for path in paths]
    missing = [path for path, name in zip(paths, names, strict=True) if name not in known]
    for start in tqdm(range(0, len(missing), _BATCH), desc=f"looking at {what}", leave=False):
        batch = missing[start : start + _BATCH]
        try:
            found = of_images(model, [read_picture(path) for path in batch])
        except ImageRejected as error:
            raise DataRejected(f"{batch[0].parent}: {error}") from error
        for path, *row in zip(batch, found.values, found.blobs, found.margins, strict=True):
            known[_name(path)] = _Known._make(row)
    if missing:
        _keep(known, cache)
    return _together([known[name] for name in names])


class _Known(NamedTuple):
    """A picture's row in a cache."""

    values: Floats
    blobs: Floats
    margins: float


def _together(rows: list[_Known]) -> Signatures:
    return Signatures(
        np.array([row.values for row in rows]), np.array([row.blobs for row in rows]),
        np.array([row.margins for row in rows]),
    )  # fmt: skip


def _keep(known: dict[str, _Known], cache: Path) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    beside = cache.with_suffix(".part.npz")
    found = _together(list(known.values()))
    np.savez(
        beside, paths=np.array(list(known)), values=found.values, blobs=found.blobs,
        margins=found.margins,
    )  # fmt: skip
    beside.replace(cache)


def _name(path: Path) -> str:
    return "/".join(path.parts[-3:])
