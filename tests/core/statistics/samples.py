"""Labels and scores whose true figures are known, and how wide an interval is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.statistics.estimates import Rate


def sample(n: int, seed: int = 0, apart: float = 1.5) -> tuple[NDArray[np.int64], Floats]:
    """Labels and scores whose true AUC is Phi(apart / sqrt 2)."""
    random = np.random.default_rng(seed)
    labels = (random.random(n) < 0.45).astype(np.int64)
    return labels, 1 / (1 + np.exp(-random.normal(apart * (labels - 0.5), 1)))


def width(rate: Rate | None) -> float:
    assert rate is not None
    return rate.high - rate.low
