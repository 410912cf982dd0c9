"""The apparent tone of the skin in a picture, and simulated pictures of its lesion on other tones.

The individual typology angle (ITA) says how light skin looks in this picture, under this light and
this camera. It is never turned into a Fitzpatrick type: on the photos measured here the two hardly
go together. Re-toning is a simulation: it multiplies the light that the skin sends back, as more
or less melanin above the lesion would, and changes nothing else that differs between people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import Floats, Mask
from core.pictures.colour import Colour, from_linear, to_lab, to_linear
from core.pictures.lesion_mask import find_lesion
from core.runtime import scipy_import

# Chardon et al. 1991; Del Bino and Bernerd 2013: each class reaches down to its angle in degrees.
ITA_CLASSES = (
    ("very light", 55.0), ("light", 41.0), ("intermediate", 28.0), ("tan", 10.0), ("brown", -30.0),
)  # fmt: skip
DARKEST = "dark"

_SIDE = 256  # enough pixels for a median, little enough for a strip
_MARGIN = 0.04  # of the side: what is left out around a lesion, whose border fades into the skin
_RIM = 0.15  # of the side: taken for skin where no lesion stands out
_FRAME = 12.0  # L* below which what touches a corner is a dermatoscope's frame (lesion_mask)
_LEAST = 0.02  # share of a picture below which the skin in it is too little to judge by
_DIMMEST = 1 / 255  # linear light below this can't be told from none


@dataclass(frozen=True)
class Skin:
    """The skin around a lesion: its median sRGB colour (0 to 255), CIE Lab under D65, and ITA."""

    colour: Colour
    lightness: float
    a: float
    b: float

    @property
    def ita(self) -> float:
        """Degrees; 90 is white, -90 black."""
        return ita(self.lightness, self.b)

    @property
    def tone(self) -> str:
        """The name of its class of apparent tone."""
        return tone(self.ita)


def ita(lightness: float, b: float) -> float:
    """atan2(L* - 50, b*) in degrees, in (-180, 180].

    ``atan2`` and not ``arctan`` of the quotient: bluish light (b* < 0) would make light skin dark.
    """
    return math.degrees(math.atan2(lightness - 50, b))


def tone(angle: float) -> str:
    """The class of an ITA: very light, light, intermediate, tan, brown or dark.

    Very light is above 55 degrees, dark below -30. Skin under bluish light may have angles beyond
    90 (light) or below -90 (dark), which fall into the outer classes.
    """
    for name, above in ITA_CLASSES:
        if angle > above:
            return name
    return ITA_CLASSES[-1][0] if angle == ITA_CLASSES[-1][1] else DARKEST


def measure(image: Image.Image, lesion: Mask | None = None) -> Skin | None:
    """The skin around the lesion of an RGB picture; ``None`` where there is too little of it.

    ``lesion`` (H, W) is its mask if known, else it is looked for; where none stands out the rim of
    the picture is taken. Raises ``ValueError`` for a mask of another size.
    """
    if lesion is not None and lesion.shape != (image.height, image.width):
        raise ValueError(f"mask {lesion.shape} is not of the picture's size {image.size}")
    found = find_lesion(image) if lesion is None else lesion
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    pixels = np.asarray(small)
    skin = skin_mask(pixels, None if found is None else _shrunk(found))
    if skin.mean() < _LEAST:
        return None
    red, green, blue = np.median(pixels[skin], axis=0)
    lab = to_lab(np.array([red, green, blue]) / 255)
    return Skin(
        (round(float(red)), round(float(green)), round(float(blue))),
        float(lab[0]), float(lab[1]), float(lab[2]),
    )  # fmt: skip


def skin_mask(pixels: NDArray[np.uint8], lesion: Mask | None) -> Mask:
    """What of a picture (H, W, 3) is skin: not the lesion and its margin, no frame, no flare."""
    scipy_import.import_ndimage()
    from scipy import ndimage

    lightness = to_lab(pixels / 255.0)[..., 0]
    dark, _ = ndimage.label(lightness < _FRAME)
    corners = {int(dark[y, x]) for y in (0, -1) for x in (0, -1)} - {0}
    skin: Mask = ~np.isin(dark, list(corners))
    side = min(lightness.shape)
    if lesion is None:
        width = round(side * _RIM)
        skin[width:-width, width:-width] = False
    else:
        skin &= ~ndimage.binary_dilation(lesion, iterations=round(side * _MARGIN))
    skin &= lightness < 99.5  # burnt out: it has no colour to tell
    return skin


def factors(skin: Colour, target: Colour) -> Floats:
    """What each channel's linear light is multiplied by, (3,)."""
    present = np.maximum(to_linear(np.array(skin) / 255), _DIMMEST)
    wanted = np.maximum(to_linear(np.array(target) / 255), _DIMMEST)
    return wanted / present


def retone(image: Image.Image, skin: Colour, target: Colour) -> Image.Image:
    """A simulation: the RGB picture, lesion included, as if its ``skin`` had the target's colour.

    Light that would exceed white is cut off. Onto its own tone a picture comes back unchanged.
    """
    values = to_linear(np.arange(256) / 255)[:, None] * factors(skin, target)  # (256, 3)
    table = (from_linear(np.minimum(values, 1.0)) * 255).round().astype(int)
    return image.point([int(value) for channel in table.T for value in channel])


def _shrunk(mask: Mask) -> Mask:
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)) >= 128
