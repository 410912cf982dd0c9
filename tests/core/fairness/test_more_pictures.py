from __future__ import annotations

import pytest

from core.fairness.groups import CANT_TELL, LEAST, Gap, GroupFigures
from core.fairness.more_pictures import WORTH_TELLING, in_words, seen, wanted
from core.statistics.estimates import Rate


def group(name: str, n: int, malignant: int) -> GroupFigures:
    return GroupFigures("skin", name, n, n, malignant, None, None, None, None, None, None)


LIGHT, DARK = group("I-II", 600, 500), group("V-VI", 60, 40)


def gap(measure: str, half: float | None, verdict: str = CANT_TELL) -> Gap:
    difference = None if half is None else Rate(0.02, 0.02 - half, 0.02 + half)
    return Gap("skin", measure, "I-II", "V-VI", difference, verdict)


def test_an_interval_twice_too_wide_takes_four_times_the_pictures() -> None:
    found = wanted(gap("sensitivity", 2 * WORTH_TELLING), (LIGHT, DARK))
    assert found is not None
    assert (found.group, found.other, found.about) == ("V-VI", "I-II", "malignant")
    assert found.more == 3 * 40
    assert "about 120 more malignant lesions of V-VI would tell a gap of 0.1" in in_words(found)


@pytest.mark.parametrize(
    ("measure", "n"), [("sensitivity", 40), ("specificity", 20), ("auc", 20), ("ece", 20)]
)
def test_whom_a_measure_is_about_is_counted(measure: str, n: int) -> None:
    assert seen(DARK, measure) == n
    found = wanted(gap(measure, 0.2), (LIGHT, DARK))
    assert found is not None
    assert found.more == 3 * n


def test_where_the_interval_is_narrow_enough_nothing_more_is_wanted() -> None:
    found = wanted(gap("auc", 0.05), (LIGHT, DARK))
    assert found is not None
    assert found.more == 0
    assert "it is smaller" in in_words(found)


def test_a_group_too_small_for_a_figure_is_told_what_is_missing_for_one() -> None:
    few = group("V-VI", 7, 3)
    found = wanted(gap("sensitivity", None), (LIGHT, few))
    assert found is not None
    assert (found.first, found.more) == (True, LEAST - 3)
    assert "7 more malignant lesions are needed" in in_words(found)


def test_a_gap_that_is_told_wants_nothing() -> None:
    assert wanted(gap("auc", 0.01, "better on I-II"), (LIGHT, DARK)) is None
    assert wanted(gap("auc", 0.01), (LIGHT,)) is None
