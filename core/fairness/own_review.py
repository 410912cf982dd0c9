"""How a model does on the groups of somebody's own collection, and the figures to take home."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING

from core.batch.rows import Row
from core.fairness import groups as fairness
from core.fairness.groups import MEASURES, NOT_RECORDED, Review
from core.reports import spreadsheet
from core.results.card import Card, Rate

if TYPE_CHECKING:
    import pandas as pd

COLLECTION, TITLE = "own", "Your own collection"
COMMAND = "the page 'Skin tone', your own collection"
_HEAD = (
    "kind", "groups", "group", "compared_with", "measure", "n", "people", "malignant", "value",
    "low", "high", "verdict", "threshold", "model",
)  # fmt: skip


def scored(table: pd.DataFrame, rows: Sequence[Row]) -> pd.DataFrame:
    """The collection's first pictures with their ``probability``, without those not read.

    ``rows`` are of the same pictures in the same order, or fewer of them after a stop.
    """
    chances = [nan if row.probability is None else row.probability for row in rows]
    found = table.iloc[: len(rows)].assign(probability=chances)
    return found.dropna(subset=["probability"])


def review(table: pd.DataFrame, by: str, card: Card, threshold: float) -> Review:
    """Figures of every group of the column ``by``, and the gap of each to the largest.

    ``table`` is of ``scored``, with at least one row.
    """
    groups = fairness.groups_of(table, by, threshold)
    named = [group for group in groups if group.group != NOT_RECORDED]
    gaps = []
    if named:
        largest = max(named, key=lambda group: group.people).group
        for group in named:
            if group.group != largest:
                gaps += fairness.gaps_of(table, by, largest, group.group, threshold)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Review(
        fairness.SCHEMA, card.name, COLLECTION, TITLE, threshold, "of this collection", COMMAND,
        "", today, (fairness.group_figures(table, "all", "all", threshold), *groups), tuple(gaps),
    )  # fmt: skip


def as_csv(found: Review) -> bytes:
    """A row a figure: of each group, then of each gap."""
    rows: list[Sequence[str | int | float | None]] = [_HEAD]
    for group in found.groups:
        for measure in (*MEASURES, "predicted", "observed"):
            rate: Rate | None = getattr(group, measure)
            verdict = fairness.beats_chance(rate) if measure == "auc" else ""
            rows.append(
                ("figure", group.by, group.group, "", measure, group.n, group.people,
                 group.malignant, *_numbers(rate), verdict, found.threshold, found.model)
            )  # fmt: skip
    for gap in found.gaps:
        rows.append(
            ("gap", gap.by, gap.first, gap.second, gap.measure, None, None, None,
             *_numbers(gap.difference), gap.verdict, found.threshold, found.model)
        )  # fmt: skip
    return spreadsheet.as_csv(rows)


def _numbers(rate: Rate | None) -> tuple[float | None, ...]:
    if rate is None:
        return None, None, None
    return round(rate.value, 4), round(rate.low, 4), round(rate.high, 4)
