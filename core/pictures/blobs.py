"""How far something stands out in a picture, at several scales: a faint spot against bare skin.

To a network a faint lesion looks like bare skin: it learned to tell lesions from each other. These
measures know nothing of lesions. They say how much the middle of a picture differs from what is
around it (differences of Gaussians, Marr and Hildreth 1980), next to how much skin differs from
place to place, in each channel of CIE Lab.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image

from core import preprocessing
from core.arrays import AnyFloats, Floats
from core.pictures.colour import to_lab

SIDE = 64  # pixels of the copy that is measured
# Spreads of the Gaussians in pixels: a spot about three times as wide stands out from its ring.
_SPREADS = (2.0, 3.5, 6.0, 10.5)
_MIDDLE = 0.25  # spread, in shares of the side, of where lesions lie
_LEAST = 0.05  # Lab units: less is the noise of eight bits
COUNT = 3 * (2 * (len(_SPREADS) - 1) + 2)


def blobs_of(image: Image.Image) -> Floats:
    """``measure_blobs`` of an RGB picture of any size."""
    side = preprocessing.SIDE
    return measure_blobs(coarse_lab(image.resize((side, side), Image.Resampling.BILINEAR)))


def coarse_lab(image: Image.Image) -> AnyFloats:
    """A copy in CIE Lab, (SIDE, SIDE, 3), of a picture as large as the networks see it."""
    coarse = image.resize((SIDE, SIDE), Image.Resampling.BOX)
    return to_lab(np.asarray(coarse, dtype=np.float32) / 255)


def measure_blobs(lab: AnyFloats) -> Floats:
    """Measures (COUNT,) of a picture's copy in CIE Lab, (SIDE, SIDE, 3).

    They are logarithms of Lab units: for each pair of scales what stands out most near the middle,
    in L*, a* and b*, and how often that is the median of all places; then the channels' spread and
    mean slope.
    """
    channels = np.ascontiguousarray(lab.transpose(2, 0, 1), dtype=np.float32)
    blurred = [blur @ channels @ blur.T for blur in _BLURS]
    found = []
    for finer, coarser in pairwise(blurred):
        apart = np.abs(finer - coarser)
        most = (apart * _NEAR_MIDDLE).max(axis=(1, 2)) + _LEAST
        usual = np.median(apart.reshape(len(apart), -1), axis=1) + _LEAST
        found += [most, most / usual]
    down, across = np.gradient(channels, axis=(1, 2))
    slope = np.hypot(down, across).mean(axis=(1, 2))
    found += [channels.std(axis=(1, 2)) + _LEAST, slope + _LEAST]
    return np.asarray(np.log(np.concatenate(found)), dtype=np.float64)


def _blur(spread: float) -> AnyFloats:
    """A Gaussian blur of one axis as a matrix (SIDE, SIDE): on 64 pixels faster than a filter."""
    places = np.arange(SIDE)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * spread**2))
    result: AnyFloats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


_BLURS = [_blur(spread) for spread in _SPREADS]
_FROM_MIDDLE = (np.arange(SIDE) / (SIDE - 1) - 0.5) ** 2
_NEAR_MIDDLE = np.exp(-(_FROM_MIDDLE[:, None] + _FROM_MIDDLE) / (2 * _MIDDLE**2)).astype(np.float32)
