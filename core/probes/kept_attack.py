"""A picture under an attack whose directions are at hand, or under noise: without torch.

It is ``changed_picture.changed`` for who has no network, and gives the same values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.probes import seeded_noise
from core.results.robustness import FGSM, GAUSSIAN, PGD, SIGN_NOISE
from core.results.stressed_example import TURNS

Directions = NDArray[np.int8]


def changed(
    levels: Floats, change: str, strength: float, seed: int, directions: Directions
) -> Floats:
    """The picture under an attack or a noise, (H, W, 3) in grey levels, 0 to 255, not rounded.

    ``levels`` is the picture as the model takes it, ``directions`` (3, H, W, 3) the signs of the
    loss's gradient at the picture and where PGD's path turns. Raises ``ValueError`` naming another
    change.
    """
    x = (levels / 255).astype(np.float32)
    side = len(x)
    if change == FGSM:
        return _levels(_along(x, directions[0], strength))
    if change == PGD:
        starts = (0.0, *TURNS)
        for start, end, direction in zip(starts, (*TURNS, 1.0), directions, strict=True):
            if strength > start:
                x = _along(x, direction, min(strength, end) - start)
        return _levels(x)
    if change == SIGN_NOISE:
        return _levels(_along(x, seeded_noise.signs(side, seed), strength))
    if change == GAUSSIAN:
        return _levels(_along(x, seeded_noise.normal(side, seed), strength))
    raise ValueError(f"change must be an attack or a noise, not {change!r}")


def _along(
    x: NDArray[np.float32], direction: NDArray[np.float32] | Directions, size: float
) -> NDArray[np.float32]:
    moved: NDArray[np.float32] = (x + np.float32(size) * direction.astype(np.float32)).clip(0, 1)
    return moved


def _levels(x: NDArray[np.float32]) -> Floats:
    return x.astype(np.float64) * 255
