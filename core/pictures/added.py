"""What was added to a picture, magnified until it can be seen, and pictures to take home."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from core.arrays import Floats

# What a difference may be magnified by: the largest of these that keeps it within the picture.
_FACTORS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def difference(before: Floats, after: Floats) -> tuple[Image.Image, int]:
    """What was added, on middle grey, and how many times it is magnified.

    Both pictures are (H, W, 3) in grey levels, 0 to 255, whole or not.
    """
    change = after - before
    largest = float(np.abs(change).max())
    fitting = [factor for factor in _FACTORS if factor * largest <= 128]
    factor = max(fitting, default=1)
    shown = (128 + factor * change).round().clip(0, 255)
    return Image.fromarray(shown.astype(np.uint8)), factor


def levels(picture: Image.Image) -> Floats:
    """The values of an RGB picture, (H, W, 3) in grey levels, 0 to 255."""
    return np.asarray(picture, dtype=np.float64)


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG that holds nothing else."""
    data = io.BytesIO()
    Image.fromarray(np.asarray(picture)).save(data, "PNG")
    return data.getvalue()
