"""Fit calibrated probabilities on validation margins: temperature or Platt, whichever is better.

Temperature scaling (Guo et al. 2017) is P = sigmoid(slope x margin); Platt scaling (1999) adds an
intercept. On the data it is fitted to, Platt can't lose, so the two are compared by five-fold
cross-validated negative log likelihood.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.classifier import calibrated
from core.results import Calibration

FOLDS = 5
Floats = NDArray[np.float64]


def fit(margins: Floats, labels: NDArray[np.int64], seed: int = 0) -> Calibration:
    """The better calibration of margins (malignant minus benign logit, (N,)) to labels 0 or 1."""
    fold = np.random.default_rng(seed).permutation(len(labels)) % FOLDS
    scores = {}
    for method in ("temperature", "platt"):
        losses = np.empty(len(labels))
        for held in range(FOLDS):
            slope, intercept = _fit(method, margins[fold != held], labels[fold != held])
            rows = fold == held
            losses[rows] = _losses(slope, intercept, margins[rows], labels[rows])
        scores[method] = float(losses.mean())
    best = min(scores, key=lambda method: scores[method])
    slope, intercept = _fit(best, margins, labels)
    return Calibration(best, slope, intercept, scores)


def _fit(method: str, margins: Floats, labels: NDArray[np.int64]) -> tuple[float, float]:
    free_intercept = method == "platt"
    if not len(labels):
        return 1.0, 0.0

    def loss(theta: Floats) -> float:
        # the logarithm keeps the slope positive: calibration never turns the ranking round
        intercept = float(theta[1]) if free_intercept else 0.0
        return float(_losses(float(np.exp(theta[0])), intercept, margins, labels).mean())

    found = minimize(loss, np.zeros(2 if free_intercept else 1), method="Nelder-Mead",
                     options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000})  # fmt: skip
    return float(np.exp(found.x[0])), float(found.x[1]) if free_intercept else 0.0


def _losses(slope: float, intercept: float, margins: Floats, labels: NDArray[np.int64]) -> Floats:
    p = calibrated(margins, Calibration("", slope, intercept))
    of_truth = np.where(labels == 1, p, 1 - p)
    losses: Floats = -np.log(np.clip(of_truth, 1e-12, 1.0))
    return losses
