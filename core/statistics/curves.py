"""What a threshold does: confusion, ROC, precision and recall, calibration, without torch.

``labels`` are 0 or 1 and ``scores`` P(malignant) in [0, 1], both (N,), as in ``metrics``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.arrays import Floats


@dataclass(frozen=True)
class Confusion:
    """Counts at a threshold: positives are answered malignant, true ones are."""

    true_positives: int
    false_negatives: int
    true_negatives: int
    false_positives: int

    @property
    def sensitivity(self) -> float:
        """Share of malignant pictures that are called so; ``nan`` if there are none."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> float:
        """Share of benign pictures that are called so; ``nan`` if there are none."""
        return _share(self.true_negatives, self.true_negatives + self.false_positives)

    def precision_at(self, prevalence: float) -> float:
        """Share of alarms that are right where ``prevalence`` of lesions are malignant (Bayes)."""
        right = self.sensitivity * prevalence
        wrong = (1 - self.specificity) * (1 - prevalence)
        return right / (right + wrong) if right + wrong > 0 else float("nan")


@dataclass(frozen=True)
class Curve:
    """Points (x, y) of a curve, and the threshold that gives each."""

    x: Floats
    y: Floats
    thresholds: Floats


def confusion(labels: ArrayLike, scores: ArrayLike, threshold: float) -> Confusion:
    """Malignant is answered from ``threshold`` up."""
    malignant, alarm = np.asarray(labels) == 1, np.asarray(scores) >= threshold
    return Confusion(
        true_positives=int((malignant & alarm).sum()),
        false_negatives=int((malignant & ~alarm).sum()),
        true_negatives=int((~malignant & ~alarm).sum()),
        false_positives=int((~malignant & alarm).sum()),
    )


def roc(labels: ArrayLike, scores: ArrayLike) -> Curve:
    """Share of benign pictures alarmed (x) against share of malignant ones found (y)."""
    thresholds, true_positives, false_positives, malignant, benign = _counts(labels, scores)
    start = np.zeros(1)
    return Curve(
        np.concatenate([start, false_positives / benign]),
        np.concatenate([start, true_positives / malignant]),
        np.concatenate([[np.inf], thresholds]),
    )


def precision_recall(labels: ArrayLike, scores: ArrayLike) -> Curve:
    """Share of malignant pictures found (x) against share of alarms that are right (y)."""
    thresholds, true_positives, false_positives, malignant, _ = _counts(labels, scores)
    return Curve(
        true_positives / malignant, true_positives / (true_positives + false_positives), thresholds
    )


@dataclass(frozen=True)
class CalibrationBin:
    """Pictures whose P(malignant) falls into one tenth: mean predicted, and malignant of n."""

    predicted: float
    malignant: int
    n: int


def calibration(labels: ArrayLike, scores: ArrayLike, bins: int = 10) -> list[CalibrationBin]:
    """Equally wide bins that hold pictures, from the lowest."""
    y, p = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    which = np.minimum((p * bins).astype(int), bins - 1)
    return [
        CalibrationBin(
            float(p[which == b].mean()), int(y[which == b].sum()), int((which == b).sum())
        )
        for b in np.unique(which)
    ]


def _counts(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats, Floats, int, int]:
    """Thresholds from high to low with the malignant and benign pictures at or above each."""
    y, p = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    malignant, benign = int((y == 1).sum()), int((y == 0).sum())
    if not malignant or not benign:
        raise ValueError("a curve needs pictures of both classes")
    order = np.argsort(-p, kind="stable")
    last = np.flatnonzero(np.diff(p[order], append=-1.0))  # last of each run of equal scores
    true_positives = np.cumsum(y[order] == 1)[last].astype(np.float64)
    false_positives = np.cumsum(y[order] == 0)[last].astype(np.float64)
    return p[order][last], true_positives, false_positives, malignant, benign


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
