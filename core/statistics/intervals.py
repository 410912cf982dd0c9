"""95 % confidence intervals: Wilson's for a rate, a bootstrap by group for any other figure."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.statistics.estimates import Rate, Share

Z_95 = 1.959963984540054  # the 97.5 % quantile of the normal distribution
RESAMPLES = 2000
# Weights held in memory at once, 10 MB: of 5,000 pictures 250 resamples, of 400,000 three.
_MOST_RESAMPLES, MOST_WEIGHTS = 250, 1_250_000


def wilson(successes: int, n: int) -> Rate:
    """A rate with Wilson's score interval (1927). 8 of 9 is 0.89 (0.57 to 0.98)."""
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"successes must be in 0..n and n positive, not {successes} of {n}")
    share, z2 = successes / n, Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = 0.0 if successes == 0 else middle - reach  # exactly, where rounding would miss it
    return Rate(share, low, 1.0 if successes == n else middle + reach)


def among(malignant: Share, benign: Share, prevalence: float) -> Rate | None:
    """Of the pictures that get an answer, how many are malignant, where ``prevalence`` of all are.

    By Bayes, from the shares of the malignant and of the benign ones that get it. Its interval
    takes both at their ends. ``None`` where nobody got it.
    """
    if not malignant.value + benign.value:
        return None

    def share(hits: float, alarms: float) -> float:
        right, wrong = prevalence * hits, (1 - prevalence) * alarms
        return right / (right + wrong) if right + wrong else 0.0

    return Rate(
        share(malignant.value, benign.value),
        share(malignant.low, benign.high),
        share(malignant.high, benign.low),
    )


def bootstrap(
    statistic: Callable[[Floats], Floats], groups: NDArray[np.generic], seed: int,
    done: Callable[[int], object] = int,
) -> Rate:  # fmt: skip
    """The statistic with the 2.5 and 97.5 percentiles of resampling whole groups.

    ``statistic`` takes weights (B, N), how often each picture was drawn, to (B,); ``groups`` (N,)
    names whom a picture shows: whoever is drawn comes with all of his pictures. ``done`` hears
    after each step how many of the ``RESAMPLES`` were drawn in it.
    """
    _, member = np.unique(groups, return_inverse=True)  # (N,) which group a picture belongs to
    count = int(member.max()) + 1
    random = np.random.default_rng(seed)
    drawn: list[Floats] = []
    at_once = min(_MOST_RESAMPLES, max(1, MOST_WEIGHTS // max(count, len(member))))
    for start in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - start)
        times = random.multinomial(count, np.full(count, 1 / count), size=size)  # (B, groups)
        drawn.append(statistic(times[:, member].astype(np.float64)))
        done(size)
    values = np.concatenate(drawn)
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return Rate(float(statistic(np.ones((1, len(member))))[0]), float(low), float(high))
