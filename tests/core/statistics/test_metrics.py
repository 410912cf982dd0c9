from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, roc_auc_score

from core.arrays import Floats
from core.statistics import metrics
from core.statistics.estimates import Rate
from core.statistics.metrics import auc, ece, evaluate, wilson


def sample(n: int, seed: int = 0, apart: float = 1.5) -> tuple[NDArray[np.int64], Floats]:
    """Labels and scores whose true AUC is Phi(apart / sqrt 2)."""
    random = np.random.default_rng(seed)
    labels = (random.random(n) < 0.45).astype(np.int64)
    return labels, 1 / (1 + np.exp(-random.normal(apart * (labels - 0.5), 1)))


def width(rate: Rate | None) -> float:
    assert rate is not None
    return rate.high - rate.low


# --- Wilson


def test_8_of_9_is_57_to_98_percent() -> None:
    rate = wilson(8, 9)
    assert (rate.value, round(rate.low, 2), round(rate.high, 2)) == (8 / 9, 0.57, 0.98)


def test_1_of_9_is_2_to_43_and_a_half_percent() -> None:
    rate = wilson(1, 9)
    assert (rate.low, rate.high) == pytest.approx((0.0199, 0.4350), abs=5e-5)
    mirror = wilson(8, 9)
    assert (1 - rate.high, 1 - rate.low) == pytest.approx((mirror.low, mirror.high))


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 9), (9, 9), (556, 660), (3, 100_000)])
def test_wilsons_interval_is_scipys(k: int, n: int) -> None:
    theirs = binomtest(k, n).proportion_ci(0.95, method="wilson")
    ours = wilson(k, n)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= ours.value <= ours.high <= 1


