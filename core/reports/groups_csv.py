"""The figures of somebody's own collection by group, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

from core.fairness.groups import MEASURES, beats_chance
from core.fairness.review import Review
from core.reports import spreadsheet
from core.statistics.estimates import Rate

_HEAD = (
    "kind", "groups", "group", "compared_with", "measure", "n", "people", "malignant", "value",
    "low", "high", "verdict", "threshold", "model",
)  # fmt: skip


def as_csv(found: Review) -> bytes:
    """A row a figure: of each group, then of each gap."""
    rows: list[Sequence[str | int | float | None]] = [_HEAD]
    for group in found.groups:
        for measure in (*MEASURES, "predicted", "observed"):
            rate: Rate | None = getattr(group, measure)
            verdict = beats_chance(rate) if measure == "auc" else ""
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
