"""A drawn skin lesion: not a picture of anyone, so it can be shown, shipped and tested with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Drawn at half size, then enlarged: smooth edges for little work.
_DETAIL = 2
SKIN = (226, 178, 154)
_BROWN, _DARK = (128, 78, 56), (62, 38, 34)


def draw_lesion(
    width: int = 640, height: int = 480, seed: int = 7, skin: tuple[int, int, int] = SKIN
) -> Image.Image:
    """An irregular two-coloured patch with a few hairs on mottled skin; RGB, the same every time.

    ``skin`` is the sRGB colour, 0 to 255, of the skin between its mottles.
    """
    random = np.random.default_rng(seed)
    h, w = height // _DETAIL, width // _DETAIL
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    angle = np.arctan2(y - h / 2, x - w / 2)
    distance = np.hypot(y - h / 2, x - w / 2) / (0.30 * min(h, w))
    waves = range(2, 7)
    border = 1 + sum(random.normal(0, 0.16 / k**0.5) * np.cos(k * angle + random.uniform(0, 6.3))
                     for k in waves)  # fmt: skip
    inside = 1 / (1 + np.exp((distance / border - 1) * 14))  # 1 in the lesion, 0 on the skin

    picture = np.asarray(skin) * (1 + 0.05 * _clouds(random, h, w, 24)[..., None])
    patches = np.clip(0.55 + 0.4 * _clouds(random, h, w, 17), 0, 1)[..., None]
    lesion = np.asarray(_BROWN) * patches + np.asarray(_DARK) * (1 - patches)
    lesion = np.minimum(lesion, picture * 0.8)  # a lesion is darker than the skin it is on
    picture = picture * (1 - inside[..., None]) + lesion * inside[..., None]
    for _ in range(3):
        picture *= 1 - 0.55 * _hair(random, y, x)[..., None]
    picture *= 1 - 0.18 * ((x / w - 0.5) ** 2 + (y / h - 0.5) ** 2)[..., None]  # light falls off
    picture += random.normal(0, 2.0, (h, w, 1))
    drawn = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    return drawn.resize((width, height), Image.Resampling.BICUBIC)


def framed(picture: Image.Image, width: float) -> Image.Image:
    """The picture as an older dermatoscope shows it: in a round window with black around it.

    ``width`` in [0, 1] is how much of the half diagonal the black takes; 0 leaves all as it is.
    """
    y, x = np.mgrid[-1 : 1 : picture.height * 1j, -1 : 1 : picture.width * 1j]
    outside = np.hypot(x, y) > 2**0.5 * (1 - width)
    pixels = np.asarray(picture).copy()
    pixels[outside] = 6
    return Image.fromarray(pixels)


def _clouds(random: np.random.Generator, h: int, w: int, size: int) -> NDArray[np.float64]:
    """Smooth noise of unit spread, with features about ``size`` pixels wide."""
    noise = Image.fromarray(random.normal(0, 1, (h // size + 2, w // size + 2)).astype(np.float32))
    smooth = np.asarray(noise.resize((w, h), Image.Resampling.BICUBIC), dtype=np.float64)
    return np.asarray((smooth - smooth.mean()) / smooth.std())


def _hair(
    random: np.random.Generator, y: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A thin arc across the picture: 1 on it, 0 beside it."""
    h, w = y.shape
    bend, tilt, start = random.normal(0, 0.15), random.uniform(-1, 1), random.uniform(0.1, 0.9)
    arc = (start + tilt * (x / w - 0.5) + bend * np.sin(x / w * 5)) * h
    return np.asarray(np.exp(-(((y - arc) / (0.7 * (1 + tilt**2) ** 0.5)) ** 2)))
