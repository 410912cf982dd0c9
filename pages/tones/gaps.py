"""Whether two groups are served alike: a forest plot, and how many more pictures would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.fairness import groups, more_pictures
from core.fairness.review import Review
from pages.components import figure, forest

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    "auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity", "ece": "ECE",
}  # fmt: skip


def show(reviews: list[Review], by: str, measure: str) -> None:
    """Draw the gaps of one measure for the groups ``by``, and what is open."""
    of_measure = [(review, gap) for review in reviews for gap in review.gaps
                  if gap.by == by and gap.measure == measure]  # fmt: skip
    if not of_measure:
        return
    st.markdown("## Are they served alike?")
    rows = gap_rows(reviews, by, measure)
    if len(rows):
        plot = forest.plot(rows, f"difference in {NAMES[measure]}", 0.0, "model")
        figure.show(plot, gap_title(rows, measure), rows, f"gaps-{by}-{measure}")
    wanted = [(review, found) for review, gap in of_measure
              if (found := more_pictures.wanted(gap, review.groups))]  # fmt: skip
    if wanted:
        several = len(reviews) > 1  # then it is a line for each: folded
        heading = "What these pictures can't tell, and how many more would"
        place = st.expander(heading, icon=":material/add_a_photo:") if several else st.container()
        if not several:
            place.markdown(f"**{heading}:**")
        place.markdown(
            "\n".join(
                f"- {f'{review.model}, ' if several else ''}{more_pictures.in_words(found)}"
                for review, found in wanted
            )
        )
    st.caption(
        "A full mark: the 95\N{NO-BREAK SPACE}% interval spares 0. A hollow one: it holds 0, so "
        "these pictures "
        "can't tell. Of many comparisons one in twenty comes out wrong by chance. How many more "
        "is reckoned by the width of the interval: a plan, not a promise."
    )


def gap_rows(reviews: list[Review], by: str, measure: str) -> pd.DataFrame:
    """A row a model and pair of groups: name, model, value, low, high, told, verdict.

    Those of which no figure can be given are left out.
    """
    import pandas as pd

    rows = [
        (f"{gap.first} minus {gap.second}", review.model, gap.difference.value, gap.difference.low,
         gap.difference.high, gap.verdict != groups.CANT_TELL, gap.verdict)
        for review in reviews for gap in review.gaps
        if gap.by == by and gap.measure == measure and gap.difference
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "model", "value", "low", "high", "told", "verdict"])


def gap_title(rows: pd.DataFrame, measure: str) -> str:
    """What the gaps say, counted."""
    told = int(rows["told"].sum())
    return f"{told or 'Not one'} of {len(rows)} gaps in {NAMES[measure]} can be told from none"
