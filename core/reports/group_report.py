"""One or two pages of PDF about a model on groups of people, made in memory when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.fairness import groups
from core.fairness.groups import GroupFigures
from core.fairness.review import Review
from core.reports.pdf import begin, end, latin, words
from core.reports.stand_ins import StandIns
from core.statistics import intervals
from core.statistics.estimates import decimal, percent

if TYPE_CHECKING:
    from fpdf import FPDF

TITLE = "Lesion check: how a model does on groups of people"
PAGES = 2
_SIZES = (9.0, 8.0, 7.0, 6.0)  # points: the largest with which two pages are enough
_HEAD = (
    "group", "pictures", "people", "malignant", "sensitivity", "specificity", "AUC", "ECE",
    "predicted", "observed",
)  # fmt: skip
_WIDTHS = (34, 14, 13, 16, 33, 33, 33, 33, 29, 29)  # mm; A4 across has 267
_NAMES = {"auc": "AUC", "ece": "ECE"}
LIMITS = (
    f"In brackets 95\N{NO-BREAK SPACE}% intervals, from drawing people anew "
    f"{intervals.RESAMPLES:,} times. A dash: "
    f"fewer than {groups.LEAST} people of the class that the figure is about.",
    "'Can't tell' where an interval holds 0, or a group is too small. Of many comparisons one in "
    "twenty comes out wrong by chance.",
    "Predicted is the mean chance of malignant that the model gives, observed the share that is "
    "malignant. A group's figures depend on who is in it, and on how its pictures were taken.",
)


@dataclass(frozen=True)
class GroupReport:
    """What goes onto the pages; ``by`` is the column of groups, ``notes`` are plain sentences."""

    review: Review
    by: str
    model: str
    notes: tuple[str, ...]


def write(report: GroupReport) -> bytes:
    """The PDF, in English, across A4. It names no person, place, time or program.

    Raises ``ValueError`` if it would need more than two pages.
    """
    for size in _SIZES:
        pdf = _pages(report, size)
        if pdf.page <= PAGES:
            return bytes(pdf.output())
    raise ValueError("the report does not fit on two pages")


def _pages(report: GroupReport, size: float) -> FPDF:
    review = report.review
    everybody = review.groups[0]
    rows = [group for group in review.groups if group.by in ("all", report.by)]
    letters = StandIns([report.by, *(group.group for group in rows)])
    table = [tuple(map(letters, cells)) for cells in (_HEAD, *map(_cells, rows))]
    gaps, notes = list(map(letters, _gaps(review))), list(map(letters, report.notes))
    by, model = letters(report.by), letters(report.model)
    pdf = begin(TITLE, review.date, "landscape")
    words(pdf, f"{review.date}. Model: {model}.", size)
    words(
        pdf,
        f"{review.title}: {everybody.n:,} pictures of {everybody.people:,} people, "
        f"{everybody.malignant:,} of them malignant, grouped by '{by}'. Malignant is "
        f"answered from a chance of {100 * review.threshold:.0f}\N{NO-BREAK SPACE}% up.",
        size,
    )
    pdf.ln(2)
    _table(pdf, table, size)
    lists = (
        ("Are they served alike?", gaps),
        ("What to know about the pictures", [*letters.legend(), *notes]),
        ("How far to believe it", LIMITS),
    )
    end(pdf, lists, size)
    return pdf


def _table(pdf: FPDF, rows: list[tuple[str, ...]], size: float) -> None:
    pdf.set_font("helvetica", "", size - 1)
    align = ("LEFT", *("RIGHT",) * (len(_HEAD) - 1))
    with pdf.table(
        col_widths=_WIDTHS, text_align=align, line_height=size * 0.5, borders_layout="MINIMAL"
    ) as table:
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(latin(cell))


def _cells(group: GroupFigures) -> tuple[str, ...]:
    return (
        group.group, f"{group.n:,}", f"{group.people:,}", f"{group.malignant:,}",
        percent(group.sensitivity), percent(group.specificity), decimal(group.auc),
        decimal(group.ece), percent(group.predicted), percent(group.observed),
    )  # fmt: skip


def _gaps(review: Review) -> list[str]:
    """A line for each two groups: all measures in it."""
    found: dict[tuple[str, str], list[str]] = {}
    for gap in review.gaps:
        measure = _NAMES.get(gap.measure, gap.measure)
        figure = "" if gap.difference is None else f" {decimal(gap.difference)},"
        found.setdefault((gap.first, gap.second), []).append(f"{measure}{figure} {gap.verdict}")
    return [f"{a} minus {b}: {'; '.join(parts)}." for (a, b), parts in found.items()]
