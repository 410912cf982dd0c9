"""The answer as people can count it: how many of a thousand pictures with it are malignant."""

from __future__ import annotations

import streamlit as st

from core.assessment.in_words import OF, AnswerInWords, Frequency
from core.reports import icon_array
from core.reports.icon_array import Group

WHERE = ("In a practice", "In its test")


@st.fragment
def show(said: AnswerInWords) -> None:
    """Draw the dots at one prevalence, to change, and the numbers of both.

    Draws nothing where the card has no such test. A fragment: nothing else is drawn again.
    """
    if not said.frequencies:
        return
    st.markdown(f"### Of {OF:,} pictures that get this answer")
    way = st.segmented_control(
        "Where the pictures come from", WHERE, default=WHERE[0], required=True,
        key="thousand", label_visibility="collapsed",
    )  # fmt: skip
    chosen = said.frequencies[WHERE.index(way)]
    words = said.counted[WHERE.index(way)]
    st.image(
        icon_array.drawn_file(tuple(groups(chosen))), width="stretch", output_format="PNG",
        alt=words.replace("**", ""),
    )  # fmt: skip
    st.markdown(
        f"{words} In brackets the 95\N{NO-BREAK SPACE}% interval; each cross is a malignant one."
    )
    rows = [f"| {name} | {one.words} |" for name, one in zip(WHERE, said.frequencies, strict=True)]
    # In Markdown: st.dataframe would cost each server 80 MB from its first check on.
    st.markdown("\n".join([f"| where | malignant of {OF:,} |", "|:--|:--|", *rows]))


def groups(frequency: Frequency) -> list[Group]:
    """The marks: a cross for each malignant picture, a dot for each benign one."""
    return [
        Group("malignant", frequency.count, "cross"),
        Group("benign", OF - frequency.count, "dot"),
    ]
