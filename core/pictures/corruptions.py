"""What a phone or a clinic does to a picture, each from nothing (0) to as bad as it gets (1).

PIL pictures in and out, RGB, of the same size. Lengths follow the picture's shorter side, so that a
shift looks the same at any resolution. What is drawn comes from the seed: a stronger shift is the
same shift, more of it. At strength 0 the picture comes back as it is.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from core.arrays import Floats

Change = Callable[[Image.Image, float, np.random.Generator], Image.Image]

# What strength 1 is; chosen by eye so that a person would still see a lesion.
_DEFOCUS = 0.04  # radius in shares of the shorter side
_MOTION = 0.12  # length of the path, likewise
_JPEG_BEST, _JPEG_WORST = 60, 12  # Pillow's quality
_DARKEST, _BRIGHTEST = 0.3, 1.5  # factors
_CAST = 0.2  # largest change of a channel's gain
_VIGNETTE = 0.85  # how much light a corner loses
_HAIRS = 40
_INK = (50, 40, 140)  # of a surgeon's pen
_SUPERSAMPLING = 2  # lines are drawn larger, then shrunk: smooth edges


@dataclass(frozen=True)
class Shift:
    """What it is called, what it stands for, and how it is made."""

    title: str
    what: str
    change: Change


def apply(image: Image.Image, name: str, strength: float, seed: int = 0) -> Image.Image:
    """The RGB picture under a shift of ``SHIFTS``; ``ValueError`` names a bad argument."""
    if name not in SHIFTS:
        raise ValueError(f"name must be one of {', '.join(SHIFTS)}, not {name!r}")
    if not 0 <= strength <= 1:  # nan too
        raise ValueError(f"strength must be in [0, 1], not {strength}")
    if image.mode != "RGB":
        raise ValueError(f"image must be RGB, not {image.mode}")
    if strength == 0:
        return image.copy()
    return SHIFTS[name].change(image, strength, np.random.default_rng(seed))


def _defocus(image: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    """A lens out of focus spreads each point into a disc, not into a bell."""
    radius = strength * _DEFOCUS * min(image.size)
    reach = math.ceil(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return convolved(image, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def _motion(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """The hand moves in a straight line while the shutter is open."""
    angle, length = random.uniform(0, np.pi), strength * _MOTION * min(image.size)
    reach = math.ceil(length / 2) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = x * np.cos(angle) + y * np.sin(angle)
    aside = np.abs(x * np.sin(angle) - y * np.cos(angle))
    return convolved(image, np.clip(1 - aside, 0, 1) * np.clip(length / 2 + 1 - abs(along), 0, 1))


def convolved(image: Image.Image, kernel: Floats) -> Image.Image:
    """Convolved by Fourier transforms, in time that does not depend on the kernel's size.

    numpy's own: ``scipy.signal`` would cost a small host 50 MB for this one sum.
    """
    reach = kernel.shape[0] // 2
    around = ((reach, reach), (reach, reach), (0, 0))
    padded = np.pad(np.asarray(image, dtype=np.float64), around, mode="symmetric")
    size = padded.shape[:2]
    spread = np.fft.rfft2(kernel / kernel.sum(), size)
    blurred = np.fft.irfft2(np.fft.rfft2(padded, axes=(0, 1)) * spread[..., None], size, (0, 1))
    return _picture(blurred[2 * reach :, 2 * reach :])  # the rest has wrapped round


def _jpeg(image: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=round(_JPEG_BEST + strength * (_JPEG_WORST - _JPEG_BEST)))
    with Image.open(data, formats=("JPEG",)) as packed:
        return packed.convert("RGB")


def _darker(image: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1 + strength * (_DARKEST - 1))


def _brighter(image: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1 + strength * (_BRIGHTEST - 1))


def _cast(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Another lamp or white balance: each channel has its own gain, brightness stays."""
    tint = random.normal(size=3)
    tint -= tint.mean()
    gains = 1 + strength * _CAST * tint / np.abs(tint).max()
    return _picture(np.asarray(image) * gains)


def _vignette(image: Image.Image, strength: float, _: np.random.Generator) -> Image.Image:
    """Light falls off towards the corners, as the cosine's fourth power would."""
    y, x = np.mgrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    light = 1 - strength * _VIGNETTE * ((x**2 + y**2) / 2) ** 1.5
    return _picture(np.asarray(image) * light[..., None])


