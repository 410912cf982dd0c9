"""How many more people it takes until a gap between two groups can be told.

An interval's width falls with the square root of the number of people, as far as more of them are
like those that were seen: a planning figure, not a promise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.fairness.groups import CANT_TELL, LEAST, Gap, GroupFigures

WORTH_TELLING = 0.1
"""A gap that matters: ten of a hundred lesions. Smaller ones than were seen may take thousands."""
_NAMES = {"auc": "AUC", "ece": "ECE"}
# Whom a measure is about, and so whom more of are needed.
_ABOUT = {
    "sensitivity": "malignant", "specificity": "benign", "auc": "malignant and benign",
    "ece": "malignant and benign",
}  # fmt: skip


@dataclass(frozen=True)
class PeopleNeeded:
    """How many more people a group needs before a gap, or a figure of its own, can be told.

    ``group`` needs ``more`` people (0: none), to tell a gap of ``WORTH_TELLING`` in ``measure``
    from ``other``, or to have a figure at all where ``first`` is set.
    """

    group: str
    other: str
    measure: str
    about: str
    more: int
    first: bool


def wanted(gap: Gap, groups: tuple[GroupFigures, ...]) -> PeopleNeeded | None:
    """What an open gap lacks; ``None`` where it is told.

    The smaller group is the one to add to: what the larger one adds to the interval is less, so
    that the count is a little too large where both are alike.
    """
    if gap.verdict != CANT_TELL:
        return None
    pair = [g for name in (gap.first, gap.second) for g in groups
            if (g.by, g.group) == (gap.by, name)]  # fmt: skip
    if len(pair) < 2:
        return None
    small, large = sorted(pair, key=lambda g: seen(g, gap.measure))
    about, n = _ABOUT[gap.measure], seen(small, gap.measure)
    if gap.difference is None:
        return PeopleNeeded(small.group, large.group, gap.measure, about, max(1, LEAST - n), True)
    half = (gap.difference.high - gap.difference.low) / 2
    more = math.ceil(n * ((half / WORTH_TELLING) ** 2 - 1))
    return PeopleNeeded(small.group, large.group, gap.measure, about, max(0, more), False)


def seen(group: GroupFigures, measure: str) -> int:
    """How many pictures of the class that a measure is about were seen: of the rarer, for both."""
    benign = group.n - group.malignant
    counts = {"sensitivity": group.malignant, "specificity": benign}
    return counts.get(measure, min(group.malignant, benign))


def in_words(found: PeopleNeeded) -> str:
    """The answer as a sentence."""
    measure = _NAMES.get(found.measure, found.measure)
    if found.first:
        return (
            f"{found.group}: {found.more} more {found.about} lesions are needed before a figure of "
            f"{measure} is given at all."
        )
    if not found.more:
        return (
            f"{found.group} and {found.other}: a gap of {WORTH_TELLING:g} in {measure} would "
            "show with these pictures; if there is one, it is smaller."
        )
    return (
        f"{found.group} and {found.other}: about {found.more:,} more {found.about} lesions of "
        f"{found.group} would tell a gap of {WORTH_TELLING:g} in {measure}."
    )
