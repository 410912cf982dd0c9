"""Can the data tell two models apart? McNemar's exact test (and ``metrics.auc_difference``)."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class McNemar:
    """Pictures that only the first, or only the second, model got right; the two-sided p value."""

    only_first: int
    only_second: int
    p: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """McNemar's exact test (1947): under the null, each disagreement is a fair coin.

    ``first_right`` and ``second_right`` (N,) say on which pictures each was right.
    """
    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    if first.shape != second.shape:
        raise ValueError(f"both need the same pictures, not {first.shape} and {second.shape}")
    a, b = int((first & ~second).sum()), int((~first & second).sum())
    n, fewer = a + b, min(a, b)
    tail = sum(comb(n, k) for k in range(fewer + 1)) / 2**n
    return McNemar(a, b, min(1.0, 2 * tail))
