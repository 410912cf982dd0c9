"""Bare skin, cut from photos beside the lesion: whoever marked lesions has marked that, too."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from core.arrays import Mask
from core.files import write_bytes
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected

Box = tuple[int, int, int, int]  # left, upper, right, lower, as Pillow has it
# Sides of a patch, of the picture's shorter one. The largest that fits somewhere is cut.
_SIDES = (0.6, 0.5, 0.4, 0.3)
_OF_A_PICTURE = 4
_STEP = 4  # pixels between the places that are tried
_MARGIN = 0.04  # of the shorter side, between the lesion and a patch: masks are drawn by hand
_LEAST = 0.002  # of the picture: a smaller mask has missed its lesion


def cut(table: pd.DataFrame, masks: Path, to: Path) -> pd.DataFrame:
    """Cut patches from photos whose lesions have masks, as PNG files in ``to``, once.

    ``table`` has path, file, group and mask, a file in ``masks``. Returns path and group of each
    patch. Raises ``DataRejected`` for a mask that is not there.
    """
    rows = table[table["mask"].notna()]
    found = []
    for row in tqdm(rows.itertuples(), total=len(rows), desc="cutting bare skin", leave=False):
        try:
            with Image.open(masks / str(row.mask)) as opened:
                lesion = np.asarray(opened.convert("L")) >= 128
        except OSError as error:
            raise DataRejected(f"{masks / str(row.mask)} can't be read: {error}.") from error
        missing = {
            to / f"{Path(str(row.file)).stem}-{'-'.join(map(str, box))}.png": box
            for box in boxes(lesion, str(row.file))
        }
        found += [{"path": path, "group": row.group} for path in missing]
        missing = {path: box for path, box in missing.items() if not path.is_file()}
        if missing:
            picture = read_picture(Path(str(row.path)))
            if picture.size != lesion.shape[::-1]:
                raise DataRejected(f"{masks / str(row.mask)} is not as large as its picture.")
            for path, box in missing.items():
                packed = io.BytesIO()
                picture.crop(box).save(packed, "PNG")
                write_bytes(path, packed.getvalue())
    return pd.DataFrame(found, columns=["path", "group"])


def boxes(lesion: Mask, name: str) -> list[Box]:
    """Where squares of bare skin lie in a picture whose lesion is masked (H, W).

    ``name`` is what the choice among all places depends on, so that it is the same every time.
    """
    shorter = min(lesion.shape)
    if lesion.mean() < _LEAST:
        return []
    taken = _widened(lesion, max(2, round(_MARGIN * shorter)))
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    for share in _SIDES:
        side = int(share * shorter)
        places = np.argwhere(_sums(taken, side)[::_STEP, ::_STEP] == 0) * _STEP  # (N, 2)
        if len(places):
            some = np.random.default_rng(seed).permutation(len(places))[:_OF_A_PICTURE]
            return [(x, y, x + side, y + side) for y, x in places[some].tolist()]
    return []


def _widened(mask: Mask, by: int) -> Mask:
    """The mask and what lies up to ``by`` pixels from it, along rows and columns."""
    padded = np.pad(mask, by)
    return np.asarray(_sums(padded, 2 * by + 1) > 0)


def _sums(mask: Mask, side: int) -> np.ndarray:
    """How many pixels of each square of ``side`` are set, (H - side + 1, W - side + 1)."""
    sums = np.pad(mask.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return np.asarray(
        sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    )
