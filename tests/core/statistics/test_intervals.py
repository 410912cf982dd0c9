from __future__ import annotations

import math
import tracemalloc
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binomtest

from core.statistics import intervals
from core.statistics.estimates import Rate
from core.statistics.intervals import wilson
from core.statistics.metrics import evaluate
from tests.core.statistics.samples import sample, width

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


# --- bootstrap


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
    monkeypatch.setattr(intervals, "RESAMPLES", 500)  # enough to see a wrong width
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


def test_the_parts_in_which_resamples_are_drawn_change_no_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels, scores = sample(100)
    groups = np.arange(100) // 3
    whole = evaluate(labels, scores, groups)
    monkeypatch.setattr(intervals, "MOST_WEIGHTS", 700)  # seven resamples at once
    parts = evaluate(labels, scores, groups)
    for kind in ("auc", "ece", "average_precision"):
        ours, all_at_once = getattr(parts, kind), getattr(whole, kind)
        assert numbers(ours) == pytest.approx(numbers(all_at_once), abs=1e-12)


def test_four_times_the_pictures_take_hardly_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 250)
    most = []
    for n in (5_000, 20_000):
        labels, scores = sample(n)
        tracemalloc.start()
        evaluate(labels, scores)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] - most[0] < 15_000 * 1_000  # bytes: 250 resamples at once took 14,000 a picture
