"""The answer, in a box: one sentence, one bar, and how far to believe it."""

from __future__ import annotations

import streamlit as st

from core.answers import Answer
from core.results import Card
from pages.components import wording

_HEADINGS: dict[Answer, str] = {
    "malignant": ":material/flag: More like a malignant lesion",
    "benign": ":material/radio_button_unchecked: More like a benign lesion",
}


def show(answer: Answer, probability: float, drawn: bool) -> None:
    """Draw the verdict of one picture."""
    with st.container(border=True):
        st.subheader(_HEADINGS[answer], anchor=False)
        chance = wording.chance(probability)
        st.markdown(
            f"To this model, the picture looks **more {answer} than "
            f"{'benign' if answer == 'malignant' else 'malignant'}**. It puts the chance that "
            f"the lesion is malignant (cancerous) at **{chance}**."
        )
        st.progress(min(max(probability, 0.0), 1.0), text=f"Chance of malignant: {chance}")
        if drawn:
            st.markdown("But this is a drawing: there is nothing here to be malignant or benign.")
        st.markdown("**This is not a diagnosis**, and a low number is no all-clear.")


def show_limits(card: Card) -> None:
    """How far to believe this model, in figures from its card."""
    st.markdown("##### How far to believe it")
    trained = (
        f"All it knows of skin are {card.training.n_train:,} pictures taken through a "
        "dermatoscope, the skin doctor's magnifier, nearly all of them of light skin."
    )
    sentences = [trained, wording.own_test(card), wording.phone_photos(card)]
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences if sentence))
    st.page_link("pages/about.py", label="All figures and limits", icon=":material/monitoring:")
