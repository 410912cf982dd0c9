"""A network's margins to probabilities and back, by the calibration on a model's card."""

from __future__ import annotations

import math

import numpy as np

from core.arrays import Floats
from core.results.card import Calibration


def calibrated(margins: Floats, calibration: Calibration) -> Floats:
    """P(malignant) of logit differences (malignant minus benign), any shape."""
    z = calibration.slope * margins + calibration.intercept
    return 0.5 * (1 + np.tanh(z / 2))  # the sigmoid, without overflow at either end


def margin_at(probability: float, calibration: Calibration) -> float:
    """The logit difference that is calibrated to a P(malignant) between 0 and 1."""
    odds = probability / (1 - probability)
    return (math.log(odds) - calibration.intercept) / calibration.slope


def moved(margins: Floats, own: Calibration, usual: Calibration) -> Floats:
    """Margins that mean by ``usual`` what they mean by ``own``, any shape."""
    if own is usual:
        return margins
    return (own.slope * margins + own.intercept - usual.intercept) / usual.slope
