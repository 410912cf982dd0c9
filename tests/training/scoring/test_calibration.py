from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from core.calibration import calibrated
from core.results.card import STEEPEST, Calibration
from training.scoring import calibration
from training.scoring.calibration import fit

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
IDENTITY = Calibration("", 1.0, 0.0)


def drawn(
    slope: float, intercept: float, n: int, seed: int, spread: float = 2.0
) -> tuple[Floats, Labels]:
    """Margins, and labels that come true with P = sigmoid(slope x margin + intercept)."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, spread, n)
    p = 1 / (1 + np.exp(-(slope * margins + intercept)))
    return margins, (random.random(n) < p).astype(np.int64)


def loss(calibration: Calibration, margins: Floats, labels: Labels) -> float:
    """Mean negative log likelihood, by another formula than the code's."""
    z = calibration.slope * margins + calibration.intercept
    return float(np.logaddexp(0, np.where(labels == 1, -z, z)).mean())


@pytest.mark.parametrize(("slope", "intercept"), [(0.4, 1.5), (2.0, -1.0)])
def test_platt_is_found_where_an_intercept_is_needed(slope: float, intercept: float) -> None:
    margins, labels = drawn(slope, intercept, 3000, seed=1)
    found = fit(margins, labels)
    assert found.method.startswith("platt")
    assert found.slope == pytest.approx(slope, rel=0.15)
    assert found.intercept == pytest.approx(intercept, rel=0.15)
    second = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(margins[:, None], labels)
    plain = calibration.fit_method("platt", margins, labels, np.ones(len(labels)))
    assert plain[0] == pytest.approx(float(second.coef_[0, 0]), abs=1e-3)
    assert plain[1] == pytest.approx(float(second.intercept_[0]), abs=1e-3)


@pytest.mark.parametrize("method", calibration.METHODS)
def test_small_margins_that_part_the_classes_make_no_slope_that_a_card_refuses(method: str) -> None:
    margins = np.array([-2e-5, -1e-5, 1e-5, 2e-5])
    slope, intercept = calibration.fit_method(
        method, margins, np.array([0, 0, 1, 1]), np.ones(len(margins))
    )
    assert slope == pytest.approx(STEEPEST)
    assert slope <= STEEPEST
    assert abs(intercept) <= STEEPEST


def test_smoothed_targets_keep_a_slope_finite_where_the_classes_part_perfectly() -> None:
    margins, labels = np.repeat([-1.0, 1.0], 10), np.repeat([0, 1], 10)
    slope, _ = calibration.fit_method(
        "temperature, smoothed targets", margins, labels, np.ones(len(labels))
    )
    assert slope == pytest.approx(np.log(11), abs=1e-3)  # P = 11 / 12, Platt's target of ten
    assert calibration.fit_method("temperature", margins, labels, np.ones(len(labels)))[0] > 8


def test_temperature_is_mostly_kept_where_no_intercept_is_needed() -> None:
    kept = []
    for seed in range(12):
        margins, labels = drawn(0.6, 0.0, 264, seed)
        found = fit(margins, labels)
        if not found.method.startswith("temperature"):
            continue
        kept.append(found)
        assert found.intercept == 0.0

        def slope_of_the_loss(slope: float, m: Floats = margins, y: Labels = labels) -> float:
            return float(((1 / (1 + np.exp(-slope * m)) - y) * m).sum())

        root = brentq(slope_of_the_loss, 1e-3, 10.0)
        plain = calibration.fit_method("temperature", margins, labels, np.ones(len(labels)))
        assert plain == (pytest.approx(root, abs=1e-3), 0.0)
    assert len(kept) >= 7


@pytest.mark.parametrize("seed", range(6))
def test_calibration_is_never_worse_than_none_on_the_pictures_it_is_fitted_to(seed: int) -> None:
    random = np.random.default_rng(seed)
    slope, intercept = float(random.uniform(0.2, 3)), float(random.normal(0, 1))
    margins, labels = drawn(slope, intercept, (20, 264)[seed % 2], seed)
    found = fit(margins, labels)
    assert loss(found, margins, labels) <= loss(IDENTITY, margins, labels) + 1e-9


def test_the_method_kept_is_the_one_with_the_lower_cross_validated_loss() -> None:
    methods = set()
    for seed, intercept in enumerate((0.0, 0.0, 0.0, 1.0)):
        margins, labels = drawn(1.0, intercept, 300, seed)
        found = fit(margins, labels)
        assert set(found.compared) == set(calibration.METHODS)
        assert found.compared[found.method] == min(found.compared.values())
        # held-out folds judge: near the loss of the truth, not below what the fit itself reaches
        assert found.compared[found.method] >= loss(found, margins, labels)
        truth = Calibration("", 1.0, intercept)
        assert found.compared[found.method] == pytest.approx(loss(truth, margins, labels), abs=0.03)
        methods.add(found.method.split(",")[0])
    assert methods == {"temperature", "platt"}


@pytest.mark.parametrize("slope", [0.05, 1.0, -1.0], ids=["flat", "right", "turned round"])
def test_calibration_keeps_the_order_of_the_scores(slope: float) -> None:
    margins, labels = drawn(slope, 0.3, 264, seed=2)
    found = fit(margins, labels)
    assert found.slope > 0
    p = calibrated(np.sort(margins), found)
    assert (np.diff(p) >= 0).all()


def test_the_same_margins_give_the_same_calibration() -> None:
    margins, labels = drawn(0.7, 0.2, 264, seed=3)
    assert fit(margins, labels, seed=4) == fit(margins, labels, seed=4)


@pytest.mark.parametrize(
    "labels",
    [[0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1], [0, 1], [1]],
    ids=["separable", "one class", "two", "one"],
)
def test_a_tiny_or_separable_validation_set_still_gives_finite_probabilities(
    labels: list[int],
) -> None:
    margins = np.linspace(-2, 2, len(labels))
    found = fit(margins, np.array(labels))
    numbers = [found.slope, found.intercept, *found.compared.values()]
    assert np.isfinite(numbers).all()
    p = calibrated(margins, found)
    assert ((p >= 0) & (p <= 1)).all()
    assert loss(found, margins, np.array(labels)) <= loss(IDENTITY, margins, np.array(labels))


def test_weights_are_as_good_as_copies() -> None:
    margins, labels = drawn(1.3, -0.4, 300, seed=3)
    counts = np.where(labels == 1, 3.0, 1.0)
    weighed = calibration.fit_method("platt", margins, labels, counts)
    rows = np.repeat(np.arange(300), counts.astype(int))
    copied = calibration.fit_method("platt", margins[rows], labels[rows], np.ones(len(rows)))
    assert weighed == pytest.approx(copied, abs=1e-3)
    assert weighed[1] > calibration.fit_method("platt", margins, labels, np.ones(300))[1]
