"""Whether two pictures show one lesion, by local features: SIFT, matched, under one affine map.

Lowe 2004 (SIFT, the ratio of nearest to next), Fischler and Bolles 1981 (RANSAC). What correlates
whole pictures misses a lesion that was framed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST, _CONTRAST = 300, 0.015  # lesions have soft edges: OpenCV's 0.04 finds next to nothing
_RATIO = 0.8  # Lowe's: a match's distance over the next best's
_APART = 3.0  # pixels that a match may be off the map
# An affine map that shrinks, grows or squeezes a lesion more is no other view of it.
_SHRINKS, _GROWS, _SQUEEZES = 0.3, 3.3, 1.8
_LEAST = 6  # features, and matches: three of them fit any map


@dataclass(frozen=True)
class Features:
    """``places`` (K, 2) in pixels and ``descriptors`` uint8 (K, 128) of one picture.

    OpenCV gives SIFT's descriptors as whole numbers up to 255: as bytes, those of ten thousand
    pictures are 0.4 GB.
    """

    places: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def unit(self) -> NDArray[np.float32]:
        """The descriptors (K, 128), of length 1."""
        whole = self.descriptors.astype(np.float32)
        length = np.linalg.norm(whole, axis=1, keepdims=True)
        found: NDArray[np.float32] = whole / np.maximum(length, 1e-6)
        return found


def extractor() -> Callable[[NDArray[np.uint8]], Features]:
    """A function from RGB uint8 (3, H, W) to its features."""
    import cv2

    sift: Any = cv2.SIFT_create(nfeatures=_MOST, contrastThreshold=_CONTRAST)  # type: ignore[attr-defined]
    evened = cv2.createCLAHE(2.0, (4, 4))

    def features(picture: NDArray[np.uint8]) -> Features:
        grey = cv2.cvtColor(np.ascontiguousarray(picture.transpose(1, 2, 0)), cv2.COLOR_RGB2GRAY)
        points, found = sift.detectAndCompute(evened.apply(grey), None)
        if found is None:
            return Features(np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8))
        places = np.array([point.pt for point in points], np.float32)
        return Features(places, found.astype(np.uint8))

    return features


def inliers(a: Features, b: Features) -> int:
    """How many features of one picture lie where one affine map puts them in the other.

    0 where too few match, and for a map that no camera makes.
    """
    import cv2

    if min(len(a.places), len(b.places)) < _LEAST:
        return 0
    alike = a.unit() @ b.unit().T  # (K, L), cosines
    two = np.argpartition(-alike, 1, axis=1)[:, :2]
    values = np.take_along_axis(alike, two, axis=1)
    best = np.take_along_axis(two, values.argmax(1)[:, None], axis=1)[:, 0]
    near, next_best = (np.sqrt(2 - 2 * np.clip(v, -1, 1)) for v in (values.max(1), values.min(1)))
    good = (near < _RATIO * next_best) & (alike.argmax(0)[best] == np.arange(len(best)))
    if good.sum() < _LEAST:
        return 0
    cv2.setRNGSeed(0)  # RANSAC draws: the same pair is the same answer
    mapped, inside = cv2.estimateAffine2D(
        a.places[good], b.places[best[good]], method=cv2.RANSAC, ransacReprojThreshold=_APART,
        maxIters=500,
    )  # fmt: skip
    if mapped is None:
        return 0
    large, small = np.linalg.svd(mapped[:, :2], compute_uv=False)
    if small < _SHRINKS or large > _GROWS or large > _SQUEEZES * small:
        return 0
    return int(inside.sum())
