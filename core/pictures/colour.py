"""Colours as screens, light and the eye have them, and the ten of a scale of skin tones."""

from __future__ import annotations

import numpy as np

from core.arrays import AnyFloats, Floats

Colour = tuple[int, int, int]
# The ten colours of the Monk Skin Tone Scale (Monk 2019, skintone.google; CC BY 4.0).
MONK = (
    "#f6ede4", "#f3e7db", "#f7ead0", "#eadaba", "#d7bd96",
    "#a07e56", "#825c43", "#604134", "#3a312a", "#292420",
)  # fmt: skip


def to_lab(rgb: AnyFloats) -> AnyFloats:
    """sRGB in [0, 1], (..., 3), to CIE L*a*b* under D65 (IEC 61966-2-1, CIE 15)."""
    return linear_to_lab(to_linear(rgb))


def to_linear(rgb: AnyFloats) -> AnyFloats:
    """sRGB in [0, 1] to linear light in [0, 1] (IEC 61966-2-1)."""
    result: AnyFloats = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return result


def linear_to_lab(linear: AnyFloats) -> AnyFloats:
    """Linear light in [0, 1], (..., 3), to CIE L*a*b* under D65."""
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375],
                       [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
    white = to_xyz.sum(axis=1)  # (1, 1, 1) of the linear light, and after this division too
    xyz = linear @ (to_xyz.T / white).astype(linear.dtype)
    f = np.where(xyz > (6 / 29) ** 3, xyz ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def from_linear(linear: Floats) -> Floats:
    """Linear light in [0, 1] to sRGB in [0, 1]; the inverse of ``to_linear``."""
    root = np.maximum(linear, 0) ** (1 / 2.4)
    result: Floats = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * root - 0.055)
    return result


def colour(code: str) -> Colour:
    """``#rrggbb`` as sRGB, 0 to 255."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
