"""Whether a photo is fit to be judged: sharp, well lit, large enough, with a whole lesion in view.

What counts as unusual is no constant here: ``python -m training.limits`` measures the pictures that
a model was validated on and writes the bounds to its card.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import Floats
from core.labels import Cause
from core.pictures.blobs import coarse_lab, measure_blobs
from core.pictures.lesion_mask import find_lesion
from core.pictures.spot import Box, box_of, find_small_spot
from core.preprocessing import SIDE
from core.results.limits import QualityBounds

# What camera and compression leave no detail in: 250 of 255 in all three channels.
_BURNT = 250
# A picture with fewer pixels than the networks take is blown up before it is judged.
LEAST_SIDE = SIDE // 2
# Chroma (CIE Lab) that nine in ten places stay under: a grey picture has 0, the palest of 2,800
# real ones in colour 3.1. Such a picture is stopped: made grey, 24 of 36 examples got another
# answer of `general`, and of 16 malignant ones that it did not call benign, 5 came to look benign.
_GREY = 2.0
# How often a side goes into the other. Screens of phones are 2.2 long; the network sees the picture
# squeezed to a square, and nobody knows what it makes of one that is squeezed four times.
_LONG, STRETCHED = 2.5, 4.0
# Colours that skin has under any light: hue in degrees, chroma and lightness (CIE Lab).
_HUES, _CHROMAS, _DARKEST = (-15.0, 95.0), (5.0, 55.0), 8.0
# A picture with less skin in it shows something else: nine in ten of phone photos of lesions, of
# bare skin and of blurred ones have more, and half of pictures of things.
_SKIN = 0.6
# A lesion's share of the picture below which it was taken from too far: 1 in 1,000 photos.
_SMALL = 0.02


@dataclass(frozen=True)
class Quality:
    """Measures of one picture, taken on a copy of 224 x 224 pixels as the networks see it.

    ``sharpness`` is the logarithm of the mean squared Laplacian of the lightness over its
    variance; ``lightness`` is the mean in [0, 1], ``glare`` the share of burnt-out pixels, ``rim``
    the share of the picture's rim that the lesion covers, ``skin`` the share of places in a colour
    that skin may have, ``chroma`` what nine in ten places stay under. ``lesion`` says where it is,
    and ``spot`` the box around it, or around what stands out in a part of the picture alone.
    ``blobs`` (``core.pictures.blobs``) is what the gate tells a faint spot from bare skin by.
    """

    size: tuple[int, int]
    sharpness: float
    lightness: float
    glare: float
    rim: float
    lesion: NDArray[np.bool_] | None
    spot: Box | None
    skin: float
    chroma: float
    blobs: Floats

    @property
    def is_skin(self) -> bool:
        """Whether most of it has a colour that skin may have."""
        return self.skin >= _SKIN

    @property
    def is_far(self) -> bool:
        """Whether there is a spot, and it is small in the picture."""
        if self.spot is None:
            return False
        return self.lesion is None or float(self.lesion.mean()) < _SMALL

    @property
    def is_grey(self) -> bool:
        """Whether it has no colours, and a network that learned colours can't judge it."""
        return self.chroma < _GREY

    @property
    def stretch(self) -> float:
        """How often the shorter side goes into the longer."""
        return max(self.size) / min(self.size)


@dataclass(frozen=True)
class Finding:
    """One thing that is unusual about a picture, and a sentence that says what to do.

    ``cause`` is what a picture is stopped for if the network can't judge it, where it is one.
    ``part_helps`` is whether a part of the picture may be better than the whole.
    """

    sentence: str
    cause: Cause | None = None
    part_helps: bool = False
    about_skin: bool = True  # of a picture of something else it would be no advice


def measure(image: Image.Image) -> Quality:
    """Measure an RGB picture; about as much work as a tenth of a ResNet18's forward pass."""
    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    pixels = np.asarray(small)
    light = np.asarray(small.convert("L"), dtype=np.float64) / 255
    curve = (
        light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
        - 4 * light[1:-1, 1:-1]
    )  # fmt: skip
    lesion = find_lesion(small)
    lab = coarse_lab(small)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    skin = (hue > _HUES[0]) & (hue < _HUES[1]) & (chroma > _CHROMAS[0]) & (chroma < _CHROMAS[1])
    return Quality(
        size=image.size,
        sharpness=float(np.log((np.mean(curve**2) + 1e-12) / (light.var() + 1e-6))),
        lightness=float(light.mean()),
        glare=float(_all_three(pixels >= _BURNT).mean()),
        rim=0.0 if lesion is None else _rim_share(lesion),
        lesion=lesion,
        spot=find_small_spot(image) if lesion is None else box_of(lesion),
        skin=float((skin & (lab[..., 0] > _DARKEST)).mean()),
        chroma=float(np.quantile(chroma, 0.9)),
        blobs=measure_blobs(lab),
    )


def findings(found: Quality, bounds: QualityBounds) -> tuple[Finding, ...]:
    """Each thing that is unusual about the picture: first what most likely explains the rest."""
    told = []
    if found.sharpness < bounds.sharpness:
        told.append(
            Finding("The picture looks blurred: hold still and take it again, sharper.", "blurred")
        )
    if found.lightness < bounds.darkest:
        told.append(
            Finding("The picture is dark: take it again with more light, best by a window.", "dark")
        )
    if found.is_far:
        told.append(
            Finding(
                "The spot is small in this picture: go closer, or use a part of it.",
                "far away",
                part_helps=True,
            )
        )
    elif found.lesion is None:
        told.append(
            Finding(
                "No lesion stands out from the skin: go closer, with the spot in the middle.",
                "no spot",
                part_helps=True,
            )
        )
    elif found.rim > bounds.rim:
        told.append(
            Finding(
                "The lesion seems cut off at the edge: take it again with all of it in view.",
                part_helps=True,
            )
        )
    if found.stretch > _LONG:
        told.append(
            Finding(
                f"The picture is {found.stretch:.0f} times as long as it is wide, and the network "
                "sees it squeezed to a square: use a part of it.",
                "stretched",
                part_helps=True,
                about_skin=False,
            )
        )
    if min(found.size) < LEAST_SIDE:
        told.append(Finding(small(found.size), about_skin=False))
    if found.is_grey:
        told.append(
            Finding(
                "The picture has no colours, and the network goes by them: take it in colour.",
                "grey",
                about_skin=False,
            )
        )
    if found.lightness > bounds.brightest:
        told.append(Finding("The picture is very bright: take it again with less direct light."))
    if found.glare > bounds.glare:
        told.append(
            Finding("Parts are burnt out by glare: switch the flash off or tilt the camera.")
        )
    return tuple(told)


def small(size: tuple[int, int]) -> str:
    """What is said of a picture with few pixels."""
    return (
        f"The picture is small ({size[0]} x {size[1]} pixels): send the original, not a thumbnail."
    )


def small_part(size: tuple[int, int]) -> str:
    """What is said of a part with few pixels: it was cut here, and there is no larger original."""
    return (
        f"This part has few pixels ({size[0]} x {size[1]}): choose a larger one, or go closer and "
        "take another picture."
    )


def _all_three(channels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W, 3) to (H, W); ``all(axis=2)`` takes twenty times as long for so short an axis."""
    result: NDArray[np.bool_] = channels[..., 0] & channels[..., 1] & channels[..., 2]
    return result


def _rim_share(lesion: NDArray[np.bool_]) -> float:
    rim = np.concatenate([lesion[0], lesion[-1], lesion[1:-1, 0], lesion[1:-1, -1]])
    return float(rim.mean())
