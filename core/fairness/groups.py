"""How a model does on each group of people, and what the data can't tell.

A picture's ``person`` is the patient or lesion it shows; whoever is drawn in a bootstrap comes with
all of his pictures. Two rules keep small groups from saying more than they can:

- a figure is given only where at least ``LEAST`` people of the class it is about were seen;
- a difference whose 95 % interval holds zero, or that lacks such a figure, is ``CANT_TELL``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats, Mask
from core.statistics import intervals, metrics
from core.statistics.estimates import Rate

if TYPE_CHECKING:
    import pandas as pd

Statistic = Callable[[Floats], Floats]

# Below, a bootstrap's interval is too narrow to be believed: it never draws anybody who is unlike
# the few that were seen.
LEAST = 10
CANT_TELL = "can't tell"
# What each measure is about: malignant pictures (1), benign ones (0), or both.
_NEEDED = {"sensitivity": (1,), "specificity": (0,), "auc": (0, 1), "ece": (0, 1)}
MEASURES = tuple(_NEEDED)
# What may be known of a person and a lesion.
RECORDED = ("fitzpatrick", "sex", "age", "site", "diagnosis")
PAIRS = {1: "I-II", 2: "I-II", 3: "III-IV", 4: "III-IV", 5: "V-VI", 6: "V-VI"}
NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class GroupFigures:
    """One group: who is in it, and the figures that it is large enough for.

    ``observed`` is the share of malignant pictures and ``predicted`` the mean P(malignant).
    """

    by: str
    group: str
    n: int
    people: int
    malignant: int
    sensitivity: Rate | None
    specificity: Rate | None
    auc: Rate | None
    ece: Rate | None
    predicted: Rate | None
    observed: Rate | None


@dataclass(frozen=True)
class Gap:
    """``first`` minus ``second`` group in one measure, in [-1, 1], and what it lets one say."""

    by: str
    measure: str
    first: str
    second: str
    difference: Rate | None
    verdict: str


def group_figures(table: pd.DataFrame, by: str, group: str, threshold: float) -> GroupFigures:
    """Figures of one group: ``table`` has label (0 or 1), probability and person, a row a picture.

    Intervals are percentiles of a bootstrap by person. Where a rate is 0 or 1 resampling can't
    leave it, and Wilson's interval on the number of people stands in.
    """
    y, p, person = _columns(table)
    people = len(np.unique(person))
    found = {measure: figure(table, measure, threshold) for measure in MEASURES}
    if people >= LEAST:
        found["predicted"] = intervals.bootstrap(metrics.weighted_mean(p), person, 0)
        share = metrics.weighted_mean(y.astype(float))
        found["observed"] = _interval(share, person, "observed", people)
    return GroupFigures(
        by, group, len(y), people, int(y.sum()), found["sensitivity"], found["specificity"],
        found["auc"], found["ece"], found.get("predicted"), found.get("observed"),
    )  # fmt: skip


def figure(table: pd.DataFrame, measure: str, threshold: float) -> Rate | None:
    """One of ``MEASURES``, with its interval; ``None`` where too few people were seen for it."""
    if not enough_people(table, measure):
        return None
    y, p, person = _columns(table)
    concerned = person[np.isin(y, _NEEDED[measure])]
    statistic = _statistics(y, p, threshold)[measure]
    return _interval(statistic, person, measure, _people(concerned))


def beats_chance(auc: Rate | None) -> str:
    """Whether an AUC is better than a coin's, or ``CANT_TELL`` where its interval holds 0.5."""
    if auc is None or auc.low <= 0.5 <= auc.high:
        return CANT_TELL
    return "better" if auc.value > 0.5 else "worse"


def enough_people(table: pd.DataFrame, measure: str) -> bool:
    """Whether ``LEAST`` people were seen of each class that the measure is about."""
    y, _, person = _columns(table)
    return all(_people(person[y == label]) >= LEAST for label in _NEEDED[measure])


def gap(
    first: pd.DataFrame, second: pd.DataFrame, measure: str, names: tuple[str, str, str],
    threshold: float,
) -> Gap:  # fmt: skip
    """One measure in the first group minus the second; ``names`` are (by, first, second).

    All people are drawn together, so that one who is in both groups is drawn for both.
    """
    by, one, other = names
    if not (enough_people(first, measure) and enough_people(second, measure)):
        return Gap(by, measure, one, other, None, CANT_TELL)
    parts = [_columns(table) for table in (first, second)]
    a, b = (_statistics(y, p, threshold)[measure] for y, p, _ in parts)
    cut = len(first)
    person = np.concatenate([part[2] for part in parts])
    difference = intervals.bootstrap(lambda w: a(w[:, :cut]) - b(w[:, cut:]), person, 0)
    return Gap(by, measure, one, other, difference, verdict(difference, measure, one, other))


def verdict(difference: Rate, measure: str, first: str, second: str) -> str:
    """Who is served better, or ``CANT_TELL`` where the interval holds zero."""
    if difference.low <= 0 <= difference.high:
        return CANT_TELL
    first_better = (difference.value > 0) != (measure == "ece")  # an error is better small
    return f"better on {first if first_better else second}"


def groups_of(table: pd.DataFrame, by: str, threshold: float) -> list[GroupFigures]:
    """Figures for each value of the column ``by``, in order, those not recorded last."""
    values = sorted(table[by].unique(), key=lambda value: (value == NOT_RECORDED, value))
    return [group_figures(table[table[by] == value], by, value, threshold) for value in values]


def gaps_of(table: pd.DataFrame, by: str, first: str, second: str, threshold: float) -> list[Gap]:
    """The gap between two values of a column in every measure."""
    one, other = table[table[by] == first], table[table[by] == second]
    if not len(one) or not len(other):
        return [Gap(by, measure, first, second, None, CANT_TELL) for measure in MEASURES]
    return [gap(one, other, measure, (by, first, second), threshold) for measure in MEASURES]


def _columns(table: pd.DataFrame) -> tuple[NDArray[np.int64], Floats, NDArray[Any]]:
    return (
        table["label"].to_numpy(np.int64),
        table["probability"].to_numpy(np.float64),
        table["person"].to_numpy(),
    )


def _statistics(y: NDArray[np.int64], p: Floats, threshold: float) -> dict[str, Statistic]:
    called = p >= threshold
    return {
        "sensitivity": _share(called, y == 1),
        "specificity": _share(~called, y == 0),
        "auc": metrics.weighted_auc(y, p),
        "ece": metrics.weighted_ece(y, p),
    }


def _share(hit: Mask, of: Mask) -> Statistic:
    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            result: Floats = (weights @ (hit & of).astype(float)) / (weights @ of.astype(float))
        return result

    return statistic


def _interval(statistic: Statistic, person: NDArray[Any], measure: str, people: int) -> Rate:
    found = intervals.bootstrap(statistic, person, 0)
    if measure in ("sensitivity", "specificity", "observed") and found.value in (0.0, 1.0):
        return intervals.wilson(round(found.value) * people, people)
    return found


def _people(person: NDArray[Any]) -> int:
    return len(np.unique(person))