def _hair(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Dark hairs, bent, across the picture; more of them as the strength grows."""
    side = min(image.size)

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for _ in range(math.ceil(strength * _HAIRS)):
            start = random.uniform(0, 1, 2) * image.size
            angle, bend = random.uniform(0, 2 * np.pi), random.normal(0, 0.8)
            length = random.uniform(0.3, 0.8) * side
            t = np.linspace(0, 1, 24)
            heading = angle + bend * t
            path = (
                start + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1), 0) * length / 24
            )
            shade = int(random.integers(15, 60))
            pen.line([(float(a * scale), float(b * scale)) for a, b in path],
                     fill=(shade, shade * 3 // 4, shade // 2, 230),
                     width=max(1, round(0.006 * side * scale)), joint="curve")  # fmt: skip

    return _drawn_on(image, draw)


def _ruler(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """A white scale with black marks at one edge, reaching further in as the strength grows."""
    width, height = image.size
    deep, gap = 0.3 * strength * height, 0.035 * min(image.size)
    at_top, thick = bool(random.integers(2)), 0.006 * width

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        top, bottom = (0.0, deep) if at_top else (height - deep, float(height))
        pen.rectangle((0, top * scale, width * scale, bottom * scale), fill=(238, 238, 232, 255))
        for i in range(int(width / gap) + 1):
            reach = deep * (0.7 if i % 5 == 0 else 0.4)
            from_, to = (bottom - reach, bottom) if at_top else (top, top + reach)
            pen.line((i * gap * scale, from_ * scale, i * gap * scale, to * scale),
                     fill=(20, 20, 20, 255), width=max(1, round(thick * scale)))  # fmt: skip

    return _drawn_on(image, draw)


def _pen(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """A surgeon's circle round the middle, its ink stronger and wider as the strength grows."""
    side = min(image.size)
    centre = np.array(image.size) / 2 + random.normal(0, 0.02, 2) * side
    wobble = random.normal(0, 0.03, 5)

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        t = np.linspace(0, 1.9 * np.pi, 90)
        radius = 0.4 * side * (1 + sum(w * np.cos((k + 1) * t) for k, w in enumerate(wobble)))
        path = centre + np.stack([np.cos(t), np.sin(t)], 1) * radius[:, None]
        pen.line([(float(a * scale), float(b * scale)) for a, b in path],
                 fill=(*_INK, round(90 + 140 * strength)),
                 width=max(1, round((0.005 + 0.03 * strength) * side * scale)),
                 joint="curve")  # fmt: skip

    return _drawn_on(image, draw)


def _drawn_on(
    image: Image.Image, draw: Callable[[ImageDraw.ImageDraw, float], None]
) -> Image.Image:
    size = (image.width * _SUPERSAMPLING, image.height * _SUPERSAMPLING)
    layer = Image.new("RGBA", size)
    draw(ImageDraw.Draw(layer), _SUPERSAMPLING)
    layer = layer.filter(ImageFilter.GaussianBlur(0.5 * _SUPERSAMPLING)).resize(image.size)
    page = image.copy()
    page.paste(layer.convert("RGB"), mask=layer.getchannel("A"))
    return page


def _picture(pixels: Floats) -> Image.Image:
    return Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))


SHIFTS: dict[str, Shift] = {
    "defocus": Shift("Out of focus", "a lens set too near or too far", _defocus),
    "motion": Shift("Moved", "a hand that moved while the shutter was open", _motion),
    "jpeg": Shift("JPEG", "a messenger that packs pictures small", _jpeg),
    "darker": Shift("Darker", "too little light", _darker),
    "brighter": Shift("Brighter", "too much light", _brighter),
    "cast": Shift("Colour cast", "another lamp, or a camera's white balance", _cast),
    "vignette": Shift("Dark corners", "a lens or a dermatoscope that loses light", _vignette),
    "hair": Shift("Hair", "drawn hairs across the skin", _hair),
    "ruler": Shift("Ruler", "a drawn scale at the edge, as clinics lay one", _ruler),
    "pen": Shift("Pen mark", "a drawn circle, as surgeons mark what they will cut", _pen),
}