@pytest.mark.parametrize(("k", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_a_share_of_nothing_is_an_error(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes must be"):
        wilson(k, n)


# --- AUC


@pytest.mark.parametrize("decimals", [0, 1, 2, 15])
def test_auc_is_scikit_learns_with_ties_too(decimals: int) -> None:
    for seed in range(5):
        labels, scores = sample(173, seed)
        scores = scores.round(decimals)
        assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_auc_by_hand() -> None:
    assert auc([0, 1], [0.2, 0.7]) == 1
    assert auc([1, 0], [0.2, 0.7]) == 0
    assert auc([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]) == 0.5
    # Pairs: 0.3 loses to 0.4 and beats 0.1; 0.4 ties with 0.4 and beats 0.1.
    assert auc([1, 1, 0, 0], [0.3, 0.4, 0.4, 0.1]) == (0 + 1 + 0.5 + 1) / 4


def test_auc_of_one_class_is_not_a_number() -> None:
    assert math.isnan(auc([1, 1], [0.2, 0.7]))
    assert math.isnan(auc([0], [0.0]))


# --- ECE


def ece_by_loop(labels: NDArray[np.int64], scores: Floats) -> float:
    total = 0.0
    for index in range(10):
        low, high = index / 10, (index + 1) / 10
        inside = [
            i for i, p in enumerate(scores) if low <= p < high or (index == 9 and p == 1)
        ]  # fmt: skip
        if inside:
            observed = sum(labels[i] for i in inside) / len(inside)
            predicted = sum(scores[i] for i in inside) / len(inside)
            total += len(inside) / len(scores) * abs(observed - predicted)
    return total


def test_ece_is_what_a_plain_loop_over_ten_bins_gives() -> None:
    for seed in range(5):
        labels, scores = sample(211, seed)
        assert ece(labels, scores) == pytest.approx(ece_by_loop(labels, scores), abs=1e-12)


def test_ece_by_hand() -> None:
    assert ece([1, 1, 0, 0], [1.0, 1.0, 0.0, 0.0]) == 0
    assert ece([0, 0], [1.0, 1.0]) == 1
    # Bin 0.2: said 0.25, seen 1/2. Bin 0.9: said 0.95, seen 1. Half of the pictures in each.
    assert ece([0, 1, 1, 1], [0.25, 0.25, 0.95, 0.95]) == pytest.approx((0.25 + 0.05) / 2)


# --- all figures of one set


def test_rates_are_counted_at_the_threshold_by_hand() -> None:
    labels = [1, 1, 1, 0, 0, 0, 0]
    scores = [0.9, 0.4, 0.3, 0.39, 0.4, 0.1, 0.0]
    figures = evaluate(labels, scores, threshold=0.4)
    assert (figures.n, figures.malignant) == (7, 3)
    assert figures.accuracy == wilson(5, 7)  # 0.4 is answered malignant: one hit, one false alarm
    assert figures.sensitivity == wilson(2, 3)
    assert figures.specificity == wilson(3, 4)
    assert figures.auc is not None
    assert figures.auc.value == pytest.approx(roc_auc_score(labels, scores))
    assert figures.ece.value == ece(labels, scores)


def test_figures_that_one_class_cannot_give_are_none() -> None:
    sick = evaluate([1, 1, 1], [0.9, 0.2, 0.6])
    assert (sick.auc, sick.specificity, sick.sensitivity) == (None, None, wilson(2, 3))
    well = evaluate([0, 0, 0], [0.9, 0.2, 0.3])
    assert (well.auc, well.specificity, well.sensitivity) == (None, wilson(2, 3), None)


def test_the_bootstraps_interval_is_that_of_a_plain_loop() -> None:
    labels, scores = sample(150, 4, apart=1.0)
    groups = np.arange(150) // 2
    random = np.random.default_rng(99)
    values = []
    for _ in range(800):
        rows = np.concatenate([np.flatnonzero(groups == g) for g in random.integers(0, 75, 75)])
        sick, well = scores[rows][labels[rows] == 1], scores[rows][labels[rows] == 0]
        values.append((sick[:, None] > well).mean())
    figure = evaluate(labels, scores, groups).auc
    assert figure is not None
    # Two Monte Carlo estimates of the same percentiles.
    assert (figure.low, figure.high) == pytest.approx(np.percentile(values, (2.5, 97.5)), abs=0.012)


def test_the_bootstraps_interval_covers_the_true_auc_in_about_95_of_100_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "RESAMPLES", 500)  # enough to see a wrong width
    true = NormalDist().cdf(1.5 / math.sqrt(2))
    covered = 0
    for seed in range(40):
        figure = evaluate(*sample(100, 1000 + seed)).auc
        assert figure is not None
        covered += figure.low <= true <= figure.high
    assert 35 <= covered <= 40


def test_copies_of_a_lesions_picture_do_not_narrow_the_interval_when_grouped() -> None:
    labels, scores = sample(90)
    once = evaluate(labels, scores)
    names = np.array([f"lesion {i:03}" for i in range(90)])
    copies = [np.repeat(values, 4) for values in (labels, scores, names)]
    grouped = evaluate(*copies)
    for kind in ("auc", "ece"):
        ours, single = getattr(grouped, kind), getattr(once, kind)
        assert numbers(ours) == pytest.approx(numbers(single), abs=1e-12)
    # By picture, four copies would pass for four times the evidence: half the width.
    by_picture = evaluate(copies[0], copies[1])
    assert width(by_picture.auc) == pytest.approx(width(once.auc) / 2, rel=0.15)
    assert width(grouped.auc) > 1.7 * width(by_picture.auc)


def numbers(rate: Rate) -> tuple[float, float, float]:
    return rate.value, rate.low, rate.high


def test_the_difference_of_two_aucs_is_paired() -> None:
    labels, scores = sample(120)
    noise = np.random.default_rng(8).normal(0, 0.05, 120)
    worse = (scores + noise).clip(0, 1)
    groups = np.arange(120) // 2
    difference = metrics.auc_difference(labels, scores, worse, groups)
    expected = roc_auc_score(labels, scores) - roc_auc_score(labels, worse)
    assert difference.value == pytest.approx(expected, abs=1e-12)
    assert difference.low <= difference.value <= difference.high
    # What is hard is hard for both, so the difference is known better than either figure.
    assert width(difference) < 0.5 * width(evaluate(labels, scores, groups).auc)
    assert metrics.auc_difference(labels, scores, scores, groups) == Rate(0, 0, 0)


def test_the_same_seed_gives_the_same_interval_and_another_seed_nearly() -> None:
    labels, scores = sample(100)
    first, again, other = (evaluate(labels, scores, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.auc is not None
    assert other.auc is not None
    assert 0 < abs(first.auc.low - other.auc.low) < 0.01


def test_two_lesions_still_give_an_interval() -> None:
    figure = evaluate([1, 0], [0.8, 0.3]).auc  # half of the resamples hold one class only
    assert figure == Rate(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([], [], "one length"),
        ([1, 0], [0.5], "one length"),
        ([[1, 0]], [[0.5, 0.5]], "one length"),
        ([1, 2], [0.5, 0.5], "labels must be 0"),
        ([-1, 1], [0.5, 0.5], "labels must be 0"),
        (["benign", "malignant"], [0.5, 0.5], "labels must be 0"),
        ([1, 0], [0.5, 1.1], "probabilities"),
        ([1, 0], [-0.1, 0.5], "probabilities"),
        ([1, 0], [math.nan, 0.5], "probabilities"),
    ],
)
def test_what_is_no_label_or_probability_is_an_error(
    labels: list[int], scores: list[float], message: str
) -> None:
    for function in (auc, ece, evaluate):
        with pytest.raises(ValueError, match=message):
            function(labels, scores)


def test_groups_of_another_length_are_an_error() -> None:
    with pytest.raises(ValueError, match="groups must have shape"):
        evaluate([1, 0], [0.5, 0.5], [1, 2, 3])


# --- average precision


@pytest.mark.parametrize("decimals", [0, 1, 2, 15])
def test_average_precision_is_scikit_learns_with_ties_too(decimals: int) -> None:
    for seed in range(5):
        labels, scores = sample(173, seed)
        scores = scores.round(decimals)
        ours = metrics.average_precision(labels, scores)
        assert ours == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


def test_average_precision_by_hand() -> None:
    # Malignant at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert metrics.average_precision([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]) == pytest.approx(5 / 6)
    assert metrics.average_precision([0, 1], [0.5, 0.5]) == 0.5
    assert metrics.average_precision([1, 0, 0, 0], [0.0, 0.1, 0.2, 0.3]) == 0.25
    assert math.isnan(metrics.average_precision([0, 0], [0.1, 0.2]))


def test_average_precisions_interval_is_that_of_a_plain_loop_by_group() -> None:
    labels, scores = sample(150, 4, apart=1.0)
    groups = np.arange(150) // 2
    random = np.random.default_rng(99)
    values = []
    for _ in range(600):
        rows = np.concatenate([np.flatnonzero(groups == g) for g in random.integers(0, 75, 75)])
        values.append(average_precision_score(labels[rows], scores[rows]))
    figure = evaluate(labels, scores, groups).average_precision
    assert figure is not None
    assert figure.value == pytest.approx(average_precision_score(labels, scores))
    assert (figure.low, figure.high) == pytest.approx(np.percentile(values, (2.5, 97.5)), abs=0.015)


def test_average_precision_of_one_class_is_none() -> None:
    assert evaluate([1, 1, 1], [0.9, 0.2, 0.6]).average_precision is None
    assert evaluate([0, 0, 0], [0.9, 0.2, 0.6]).average_precision is None
