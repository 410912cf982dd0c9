"""A saliency map made visible, in colours that colour-blind people can read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Map = NDArray[np.float32]

# Viridis (van der Walt and Smith 2015): its lightness grows evenly, so it reads in any colour
# vision and in grey. Eleven of its 256 entries, joined by straight lines.
_VIRIDIS = np.array(
    [
        (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140),
        (34, 168, 132), (68, 191, 112), (122, 209, 81), (189, 223, 38), (253, 231, 37),
    ],
    dtype=np.float64,
)  # fmt: skip


def colours(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Values in [0, 1], any shape, as RGB in 0..255 along a last axis of 3."""
    stops = np.linspace(0, 1, len(_VIRIDIS))
    return np.stack([np.interp(values, stops, _VIRIDIS[:, c]) for c in range(3)], axis=-1)


def overlay(picture: Image.Image, saliency_map: Map, opacity: float) -> Image.Image:
    """The map (H, W) over an RGB picture of that size: where it is 0, the picture stays as it is.

    ``opacity`` in [0, 1] is how much of the picture the map's peak hides. Raises ``ValueError``.
    """
    if saliency_map.shape != (picture.height, picture.width):
        raise ValueError(f"map {saliency_map.shape} is not of the picture's size {picture.size}")
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity must be in [0, 1], not {opacity}")
    # the root lets half of the peak be seen well
    veil = Image.fromarray((255 * opacity * np.sqrt(saliency_map) + 0.5).astype(np.uint8))
    tint = Image.fromarray((255 * saliency_map + 0.5).astype(np.uint8))
    tint.putpalette(colours(np.linspace(0, 1, 256)).round().astype(np.uint8).tobytes())
    return Image.composite(tint.convert("RGB"), picture, veil)


def legend(width: int = 360, height: int = 10) -> Image.Image:
    """The colours from 0 (left) to 1 (right)."""
    row = colours(np.linspace(0, 1, width)).round().astype(np.uint8)
    return Image.fromarray(np.repeat(row[None], height, axis=0))


def share_inside(saliency_map: Map, mask: NDArray[np.bool_]) -> float:
    """The share of a map's weight that lies inside a mask of its shape; 0 for an empty map."""
    if saliency_map.shape != mask.shape:
        raise ValueError(f"map {saliency_map.shape} and mask {mask.shape} differ in shape")
    total = float(saliency_map.sum(dtype=np.float64))
    return float(saliency_map[mask].sum(dtype=np.float64)) / total if total > 0 else 0.0
