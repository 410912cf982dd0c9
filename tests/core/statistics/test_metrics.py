from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from core.arrays import Floats
from core.statistics import metrics
from core.statistics.estimates import Rate
from core.statistics.intervals import wilson
from core.statistics.metrics import auc, ece, evaluate
from tests.core.statistics.samples import sample, width

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


@pytest.mark.parametrize("labels", [[0, 1, 1, 0, 1], [0, 0, 0, 0, 0]])
def test_who_waits_for_the_figures_hears_of_every_resample_and_gets_the_same(
    labels: list[int],
) -> None:
    scores, heard = [0.2, 0.9, 0.4, 0.3, 0.7], []
    assert metrics.evaluate(labels, scores, done=heard.append) == metrics.evaluate(labels, scores)
    assert len(heard) > 1
    assert sum(heard) == metrics.resamples(labels)
