"""Bare skin, cut from photos beside the lesion: whoever marked lesions has marked that, too."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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
    patch; none where there are no masks. Raises ``DataRejected`` for one that is listed and not
    there, or not of its picture.
    """
    found: list[dict[str, object]] = []
    marked = "mask" in table and masks.is_dir()
    rows = table[table["mask"].notna()] if marked else table.iloc[:0]
    for row in tqdm(rows.itertuples(), total=len(rows), desc="cutting bare skin", leave=False):
        mask, name = masks / str(row.mask), str(row.file)
        try:
            with Image.open(mask) as opened:
                lesion = np.asarray(opened.convert("L")) >= 128
        except OSError as error:
            raise DataRejected(f"{mask} can't be read: {error}.") from error
        patches = {
            to / f"{Path(name).stem}-{'-'.join(map(str, box))}.png": box
            for box in boxes(lesion, name)
        }
        if not all(path.is_file() for path in patches):
            picture = read_picture(Path(str(row.path)))
            if picture.size != lesion.shape[::-1]:
                raise DataRejected(f"{mask} is not as large as its picture.")
            for path, box in patches.items():
                packed = io.BytesIO()
                picture.crop(box).save(packed, "PNG")
                write_bytes(path, packed.getvalue())
        found += [{"path": path, "group": row.group} for path in patches]
    return pd.DataFrame(found, columns=["path", "group"])


def boxes(lesion: Mask, name: str) -> list[Box]:
    """Where squares of bare skin lie in a picture whose lesion is masked (H, W).

    ``name`` is what the choice among all places depends on, so that it is the same every time.
    """
    if lesion.mean() < _LEAST:
        return []
    shorter = min(lesion.shape)
    margin = max(2, round(_MARGIN * shorter))
    around = np.pad(lesion, margin)  # no lesion lies outside of the picture
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    for share in _SIDES:
        side = int(share * shorter)
        free = _sums(around, side + 2 * margin)[::_STEP, ::_STEP] == 0
        places = np.argwhere(free) * _STEP  # (N, 2)
        if len(places):
            some = np.random.default_rng(seed).permutation(len(places))[:_OF_A_PICTURE]
            return [(x, y, x + side, y + side) for y, x in places[some].tolist()]
    return []


def _sums(mask: Mask, side: int) -> NDArray[np.int64]:
    """How many pixels of each square of ``side`` are set, (H - side + 1, W - side + 1)."""
    sums = np.pad(mask.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return np.asarray(
        sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    )
