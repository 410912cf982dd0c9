"""Figures by group of people: a chart, its table, the gaps, and what the data can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core import published
from core.fairness import GroupFigures, LesionShare, Retoning, Review
from core.results import Rate, decimal, percent
from pages.components import charts

if TYPE_CHECKING:
    import pandas as pd

NOT_RUN = "Not run yet: `python -m training.fairness --model resnet18 --data FOLDER`"
_BY = {"fitzpatrick": "skin type (Fitzpatrick)", "sex": "sex", "age": "age", "site": "body site"}
_MEASURES = {
    "auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity", "ece": "ECE",
}  # fmt: skip


def show(reviews: list[Review]) -> None:
    """Draw one collection's groups for all models that were reviewed on it."""
    if not reviews:
        st.info(NOT_RUN)
        return
    titles = {review.collection: review.title for review in reviews}
    collection = st.selectbox("Pictures", list(titles), format_func=titles.get)
    here = [review for review in reviews if review.collection == collection]
    kinds = [k for k in _BY if any(group.by == k for review in here for group in review.groups)]
    if not kinds:
        st.info("No groups of people are recorded for these pictures.")
        return
    left, right = st.columns(2)
    by = left.selectbox("Groups", kinds, format_func=_BY.get)
    measure = right.selectbox("Measure", list(_MEASURES), format_func=_MEASURES.get)
    rows = table(here, by, measure)
    known = rows.dropna(subset=["value"])
    if len(known):
        st.plotly_chart(charts.by_group(known, _MEASURES[measure]), width="stretch")
    else:
        st.info("No group has enough people of the class that this measure is about.")
    _as_text(here, by, measure)
    _gaps(here, by, measure)
    _shares(here)
    _retoning(here)
    if by == "fitzpatrick":
        pairs = " and ".join(f"{auc:.2f} on {pair}" for pair, auc in published.DDI_AUC.items())
        st.caption(
            f"Published, on other pictures: a network trained on HAM10000 reached an AUC of {pairs}"
            " (Daneshjou et al., *Science Advances* 8, eabq6147, 2022)."
        )


def table(reviews: list[Review], by: str, measure: str) -> pd.DataFrame:
    """A row a model and group: model, group, n, value, low, high; no value where none is given."""
    import pandas as pd

    rows = []
    for review in reviews:
        for group in review.groups:
            if group.by == by:
                rate: Rate | None = getattr(group, measure)
                found = (rate.value, rate.low, rate.high) if rate else (None, None, None)
                rows.append((review.model, group.group, group.n, *found))
    columns = ["model", "group", "n", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], float))


def _as_text(reviews: list[Review], by: str, measure: str) -> None:
    lines = [
        f"| model | group | n | people | malignant | {_MEASURES[measure]} | predicted | observed |",
        "|:--|:--|--:|--:|--:|--:|--:|--:|",
    ]
    for review in reviews:
        for group in review.groups:
            if group.by == by:
                lines.append(f"| {review.model} | {group.group} | {_cells(group, measure)} |")
    st.markdown("\n".join(lines))
    st.caption(
        "Predicted is the mean chance of malignant that the model gives, observed the share that "
        "is malignant. A dash: fewer than ten people of the class that the figure is about."
    )


def _cells(group: GroupFigures, measure: str) -> str:
    rate: Rate | None = getattr(group, measure)
    shown = percent(rate) if measure in ("sensitivity", "specificity") else decimal(rate)
    counts = f"{group.n:,} | {group.people:,} | {group.malignant:,}"
    return f"{counts} | {shown} | {percent(group.predicted)} | {percent(group.observed)}"


def _gaps(reviews: list[Review], by: str, measure: str) -> None:
    lines = []
    for review in reviews:
        for gap in review.gaps:
            if gap.by == by and gap.measure == measure:
                lines.append(
                    f"- **{review.model}**, {gap.first} minus {gap.second}: "
                    f"{decimal(gap.difference)}: **{gap.verdict}**."
                )
    if lines:
        st.markdown("##### Are they served alike?")
        st.markdown("\n".join(lines))
        st.caption("'Can't tell' where the 95 % interval holds 0, or a group is too small.")


def _shares(reviews: list[Review]) -> None:
    rows = [(review.model, share) for review in reviews for share in review.shares]
    if not rows:
        return
    st.markdown("##### How much of the saliency map lies on the lesion?")
    lines = [
        "| model | type | n | on the lesion | lesion's area (chance) | mean map | verdict |",
        "|:--|:--|--:|--:|--:|--:|:--|",
        *(f"| {model} | {_share(share)} |" for model, share in rows),
    ]
    st.markdown("\n".join(lines))
    st.caption(
        "Against masks drawn by people. 'Mean map' is what the model's average map, which knows "
        "where lesions usually lie but not this picture, has on the lesion: a map worth more than "
        "habit has to beat that too."
    )


def _share(share: LesionShare) -> str:
    rates = " | ".join(percent(rate) for rate in (share.share, share.area, share.elsewhere))
    return f"{share.group} | {share.n:,} | {rates} | {share.verdict}"


def _retoning(reviews: list[Review]) -> None:
    lines = [
        f"- **{review.model}**: {_simulated(review.retoning)}"
        for review in reviews
        if review.retoning
    ]
    if lines:
        st.markdown("##### Does the simulation of darker skin agree with people?")
        st.markdown("\n".join(lines))


def _simulated(found: Retoning) -> str:
    real = f"V-VI minus I-II is {decimal(found.real)}" if found.real else "no gap could be measured"
    return (
        f"re-toning {found.n:,} pictures of {found.group} to {found.tone} changes the AUC by "
        f"{decimal(found.simulated)}; between people, {real}. Same direction: **{found.answer}**."
    )
