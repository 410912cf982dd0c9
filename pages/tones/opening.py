"""What the page opens with: one picture of both rates by skin type, and what it lets one say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import streamlit as st

from core.fairness.groups import CANT_TELL, GroupFigures
from core.fairness.review import Review
from core.statistics.estimates import Rate, decimal, percent
from pages.components import figure, text_table
from pages.tones import groups, type_chart
from pages.tones.groups import NOT_RUN

TYPE, EVERYBODY = "fitzpatrick", "all"
LIGHT, DARK = "I-II", "V-VI"
_HALF = 0.5


def show(reviews: list[Review]) -> None:
    """Draw the sentence, both charts, and the tables folded."""
    typed = [review for review in reviews if _dark(review)] or [
        review for review in reviews if any(group.by == TYPE for group in review.groups)
    ]
    if not typed:
        st.info(NOT_RUN)
        return
    titles = {review.collection: review.title for review in typed}
    collection = next(iter(titles))
    here = [review for review in typed if review.collection == collection]
    first, *rest = sentences(here)
    st.markdown(" ".join([f"**{first}**", *rest]))
    left, right = st.columns(2, gap="medium")
    for place, measure in ((left, "sensitivity"), (right, "specificity")):
        rows = groups.table(here, TYPE, measure).dropna(subset=["value"])
        if measure == "sensitivity":
            rows = pd.concat([rows, type_chart.reports()], ignore_index=True)
        figure.show(
            type_chart.plot(rows, measure), title(rows, measure), rows, f"skin-type-{measure}",
            place,
        )  # fmt: skip
    st.caption(
        f"{titles[collection]}, by recorded Fitzpatrick type, at each model's own threshold. Bars "
        "are 95\N{NO-BREAK SPACE}% intervals, from drawing people. The report's nine are "
        "malignant lesions on "
        "darker skin; with no benign picture among them they have a sensitivity alone."
    )
    with st.expander("All collections as tables", icon=":material/table:"):
        _tables(reviews)


def finding(reviews: Sequence[Review]) -> str:
    """What one collection's reviews say, in a paragraph."""
    return " ".join(sentences(reviews))


def sentences(reviews: Sequence[Review]) -> list[str]:
    """What one collection's reviews say, at least one sentence, the finding first.

    Who only raises alarm, who tells lesions apart, and whether skin types are served alike.
    """
    whole = [(review, group) for review in reviews if (group := _all(review)) is not None]
    alarmists = [(review, group) for review, group in whole if only_alarms(group)]
    told = []
    if alarmists:
        names = _listed(review.model for review, _ in alarmists)
        found = _range(group.sensitivity for _, group in alarmists)
        cleared = _range(group.specificity for _, group in alarmists)
        told.append(
            f"{names} {_verb(alarmists, 'find')} {found} of 100 malignant lesions and "
            f"{_verb(alarmists, 'clear')} {cleared} of 100 benign ones: not far from always "
            "saying malignant."
        )
    for review, group in whole:
        if not only_alarms(group) and group.sensitivity and group.specificity:
            told.append(
                f"{review.model} finds {_hundred(group.sensitivity, 'malignant lesions')} and "
                f"clears {_hundred(group.specificity, 'benign ones')}. "
                f"{served_alike(review)}".strip()
            )
    return told or ["Too few people were seen to say anything."]


def only_alarms(group: GroupFigures) -> bool:
    """Whether a network only raises alarm, at benign lesions as at malignant ones.

    It finds more than half of the malignant by calling more than half of the benign so, as far as
    both intervals tell.
    """
    if group.sensitivity is None or group.specificity is None:
        return False
    return group.sensitivity.low > _HALF and group.specificity.high < _HALF


def served_alike(review: Review) -> str:
    """Whether light and dark skin are served alike, in ranking, as far as the interval tells."""
    gap = next(
        (g for g in review.gaps
         if (g.by, g.measure, g.first, g.second) == (TYPE, "auc", LIGHT, DARK)), None,
    )  # fmt: skip
    if gap is None:
        return ""
    dark = next((g for g in review.groups if (g.by, g.group) == (TYPE, DARK)), None)
    if gap.difference is None or gap.verdict == CANT_TELL:
        apart = gap.difference
        figures = "" if apart is None else f": the AUCs differ by {decimal(apart)}"
        return (
            f"Whether it serves {DARK} as well as {LIGHT}, the {dark.n if dark else 0} pictures of "
            f"{DARK} can't tell{figures}."
        )
    better = LIGHT if gap.difference.value > 0 else DARK
    return f"It serves {better} better: {LIGHT} minus {DARK} is AUC {decimal(gap.difference)}."


def title(rows: pd.DataFrame, measure: str) -> str:
    """What a chart shows, from its own figures."""
    ours = rows[rows["group"] != type_chart.NINE]
    if not len(ours):
        return "No group has enough people for this figure"
    low, high = 100 * ours["value"].min(), 100 * ours["value"].max()
    what = "Malignant lesions found" if measure == "sensitivity" else "Benign lesions cleared"
    return f"{what}: {low:.0f} to {high:.0f}\N{NO-BREAK SPACE}% by network and skin type"


def _tables(reviews: list[Review]) -> None:
    heads = ("model", "type", "n", "malignant", "sensitivity", "specificity", "AUC")
    for name in sorted({review.title for review in reviews}):
        st.markdown(f"**{name}**")
        rows = [
            _row(review.model, group)
            for review in reviews if review.title == name
            for group in review.groups if group.by in (EVERYBODY, TYPE)
        ]  # fmt: skip
        text_table.show(heads, rows, f"Every model's figures by recorded type: {name}.")
    st.caption(
        "In brackets 95\N{NO-BREAK SPACE}% intervals, from drawing people, not pictures; a dash "
        "where a group has "
        "too few people for a figure. An AUC of 0.5 is a coin's."
    )


def _row(model: str, group: GroupFigures) -> tuple[str, ...]:
    return (
        model, group.group, f"{group.n:,}", f"{group.malignant:,}",
        percent(group.sensitivity), percent(group.specificity), decimal(group.auc),
    )  # fmt: skip


def _dark(review: Review) -> bool:
    """Whether a sensitivity on dark skin is known here."""
    return any(g.by == TYPE and g.group == DARK and g.sensitivity for g in review.groups)


def _all(review: Review) -> GroupFigures | None:
    return next((group for group in review.groups if group.by == EVERYBODY), None)


def _range(rates: Iterable[Rate | None]) -> str:
    found = sorted({round(100 * rate.value) for rate in rates if rate})
    return f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _hundred(rate: Rate, what: str) -> str:
    return f"{100 * rate.value:.0f} of 100 {what} ({100 * rate.low:.0f} to {100 * rate.high:.0f})"


def _verb(subjects: Sequence[object], verb: str) -> str:
    return verb if len(subjects) > 1 else f"{verb}s"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
