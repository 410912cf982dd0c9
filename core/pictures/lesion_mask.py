"""Where the lesion is, by classical means: good enough to say that a map lies beside it.

Skin is what the picture's rim shows; a lesion is what differs from it in colour (Otsu's threshold
on the distance in CIE Lab, Otsu 1979), is one piece and lies near the middle, where people put it.
Constants were chosen on every other one of PAD-UFES-20's masks; on the rest the median Dice
coefficient is what tests/core/pictures/test_lesion_mask.py asserts.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from core.arrays import AnyFloats, Mask
from core.pictures.colour import linear_to_lab, to_linear
from core.runtime import scipy_import

_SIDE = 128  # details below 1/128 of the picture are hairs and pores
_BLUR = 2.0
_RIM = 0.08  # the outer share of each side that is taken for skin
_BLACK = 12.0  # L* below which what lies in a corner is a dermatoscope's frame, not dark skin
# A "lesion" smaller or larger than these shares of the picture is a hair, or the lighting.
_AREA = (0.01, 0.75)
_LAB_WEIGHTS = (1.0, 2.0, 1.0)  # redness tells lesions from shadows better than lightness does
_BRIGHTER = 0.3  # what is lighter than skin is mostly glare
_MIDDLE = 0.25  # spread, in shares of the side, of where lesions lie
_LEAST_CONTRAST = 4.0  # in Lab units, between inside and outside: below, nothing stands out


def find_lesion(image: Image.Image) -> Mask | None:
    """Mask (H, W) over the RGB picture, or ``None`` where no lesion stands out from the skin."""
    scipy_import.import_ndimage()
    from scipy import ndimage

    distance, lit = _from_skin(image)
    if distance is None:
        return None
    likely = distance * _NEAR_MIDDLE
    cut = otsu(likely[lit])
    pieces, count = ndimage.label(ndimage.binary_opening(likely > cut, iterations=2))
    if not count:
        return None
    best = 1 + int(np.argmax(ndimage.sum_labels(_NEAR_MIDDLE, pieces, np.arange(1, count + 1))))
    around = ~ndimage.binary_dilation(pieces == best, iterations=2)
    mask = ~_pieces_on(around, _EDGE)  # with its holes: what lies around it reaches the edge
    if not _AREA[0] <= mask.mean() <= _AREA[1]:
        return None
    if distance[mask].mean() - distance[~mask & lit].mean() < _LEAST_CONTRAST:
        return None
    full = Image.fromarray(mask.astype(np.uint8) * 255).resize(
        image.size, Image.Resampling.BILINEAR
    )
    return np.asarray(full) >= 128


def contrast(image: Image.Image, mask: Mask) -> float:
    """How far a mask (H, W) over the picture differs from what is around it, in Lab units."""
    distance, lit = _from_skin(image)
    small = Image.fromarray(mask).resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
    inside = np.asarray(small) & lit
    if distance is None or not inside.any() or not (~inside & lit).any():
        return 0.0
    return float(distance[inside].mean() - distance[~inside & lit].mean())


def _from_skin(image: Image.Image) -> tuple[AnyFloats | None, Mask]:
    """How far each place is from skin, ``None`` where there is none; what no black frame hides."""
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    lab = linear_to_lab(_LINEAR[np.asarray(small.filter(ImageFilter.GaussianBlur(_BLUR)))])
    lit = ~_pieces_on(lab[..., 0] < _BLACK, _CORNERS)
    return _distance_from_skin(lab, lit), lit


def _pieces_on(mask: Mask, places: Mask) -> Mask:
    """The pieces of a mask that have a pixel on ``places``."""
    scipy_import.import_ndimage()
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    there = np.zeros(count + 1, dtype=bool)
    there[pieces[places]] = True
    there[0] = False  # no piece, but what lies between them
    found: Mask = there[pieces]
    return found


def _distance_from_skin(lab: AnyFloats, lit: Mask) -> AnyFloats | None:
    """How far each pixel is from skin: a plane fitted to the rim's colour, as light falls off."""
    rim = _RIM_PIXELS & lit
    if rim.sum() < _SIDE // 2:  # a round view in a black frame has no rim: take all that is lit
        rim = lit
    if rim.sum() < _SIDE // 2:
        return None
    places = _PLANE[rim].astype(np.float64)  # (n, 3)
    # by the normal equations, three unknowns instead of n; the bound is for places in one line
    fitted, *_ = np.linalg.lstsq(places.T @ places, places.T @ lab[rim], rcond=1e-10)
    apart = lab - _PLANE @ fitted.astype(_PLANE.dtype)
    apart[..., 0] *= np.where(apart[..., 0] > 0, _BRIGHTER, 1.0)
    apart *= _LAB_WEIGHTS
    distance: AnyFloats = np.sqrt(np.einsum("hwc,hwc->hw", apart, apart)) * lit
    return distance


def otsu(values: AnyFloats) -> float:
    """The threshold that parts values into two groups with the largest spread between them.

    Of values that are all alike it is that value: none is above.
    """
    if np.ptp(values) == 0:
        return float(values[0])
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1:][np.nanargmax(spread[:-1])])


# The same for every picture, in the 32 bits that are enough for colours: half of the time.
_Y, _X = (np.mgrid[0:_SIDE, 0:_SIDE] / (_SIDE - 1) - 0.5).astype(np.float32)
_PLANE = np.stack([np.ones_like(_X), _X, _Y], axis=-1)  # (H, W, 3)
_NEAR_MIDDLE = np.exp(-(_X**2 + _Y**2) / (2 * _MIDDLE**2))
_LINEAR = to_linear(np.arange(256) / 255).astype(np.float32)  # of all that a channel can be


def _border(width: int) -> Mask:
    border = np.ones((_SIDE, _SIDE), dtype=bool)
    border[width:-width, width:-width] = False
    return border


_RIM_PIXELS, _EDGE = _border(round(_SIDE * _RIM)), _border(1)
_CORNERS = np.zeros((_SIDE, _SIDE), dtype=bool)
_CORNERS[:: _SIDE - 1, :: _SIDE - 1] = True
