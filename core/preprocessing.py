"""The one resize in the project: an RGB picture to the tensor that every network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import torch

SIDE = 224

Geometry = Literal["squeeze", "crop"]
"""``squeeze``: the whole picture, its aspect ratio given up, as the report's data set was made.
``crop``: the largest centred square, nothing distorted, the ends of the longer side lost."""


def resize(image: Image.Image, geometry: Geometry = "squeeze", side: int = SIDE) -> Image.Image:
    """An RGB picture as ``side`` x ``side`` pixels (bilinear with antialiasing)."""
    if image.mode != "RGB":
        raise ValueError(f"image must be RGB, not {image.mode}: open it with core.images")
    if geometry == "squeeze":
        box = (0, 0, image.width, image.height)
    elif geometry == "crop":
        box = crop_box(image.width, image.height)
    else:
        raise ValueError(f"geometry must be 'squeeze' or 'crop', not {geometry!r}")
    if image.size == (side, side):
        return image
    return image.resize((side, side), Image.Resampling.BILINEAR, box=box)


def crop_box(width: int, height: int) -> tuple[int, int, int, int]:
    """The largest centred square as (left, top, right, bottom)."""
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    return left, top, left + short, top + short


def to_bytes(image: Image.Image, geometry: Geometry = "squeeze", side: int = SIDE) -> torch.Tensor:
    """The resized picture as uint8 (3, side, side), 0 to 255: how training keeps it in memory."""
    import torch

    pixels = np.asarray(resize(image, geometry, side))  # (H, W, 3), not writable
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def to_tensor(image: Image.Image, geometry: Geometry = "squeeze", side: int = SIDE) -> torch.Tensor:
    """The resized picture as float32 (3, side, side) in [0, 1], not normalised.

    Networks normalise inside themselves, so that a perturbation is measured in pixel units.
    Raises ``ValueError`` for a picture that is not RGB or an unknown geometry.
    """
    import torch

    # By NumPy: torch would start its threads for it, in each thread that prepares pictures.
    pixels = np.asarray(resize(image, geometry, side)).transpose(2, 0, 1)
    return torch.from_numpy(np.divide(pixels, np.float32(255), dtype=np.float32, order="C"))
