"""Whether a photo is fit to be judged: sharp, well lit, large enough, with a whole lesion in view.

What counts as unusual is no constant here: ``python -m training.limits`` measures the pictures that
a model was validated on and writes the bounds to its card.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.lesion_mask import find_lesion
from core.preprocessing import SIDE
from core.results.limits import QualityBounds

# What camera and compression leave no detail in: 250 of 255 in all three channels.
_BURNT = 250
# A picture with fewer pixels than the networks take is blown up before it is judged.
LEAST_SIDE = SIDE // 2


@dataclass(frozen=True)
class Quality:
    """Measures of one picture, taken on a copy of 224 x 224 pixels as the networks see it.

    ``sharpness`` is the logarithm of the mean squared Laplacian of the lightness over its
    variance; ``lightness`` is the mean in [0, 1], ``glare`` the share of burnt-out pixels, ``rim``
    the share of the picture's rim that the lesion covers. ``lesion`` says where it is.
    """

    size: tuple[int, int]
    sharpness: float
    lightness: float
    glare: float
    rim: float
    lesion: NDArray[np.bool_] | None


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
    return Quality(
        size=image.size,
        sharpness=float(np.log((np.mean(curve**2) + 1e-12) / (light.var() + 1e-6))),
        lightness=float(light.mean()),
        glare=float(_all_three(pixels >= _BURNT).mean()),
        rim=0.0 if lesion is None else _rim_share(lesion),
        lesion=lesion,
    )


def advice(found: Quality, bounds: QualityBounds) -> tuple[str, ...]:
    """A sentence for each thing that is unusual about the picture, saying what to do."""
    told = []
    if min(found.size) < LEAST_SIDE:
        told.append(
            f"The picture is small ({found.size[0]} x {found.size[1]} pixels): "
            "send the original, not a thumbnail."
        )
    if found.sharpness < bounds.sharpness:
        told.append("The picture looks blurred: hold still and take it again, sharper.")
    if found.lightness < bounds.darkest:
        told.append("The picture is dark: take it again with more light, best by a window.")
    if found.lightness > bounds.brightest:
        told.append("The picture is very bright: take it again with less direct light.")
    if found.glare > bounds.glare:
        told.append("Parts are burnt out by glare: switch the flash off or tilt the camera.")
    if found.lesion is None:
        told.append("No lesion stands out from the skin: go closer, with the spot in the middle.")
    elif found.rim > bounds.rim:
        told.append("The lesion seems cut off at the edge: take it again with all of it in view.")
    return tuple(told)


def _all_three(channels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W, 3) to (H, W); ``all(axis=2)`` takes twenty times as long for so short an axis."""
    result: NDArray[np.bool_] = channels[..., 0] & channels[..., 1] & channels[..., 2]
    return result


def _rim_share(lesion: NDArray[np.bool_]) -> float:
    rim = np.concatenate([lesion[0], lesion[-1], lesion[1:-1, 0], lesion[1:-1, -1]])
    return float(rim.mean())
