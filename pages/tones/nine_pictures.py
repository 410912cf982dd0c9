"""The report's nine pictures of darker skin as numbers, beside what was measured on hundreds."""

from __future__ import annotations

import streamlit as st

from core.fairness.groups import GroupFigures
from core.fairness.review import Review
from core.results import published
from core.statistics.estimates import decimal, percent
from core.statistics.metrics import wilson
from pages.components import text_table
from pages.tones.groups import NOT_RUN


def show(reviews: list[Review]) -> None:
    """Draw the nine with their intervals, the question they raise, and our own figures."""
    st.markdown("## Nine malignant lesions on darker skin, as the report tested them")
    lines = ["| network | found | share, with its 95 % interval |", "|:--|--:|--:|"]
    for name, count in published.FOUND_OF_NINE.items():
        rate = percent(wilson(count, published.NINE))
        lines.append(f"| {name} | {count} of {published.NINE} | {rate} |")
    always = percent(wilson(published.NINE, published.NINE))
    lines.append(f"| always says 'malignant' | {published.NINE} of {published.NINE} | {always} |")
    st.markdown("\n".join(lines))
    st.markdown(
        "**What would a model that always says malignant score?** All nine. With no benign picture "
        "among them, the nine can't tell a network that sees from one that always raises alarm. "
        "Benign pictures can: look at **specificity** below."
    )
    st.markdown("## The same networks on pictures they never saw")
    if not reviews:
        st.info(NOT_RUN)
        return
    for title in sorted({review.title for review in reviews}):
        st.markdown(f"**{title}**")
        rows = [
            _row(review.model, group)
            for review in reviews if review.title == title
            for group in review.groups if group.by in ("all", "fitzpatrick")
        ]  # fmt: skip
        heads = ("model", "type", "n", "malignant", "sensitivity", "specificity", "AUC")
        text_table.show(heads, rows, f"Every model's figures by recorded type: {title}.")
    st.caption(
        "By recorded Fitzpatrick type where it is recorded. In brackets 95 % intervals, from "
        "drawing people, not pictures; a dash where a group has too few people for a figure. "
        "An AUC of 0.5 is a coin's."
    )


def _row(model: str, group: GroupFigures) -> tuple[str, ...]:
    return (
        model, group.group, f"{group.n:,}", f"{group.malignant:,}",
        percent(group.sensitivity), percent(group.specificity), decimal(group.auc),
    )  # fmt: skip
