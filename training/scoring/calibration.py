"""Fit calibrated probabilities on validation margins: temperature or Platt, whichever is better.

Temperature scaling (Guo et al. 2017) is P = sigmoid(slope x margin); Platt scaling (1999) adds an
intercept. On the data it is fitted to, Platt can't lose, so the two are compared by five-fold
cross-validated negative log likelihood, each also with Platt's smoothed targets, (n + 1) / (n + 2)
and 1 / (n + 2) instead of 1 and 0, which keep a small validation set from making it overconfident.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.arrays import Floats
from core.calibration import calibrated
from core.results.card import STEEPEST, Calibration

FOLDS = 5
METHODS = ("temperature", "platt", "temperature, smoothed targets", "platt, smoothed targets")


def fit(
    margins: Floats, labels: NDArray[np.int64], seed: int = 0, weights: Floats | None = None
) -> Calibration:
    """The better calibration of margins (malignant minus benign logit, (N,)) to labels 0 or 1.

    ``weights`` (N,) say how much each picture counts; all alike if not given. Where they make both
    classes count alike, P is as if half of the lesions were malignant.
    """
    counts = np.ones(len(labels)) if weights is None else weights / weights.mean()
    fold = np.random.default_rng(seed).permutation(len(labels)) % FOLDS
    scores = {}
    for method in METHODS:
        losses = np.empty(len(labels))
        for held in range(FOLDS):
            rows = fold != held
            slope, intercept = fit_method(method, margins[rows], labels[rows], counts[rows])
            rows = fold == held
            losses[rows] = _losses(slope, intercept, margins[rows], labels[rows].astype(float))
        scores[method] = float((counts * losses).mean())
    best = min(scores, key=lambda method: scores[method])
    slope, intercept = fit_method(best, margins, labels, counts)
    return Calibration(best, slope, intercept, scores)


def fit_method(
    method: str, margins: Floats, labels: NDArray[np.int64], counts: Floats
) -> tuple[float, float]:
    """Slope and intercept by one of ``METHODS``, each picture counting as ``counts`` (N,) say.

    Neither is beyond what a card may hold: margins of a network that has hardly learned are small,
    and where they part the classes no slope is steep enough.
    """
    free_intercept = method.startswith("platt")
    targets = _smoothed(labels) if method.endswith("smoothed targets") else labels.astype(float)
    if not len(labels):
        return 1.0, 0.0

    def loss(theta: Floats) -> float:
        # the logarithm keeps the slope positive: calibration never turns the ranking round
        intercept = float(theta[1]) if free_intercept else 0.0
        losses = _losses(float(np.exp(theta[0])), intercept, margins, targets)
        return float((counts * losses).mean())

    bounds = [(None, np.log(STEEPEST)), (-STEEPEST, STEEPEST)]
    parameters = 2 if free_intercept else 1
    found = minimize(loss, np.zeros(parameters), method="Nelder-Mead", bounds=bounds[:parameters],
                     options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000})  # fmt: skip
    slope = min(float(np.exp(found.x[0])), STEEPEST)  # exp(log(1000)) may be a trifle more
    return slope, float(found.x[1]) if free_intercept else 0.0


def _smoothed(labels: NDArray[np.int64]) -> Floats:
    malignant = int(labels.sum())
    benign = len(labels) - malignant
    return np.where(labels == 1, (malignant + 1) / (malignant + 2), 1 / (benign + 2))


def _losses(slope: float, intercept: float, margins: Floats, targets: Floats) -> Floats:
    p = np.clip(calibrated(margins, Calibration("", slope, intercept)), 1e-12, 1 - 1e-12)
    losses: Floats = -(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    return losses
