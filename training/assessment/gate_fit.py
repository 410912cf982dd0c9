"""Fit the gate on signatures: the cloud of each kind, its reach, and where the two part."""

from __future__ import annotations

import numpy as np

from core.arrays import Floats
from core.assessment.picture_kind import Cloud, Gate
from core.labels import DERMOSCOPIC, PHOTO, Kind

# The share of a kind's own pictures, left out of its cloud, that may lie beyond its reach. A photo
# beyond it is still told from a dermoscopic picture; photos of skin are so varied that a wider
# reach would take many pictures of other things for skin.
BEYOND: dict[Kind, float] = {DERMOSCOPIC: 0.01, PHOTO: 0.10}
_FOR_CLOUD = 0.7  # of the pictures given; the rest sets the reach
_FLOOR = 1e-9  # of the mean variance: a dead channel has none


def fit(pictures: dict[Kind, Floats], reach_from: dict[Kind, Floats], seed: int = 0) -> Gate:
    """Signatures by kind to a gate. ``reach_from`` are further pictures that set the reach."""
    clouds: dict[Kind, Cloud] = {}
    for kind, values in pictures.items():
        inside = np.zeros(len(values), dtype=bool)
        order = np.random.default_rng(seed).permutation(len(values))
        inside[order[: round(_FOR_CLOUD * len(values))]] = True
        centre, precision = cloud(values[inside])
        unscaled = Cloud(centre, precision, 1.0)
        left = values[~inside]
        others = np.concatenate([left, reach_from[kind]]) if kind in reach_from else left
        clouds[kind] = Cloud(
            centre, precision, float(np.quantile(unscaled.distance(others), 1 - BEYOND[kind]))
        )
    return Gate(clouds, *border(pictures[DERMOSCOPIC], pictures[PHOTO]))


def border(dermoscopic: Floats, photos: Floats) -> tuple[Floats, float]:
    """Fisher's linear discriminant of (N, D) and (M, D), both kinds alike likely: the direction
    (D,) that leads to photos, and the value along it half way between the two centres."""
    sides = (dermoscopic, photos)
    centres = [side.mean(axis=0) for side in sides]
    apart = np.concatenate([side - centre for side, centre in zip(sides, centres, strict=True)])
    direction = cloud(apart)[1] @ (centres[1] - centres[0])
    return direction, float(direction @ (centres[0] + centres[1]) / 2)


def cloud(values: Floats) -> tuple[Floats, Floats]:
    """Centre (D,) and inverse covariance (D, D) of (N, D), shrunk by oracle approximation (OAS).

    Chen, Wiesel, Eldar and Hero 2010, equation 23, as in scikit-learn's ``oas``.
    """
    n, d = values.shape
    centre = values.mean(axis=0)
    apart = values - centre
    covariance = apart.T @ apart / n
    mean = float(np.trace(covariance)) / d
    alpha = float((covariance**2).mean())
    numerator = alpha + mean**2
    denominator = (n + 1) * (alpha - mean**2 / d)
    weight = 1.0 if denominator == 0 else min(1.0, numerator / denominator)
    shrunk = (1 - weight) * covariance
    shrunk[np.diag_indices(d)] += weight * mean + _FLOOR * mean
    return centre, np.linalg.inv(shrunk)
