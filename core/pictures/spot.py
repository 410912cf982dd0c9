"""Where the spot is that a photo was taken of, however small, and which part of it to judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from core.arrays import Mask
from core.pictures.lesion_mask import contrast, find_lesion

_COPY = 448  # pixels, the longer side of the copy that is searched: a window of it has 112 or more
# Windows, as shares of the shorter side, and where their centres lie. Of 498 lesions of phone
# photos, laid anywhere on bare skin and 6 to 20 % of its side large, the windows find 62 % (boxes
# that overlap by 0.3 or more of both), the whole picture 15 %.
_WINDOWS = ((0.5, (0.25, 0.5, 0.75)), (0.25, (0.3, 0.5, 0.7)))
# In Lab units. Of 249 pictures of bare skin 10 % have something in a window that stands out so far.
_LEAST_CONTRAST = 12.0
_MOST_RIM = 0.02  # a spot that is cut by its window is another window's
# The part to judge has a third of a lesion's size around it, as the pictures learned from have.
_AROUND = 1 / 3
_LEAST_PIXELS = 112  # of a part's side: what is smaller than half of a network's view is a blur


class Box(NamedTuple):
    """A rectangle in shares of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Its share of the picture."""
        return (self.right - self.left) * (self.bottom - self.top)


def box_of(mask: Mask) -> Box:
    """The smallest box around a mask (H, W) that is not empty."""
    down, across = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    h, w = mask.shape
    return Box(across[0] / w, down[0] / h, (across[-1] + 1) / w, (down[-1] + 1) / h)


def find_small_spot(image: Image.Image) -> Box | None:
    """The spot that stands out most in a part of the picture; ``None`` where nothing does.

    It is for a picture that shows none as a whole.
    """
    small = image.copy()
    small.thumbnail((_COPY, _COPY), Image.Resampling.BILINEAR)
    best: tuple[float, Box] | None = None
    for window in _windows(*small.size):
        part = small.crop(window)
        mask = find_lesion(part)
        if mask is None or _rim(mask) > _MOST_RIM:
            continue
        found = contrast(part, mask)
        if found > max(_LEAST_CONTRAST, best[0] if best else 0.0):
            best = found, _in_whole(box_of(mask), window, small.size)
    return best[1] if best else None


def part_to_judge(spot: Box | None, size: tuple[int, int]) -> Box:
    """A square part around a spot; the middle half where there is none.

    It has at least ``_LEAST_PIXELS`` pixels a side and lies within the picture.
    """
    width, height = size
    spot = spot or Box(0.25, 0.25, 0.75, 0.75)
    largest = max((spot.right - spot.left) * width, (spot.bottom - spot.top) * height)
    side = min(max(largest * (1 + 2 * _AROUND), _LEAST_PIXELS), width, height)
    return square(
        (spot.left + spot.right) / 2 * width, (spot.top + spot.bottom) / 2 * height, side, size
    )


def square(x: float, y: float, side: float, size: tuple[int, int]) -> Box:
    """The square around a point in pixels, moved so far that it lies within a picture."""
    width, height = size
    left = min(max(x - side / 2, 0), width - side)
    top = min(max(y - side / 2, 0), height - side)
    return Box(left / width, top / height, (left + side) / width, (top + side) / height)


def crop(image: Image.Image, part: Box) -> Image.Image:
    """That part of the picture."""
    w, h = image.size
    left, top = round(part.left * w), round(part.top * h)
    return image.crop(
        (left, top, max(left + 1, round(part.right * w)), max(top + 1, round(part.bottom * h)))
    )


def _windows(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    for share, centres in _WINDOWS:
        side = round(min(width, height) * share)
        for y in centres:
            for x in centres:
                left, top = round(x * width) - side // 2, round(y * height) - side // 2
                yield left, top, left + side, top + side


def _in_whole(box: Box, window: tuple[int, int, int, int], size: tuple[int, int]) -> Box:
    left, top, right, bottom = window
    across, down = right - left, bottom - top
    return Box(
        (left + box.left * across) / size[0],
        (top + box.top * down) / size[1],
        (left + box.right * across) / size[0],
        (top + box.bottom * down) / size[1],
    )


def _rim(mask: Mask) -> float:
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())
