"""The photo and the answer beside it: what it is, why, and how often that was wrong."""

from __future__ import annotations

import streamlit as st

from core.assessment.in_words import BELOW, NO_DIAGNOSIS, AnswerInWords
from pages.components import doctor_checklist
from pages.photo.look import PhotoLook

ICONS = {
    "malignant": ":material/flag:",
    "benign": ":material/radio_button_unchecked:",
    "uncertain": ":material/help:",
}


def picture(look: PhotoLook) -> None:
    """Draw the photo as it is."""
    with st.container(key="photo-shown"):
        st.image(look.kept.jpeg, alt="Your photo.")


def show(said: AnswerInWords) -> None:
    """Draw the answer, what to do with it, its reason, its worth in tests, and its warnings.

    A picture that was stopped and is shown all the same keeps its reason above the answer. Other
    warnings come below: a phone shows the answer without scrolling.
    """
    first = said.warnings[:1] if said.anyway else ()
    if first:
        st.warning(first[0], icon=":material/warning:")
    st.header(f"{ICONS['uncertain' if said.anyway else said.answer]} {said.heading}", anchor=False)
    step = said.next_step.replace(BELOW, f"[{BELOW}](#{doctor_checklist.ANCHOR})")
    st.markdown(f"{step}  \n{said.chance}")  # one element: a gap less on a phone
    st.markdown(said.reason)
    told = (*said.facts, *said.counted[:1])
    if told:
        st.markdown("\n".join(f"- {fact}" for fact in told))
    if said.bridge:
        st.markdown(said.bridge)
    st.markdown(NO_DIAGNOSIS)
    rest = said.warnings[len(first) :]
    if rest:
        st.warning("\n".join(f"- {one}" for one in rest), icon=":material/warning:")


def show_limits(said: AnswerInWords) -> None:
    """How far to believe this model, in figures from its card."""
    # a photo that isn't judged has no answer's heading above this one
    st.markdown(f"{'##' if said.stopped else '###'} How far to believe it")
    st.markdown("\n".join(f"- {sentence}" for sentence in said.limits))
    st.page_link("pages/about.py", label="All figures and limits", icon=":material/monitoring:")
