"""Spaces of red, green and blue that a file names instead of bringing a profile; made into one.

Codes are of ITU-T H.273 (CICP), which PNG's cICP and HEIF's nclx share. A picture for high dynamic
range is shown as on an ordinary screen: white is 203 nits (ITU-R BT.2408), and what is brighter is
white too.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""CIE x and y of white, red, green and blue."""

_D65 = (0.3127, 0.3290)
_SRGB: Corners = (_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_CORNERS: dict[int, Corners] = {
    1: _SRGB,
    4: ((0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: (_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: (_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: (_D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
_NEAR = 0.002  # of x and y: rounding, and the two writings of sRGB's white
_WHITE_NITS, _PQ_NITS, _HLG_NITS = 203.0, 10_000.0, 1_000.0
_GAMMA_OF_SRGB = 0.45455  # what a writer of sRGB puts into gAMA, by the standard of PNG
_STEPS = 256  # of a profile's curve: one for each value that is stored
_D50 = np.array((0.9642, 1.0, 0.8249))
_CONES = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)  # Bradford's


def _like_srgb(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _power(exponent: float) -> Curve:
    return lambda v: v**exponent


def _perceptual_quantiser(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084."""
    root = v ** (32 / 2523)
    nits = _PQ_NITS * (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (
        8192 / 1305
    )
    return np.minimum(nits / _WHITE_NITS, 1)


def _hybrid_log_gamma(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100, on a screen of 1,000 nits."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(v <= 0.5, v**2 / 3, (np.exp((v - c) / a) + b) / 12)
    return np.minimum(_HLG_NITS * scene**1.2 / _WHITE_NITS, 1)


# Those of television name the camera's curve; a screen shows them about as it shows sRGB.
_CURVES: dict[int, Curve] = {
    **dict.fromkeys((1, 6, 7, 11, 12, 13, 14, 15), _like_srgb),
    4: _power(2.2), 5: _power(2.8), 8: _power(1.0), 17: _power(2.6),
    16: _perceptual_quantiser, 18: _hybrid_log_gamma,
}  # fmt: skip


@dataclass(frozen=True)
class RgbSpace:
    """``curve`` takes values in [0, 1] as they are stored to shares of light in [0, 1]."""

    corners: Corners
    curve: Curve
    whole_range: bool = True


ADOBE = RgbSpace((_D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), _power(563 / 256))


def has_codes(corners: int, curve: int) -> bool:
    """Whether two codes name a space that is known here."""
    return corners in _CORNERS and curve in _CURVES


def of_codes(corners: int, curve: int, whole_range: bool = True) -> RgbSpace | None:
    """The space that two codes name; ``None`` if it is sRGB, or not known here."""
    if not has_codes(corners, curve):
        return None
    space = RgbSpace(_CORNERS[corners], _CURVES[curve], whole_range)
    return None if space == RgbSpace(_SRGB, _like_srgb) else space


def of_gamma_and_corners(gamma: int | None, corners: tuple[int, ...] | None) -> RgbSpace | None:
    """The space of PNG's gAMA and cHRM, both in 100,000ths; ``None`` if it is sRGB, or nonsense."""
    if gamma is None and corners is None:
        return None
    points = _SRGB
    if corners is not None:
        white, red, green, blue = (
            (corners[i] / 100_000, corners[i + 1] / 100_000) for i in (0, 2, 4, 6)
        )
        points = (white, red, green, blue)
        if np.abs(np.subtract(points, _SRGB)).max() < _NEAR:
            points = _SRGB
    exponent = _GAMMA_OF_SRGB if gamma is None else gamma / 100_000
    if not 0.1 <= exponent <= 10:
        return None
    if abs(exponent - _GAMMA_OF_SRGB) < 0.005 and (gamma is None or points == _SRGB):
        return None if points == _SRGB else RgbSpace(points, _like_srgb)
    return RgbSpace(points, _power(1 / exponent))


def as_profile(space: RgbSpace) -> bytes | None:
    """An ICC profile of version 2 that says the same; ``None`` if its corners span no colours."""
    white, *corners = (_xyz(x, y) for x, y in space.corners)
    try:
        columns = np.stack(corners, axis=1)
        columns = _adapted(white) @ (columns * np.linalg.solve(columns, white))
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(columns).all() and np.abs(columns).max() < 4):
        return None
    stored = np.arange(_STEPS) / (_STEPS - 1)
    if not space.whole_range:
        stored = ((255 * stored - 16) / 219).clip(0, 1)
    light = (65535 * space.curve(stored).clip(0, 1)).round().astype(">u2")
    points = [_tag(b"XYZ ", (65536 * point).round().astype(">i4").tobytes())
              for point in (_D50, *columns.T)]  # fmt: skip
    curve = _tag(b"curv", struct.pack(">I", _STEPS) + light.tobytes())
    names = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")
    first = 128 + 4 + 12 * len(names)
    places = [first + 20 * i for i in range(4)] + 3 * [first + 80]
    sizes = 4 * [20] + 3 * [len(curve)]
    table = b"".join(struct.pack(">4sII", *tag) for tag in zip(names, places, sizes, strict=True))
    body = struct.pack(">I", len(names)) + table + b"".join(points) + curve
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x3i48x", 128 + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ",
        b"acsp", *(65536 * _D50).round().astype(int),
    )  # fmt: skip
    return head + body


def _tag(kind: bytes, body: bytes) -> bytes:
    return kind + bytes(4) + body + bytes(-len(body) % 4)


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array((x, y, 1 - x - y)) / max(y, 1e-9)


def _adapted(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bradford's matrix, from this white to the one that all profiles speak of."""
    scaled = np.diag(_CONES @ _D50 / (_CONES @ white))
    return np.asarray(np.linalg.inv(_CONES) @ scaled @ _CONES, dtype=np.float64)
