"""Margins to probabilities and back, at points worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.calibration import calibrated, margin_at, moved
from core.results.card import Calibration

PLATT = Calibration("platt", 1.3, -0.2)


def test_calibration_at_hand_worked_points_and_far_out() -> None:
    plain = Calibration("none", 1.0, 0.0)
    margins = np.array([0.0, math.log(3), -math.log(3), 1e6, -1e6])
    assert calibrated(margins, plain) == pytest.approx([0.5, 0.75, 0.25, 1.0, 0.0])
    # At slope 2 and intercept -log 3, a margin of log 3 has odds of 9 / 3 = 3.
    platt = Calibration("platt", 2.0, -math.log(3))
    assert calibrated(np.array(math.log(3)), platt) == pytest.approx(0.75)


@pytest.mark.parametrize("probability", [0.001, 0.02, 0.4, 0.5, 0.97])
def test_a_probability_is_that_of_its_margin(probability: float) -> None:
    margin = margin_at(probability, PLATT)
    assert float(calibrated(np.array(margin), PLATT)) == pytest.approx(probability, abs=1e-12)


def test_a_margin_at_a_hand_worked_point() -> None:
    # odds of 3 are e^(2 m - log 3) where m is log 3
    assert margin_at(0.75, Calibration("platt", 2.0, -math.log(3))) == pytest.approx(math.log(3))


def test_a_moved_margin_means_by_the_usual_calibration_what_it_meant_by_its_own() -> None:
    margins = np.array([-4.0, 0.0, 0.3, 7.0])
    own = Calibration("platt", 0.7, 1.1)
    there = moved(margins, own, PLATT)
    assert calibrated(there, PLATT) == pytest.approx(calibrated(margins, own), abs=1e-12)
    assert there[1] == pytest.approx((1.1 + 0.2) / 1.3)
    assert moved(margins, PLATT, PLATT) is margins
