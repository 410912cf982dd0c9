from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.fairness import groups
from core.fairness.groups import CANT_TELL, gap, group_figures, groups_of
from core.fairness.review import lesion_share, retoning_answer
from core.statistics import intervals, metrics
from core.statistics.estimates import Rate


def people(n: int, apart: float, seed: int = 0, pictures: int = 1) -> pd.DataFrame:
    """``n`` people, half of them malignant, whose scores lie ``apart`` standard deviations."""
    random = np.random.default_rng(seed)
    label = np.repeat(np.arange(n) % 2, pictures)
    score = apart * label + np.repeat(random.normal(0, 1, n), pictures)
    return pd.DataFrame({
        "label": label, "probability": 1 / (1 + np.exp(-(score - apart / 2))),
        "person": [f"{seed}/{i}" for i in np.repeat(np.arange(n), pictures)],
    })  # fmt: skip


def test_figures_are_those_of_the_metrics() -> None:
    table = people(200, 1.5)
    found = group_figures(table, "all", "all", 0.5)
    plain = metrics.evaluate(table["label"], table["probability"], table["person"])
    assert found.auc == plain.auc
    assert found.sensitivity is not None
    assert plain.sensitivity is not None
    assert found.sensitivity.value == plain.sensitivity.value
    assert found.sensitivity.low == pytest.approx(plain.sensitivity.low, abs=0.03)
    assert found.predicted is not None
    assert found.predicted.value == pytest.approx(table["probability"].mean())
    assert (found.n, found.people, found.malignant) == (200, 200, 100)


def test_pictures_of_one_person_do_not_narrow_the_interval() -> None:
    one, many = people(60, 1.0), people(60, 1.0, pictures=10)
    a, b = (group_figures(t, "all", "all", 0.5).auc for t in (one, many))
    assert a is not None
    assert b is not None
    assert b.high - b.low == pytest.approx(a.high - a.low, rel=0.05)


def test_a_group_of_three_has_no_figures() -> None:
    found = group_figures(people(3, 1.0), "all", "few", 0.5)
    assert found.n == 3
    assert [getattr(found, m) for m in groups.MEASURES] == [None] * 4
    assert found.predicted is None


def test_one_class_alone_has_a_sensitivity_and_no_auc() -> None:
    table = people(80, 1.0)
    found = group_figures(table[table["label"] == 1], "all", "sick", 0.5)
    assert found.sensitivity is not None
    assert found.specificity is None
    assert found.auc is None


def test_all_right_is_not_certain() -> None:
    found = group_figures(people(40, 30.0), "all", "all", 0.5)
    assert found.sensitivity == intervals.wilson(20, 20)


def test_a_large_gap_is_told_and_names_the_better_group() -> None:
    found = gap(people(300, 3.0), people(300, 0.2, 1), "auc", ("type", "I-II", "V-VI"), 0.5)
    assert found.verdict == "better on I-II"
    turned = gap(people(300, 0.2, 1), people(300, 3.0), "auc", ("type", "I-II", "V-VI"), 0.5)
    assert turned.verdict == "better on V-VI"
    assert found.difference is not None
    assert turned.difference is not None
    assert found.difference.value == pytest.approx(-turned.difference.value)


def test_a_smaller_calibration_error_is_the_better_one() -> None:
    assert groups.verdict(Rate(-0.1, -0.2, -0.05), "ece", "a", "b") == "better on a"
    assert groups.verdict(Rate(-0.1, -0.2, -0.05), "auc", "a", "b") == "better on b"


def test_alike_groups_and_small_groups_cant_be_told_apart() -> None:
    alike = gap(people(200, 1.0), people(200, 1.0, 1), "auc", ("type", "a", "b"), 0.5)
    assert alike.difference is not None
    assert alike.verdict == CANT_TELL
    few = gap(people(300, 3.0), people(8, 0.0, 1), "auc", ("type", "a", "b"), 0.5)
    assert few.difference is None
    assert few.verdict == CANT_TELL


@pytest.mark.parametrize("measure", groups.MEASURES)
@pytest.mark.parametrize("classes", [(0, 1), (0,), (1,)])
@pytest.mark.parametrize("n", [18, 20])  # nine of a class, and ten
def test_a_gap_is_given_just_where_both_groups_have_the_figure(
    measure: str, classes: tuple[int, ...], n: int
) -> None:
    one, other = people(60, 1.0), people(n, 1.0, 1)
    other = other[other["label"].isin(classes)]
    found = gap(one, other, measure, ("type", "a", "b"), 0.5)
    figure = getattr(group_figures(other, "type", "b", 0.5), measure)
    assert (found.difference is None) == (figure is None)


def test_a_gap_that_cannot_be_given_costs_no_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    bootstrap = intervals.bootstrap
    monkeypatch.setattr(
        intervals, "bootstrap", lambda *given: calls.append(given) or bootstrap(*given)
    )
    names = ("type", "a", "b")
    assert gap(people(300, 3.0), people(8, 0.0, 1), "auc", names, 0.5).difference is None
    assert calls == []
    assert gap(people(60, 3.0), people(60, 0.0, 1), "auc", names, 0.5).difference is not None
    assert len(calls) == 1


def test_groups_not_recorded_come_last() -> None:
    table = people(90, 1.0).assign(sex=["not recorded", "male", "female"] * 30)
    assert [g.group for g in groups_of(table, "sex", 0.5)] == ["female", "male", "not recorded"]


@pytest.mark.parametrize(
    ("extra", "verdict"), [(0.2, "above chance"), (-0.1, "below chance"), (0.0, CANT_TELL)]
)
def test_saliency_on_the_lesion_is_held_against_its_area(extra: float, verdict: str) -> None:
    random = np.random.default_rng(0)
    area = random.uniform(0.2, 0.4, 100)
    noise = random.normal(0, 0.05, 100)
    table = pd.DataFrame({
        "share": area + extra + noise - noise.mean(), "area": area, "elsewhere": area,
        "person": np.arange(100),
    })  # fmt: skip
    found = lesion_share(table, "all")
    assert found.verdict == verdict
    assert found.above_chance.value == pytest.approx(extra, abs=1e-9)


def test_a_simulation_agrees_only_where_both_intervals_take_one_side() -> None:
    down, up, open_ = Rate(-0.1, -0.2, -0.05), Rate(0.1, 0.05, 0.2), Rate(0.0, -0.1, 0.1)
    assert retoning_answer(down, down) == "agrees"
    assert retoning_answer(up, down) == "disagrees"
    assert retoning_answer(open_, down) == retoning_answer(down, open_) == CANT_TELL
    assert retoning_answer(down, None) == CANT_TELL
