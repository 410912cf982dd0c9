"""Accuracy, sensitivity, specificity, AUC, average precision and ECE, with 95 % intervals.

``labels`` are 0 (benign) or 1 (malignant), ``scores`` P(malignant) in [0, 1], both of shape (N,).
``groups`` (N,) names the lesion or patient that a picture shows; whoever is drawn in a bootstrap
(``intervals``) comes with all of his pictures.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.arrays import Floats
from core.statistics import intervals
from core.statistics.estimates import Figures, Rate

ECE_BINS = 10


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Chance that a malignant picture scores above a benign one, ties counted half.

    ``nan`` where one class is absent.
    """
    y, p = _checked(labels, scores)
    return float(weighted_auc(y, p)(np.ones((1, len(y))))[0])


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Mean over malignant pictures of the share of malignant ones among all that score as high.

    Chance gives the share of malignant pictures, so it tells more than AUC where they are rare.
    ``nan`` where none is malignant.
    """
    y, p = _checked(labels, scores)
    return float(_weighted_precision(y, p)(np.ones((1, len(y))))[0])


def ece(labels: ArrayLike, scores: ArrayLike) -> float:
    """Expected calibration error of P(malignant).

    The mean distance, over pictures, between the predicted and the observed share of malignant ones
    in ten equally wide bins.
    """
    y, p = _checked(labels, scores)
    return float(weighted_ece(y, p)(np.ones((1, len(y))))[0])


def evaluate(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike | None = None,
    threshold: float = 0.5,
    seed: int = 0,
    done: Callable[[int], object] = int,
) -> Figures:
    """All figures of one set of pictures. Malignant is answered from ``threshold`` up.

    Rates carry Wilson's interval, the others the percentiles of a bootstrap by group, of whose
    resamples ``done`` hears: ``resamples(labels)`` of them in all.
    """
    y, p = _checked(labels, scores)
    answers = p >= threshold
    malignant, benign = y == 1, y == 0
    group = np.arange(len(y)) if groups is None else np.asarray(groups)
    if group.shape != y.shape:
        raise ValueError(f"groups must have shape {y.shape}, not {group.shape}")
    both = malignant.any() and benign.any()
    return Figures(
        n=len(y),
        malignant=int(malignant.sum()),
        accuracy=intervals.wilson(int((answers == malignant).sum()), len(y)),
        auc=intervals.bootstrap(weighted_auc(y, p), group, seed, done) if both else None,
        sensitivity=_share(answers[malignant]),
        specificity=_share(~answers[benign]),
        ece=intervals.bootstrap(weighted_ece(y, p), group, seed, done),
        average_precision=intervals.bootstrap(_weighted_precision(y, p), group, seed, done)
        if both
        else None,
    )


def resamples(labels: ArrayLike) -> int:
    """How many resamples ``evaluate`` draws: of one class there is calibration alone."""
    return intervals.RESAMPLES * (3 if len(np.unique(np.asarray(labels))) > 1 else 1)


def _share(hits: NDArray[np.bool_]) -> Rate | None:
    return intervals.wilson(int(hits.sum()), len(hits)) if len(hits) else None


def auc_difference(
    labels: ArrayLike, first: ArrayLike, second: ArrayLike, groups: ArrayLike, seed: int = 0
) -> Rate:
    """AUC of the first scores minus the second's on the same pictures, in [-1, 1].

    The interval is of a bootstrap by group that keeps the two paired: what is hard about the
    pictures drawn is hard for both.
    """
    y, p = _checked(labels, first)
    _, q = _checked(labels, second)
    one, other = weighted_auc(y, p), weighted_auc(y, q)
    return intervals.bootstrap(
        lambda weights: one(weights) - other(weights), np.asarray(groups), seed
    )


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    y, p = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    if y.ndim != 1 or y.shape != p.shape or not len(y):
        raise ValueError(
            f"labels and scores must be two lists of one length, not {y.shape}, {p.shape}"
        )
    if not np.isin(y, (0, 1)).all():
        raise ValueError("labels must be 0 (benign) or 1 (malignant)")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("scores must be probabilities in [0, 1]")
    return y.astype(np.int64), p


def weighted_auc(y: NDArray[np.int64], p: Floats) -> Callable[[Floats], Floats]:
    """AUC of labels and scores (N,) as a function of how often each picture was drawn.

    The function takes weights (B, N) to (B,).
    """
    order = np.argsort(p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=-1.0))  # first of each run of equal scores
    malignant = y[order] == 1

    def of(weights: Floats) -> Floats:
        w = weights[:, order]
        up = np.add.reduceat(w * malignant, starts, axis=1)  # at each distinct score
        down = np.add.reduceat(w * ~malignant, starts, axis=1)
        below = np.cumsum(down, axis=1) - down
        pairs = up.sum(axis=1) * down.sum(axis=1)
        with np.errstate(invalid="ignore"):
            result: Floats = (up * (below + down / 2)).sum(axis=1) / pairs
        return result

    return of


def _weighted_precision(y: NDArray[np.int64], p: Floats) -> Callable[[Floats], Floats]:
    """Average precision as a function of weights, as ``weighted_auc``; ties share a precision."""
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=2.0))  # first of each run of equal scores
    malignant = y[order] == 1

    def of(weights: Floats) -> Floats:
        w = weights[:, order]
        up = np.add.reduceat(w * malignant, starts, axis=1)
        everyone = np.cumsum(np.add.reduceat(w, starts, axis=1), axis=1)
        precision = np.cumsum(up, axis=1) / np.maximum(everyone, 1e-300)  # 0 / 0: nobody drawn yet
        with np.errstate(invalid="ignore"):
            result: Floats = (up * precision).sum(axis=1) / up.sum(axis=1)
        return result

    return of


def weighted_ece(y: NDArray[np.int64], p: Floats) -> Callable[[Floats], Floats]:
    """ECE of labels and scores (N,) as a function of weights (B, N) to (B,)."""
    bins = np.minimum((p * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = np.zeros((len(y), ECE_BINS))
    gaps[np.arange(len(y)), bins] = p - y  # summed over a bin: predicted minus observed

    def of(weights: Floats) -> Floats:
        result: Floats = np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1)
        return result

    return of


def weighted_mean(values: Floats) -> Callable[[Floats], Floats]:
    """The mean of values (N,) as a function of weights (B, N) to (B,)."""

    def of(weights: Floats) -> Floats:
        result: Floats = (weights @ values) / weights.sum(axis=1)
        return result

    return of
