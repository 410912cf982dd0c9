"""The answer, in a box: one sentence, one bar, and how far to believe it."""

from __future__ import annotations

import streamlit as st

from core.assessment.assess import Assessment
from core.labels import Answer
from core.results.card import Card
from core.results.collections import PHONE_SETS
from core.results.test_sets import OFFICIAL
from pages.components import wording

_HEADINGS: dict[str, str] = {
    "malignant": ":material/flag: Looks suspicious to this model",
    "benign": ":material/radio_button_unchecked: Looks benign to this model",
    "uncertain": ":material/help: This model can't tell",
}
_PRACTICE = 0.01  # share of malignant lesions in a general practice, about


def show(found: Assessment, leaning: Answer, drawn: bool, card: Card) -> None:
    """Draw the verdict of one picture; ``leaning`` is the likelier class of the two.

    A picture of a kind that the model does not judge keeps its warning above whatever it says.
    Other warnings come below: a phone shows the answer without scrolling.
    """
    warnings = () if drawn else found.warnings
    if warnings:
        st.warning(warnings[0], icon=":material/warning:")
    with st.container(border=True):
        st.header(_HEADINGS[found.shown_anyway], anchor=False)
        chance = wording.chance(found.probability)
        st.markdown(
            f"To this model, the picture looks **more {leaning} than "
            f"{'benign' if leaning == 'malignant' else 'malignant'}**. It puts the chance that "
            f"the lesion is malignant (cancerous) at **{chance}**."
        )
        st.progress(min(max(found.probability, 0.0), 1.0), text=f"Chance of malignant: {chance}")
        if drawn:
            st.markdown("But this is a drawing: there is nothing here to be malignant or benign.")
        elif found.answer == "not judged":
            st.markdown("Shown all the same, but this is **no picture that the model can judge**.")
        else:
            st.markdown(in_people(found, card))
        st.markdown("**This is not a diagnosis**, and a low number is no all-clear.")
    if warnings[1:]:
        st.warning("\n".join(f"- {one}" for one in warnings[1:]), icon=":material/warning:")


def in_people(found: Assessment, card: Card) -> str:
    """The answer as natural frequencies; empty where the model was tested on no such picture.

    They are from its test on pictures of that kind.
    """
    own_cuts = card.limits is not None and found.kind in card.limits.answers_by_kind
    tests = PHONE_SETS if own_cuts else (OFFICIAL,)
    checks = card.limits.answer_checks if card.limits else {}
    test, answer = next((checks[t] for t in tests if t in checks), None), found.answer
    if test is None or answer not in test.malignant_among:
        return ""
    sick, well = (test.given[answer][label].value for label in ("malignant", "benign"))
    hits, alarms = sick * _PRACTICE, well * (1 - _PRACTICE)
    if not hits + alarms:
        return ""
    share = test.malignant_among[answer]
    return (
        f"Of 1,000 pictures in its test that got this answer, about **{1000 * share.value:.0f}** "
        f"were malignant ({1000 * share.low:.0f} to {1000 * share.high:.0f}; n {share.n}). Where 1 "
        "in 100 lesions is malignant, as in a general practice, it would be about "
        f"**{1000 * hits / (hits + alarms):.0f}** of 1,000."
    )


def show_limits(card: Card) -> None:
    """How far to believe this model, in figures from its card."""
    st.markdown("### How far to believe it")
    sentences = [wording.trained_on(card), wording.own_test(card), wording.phone_photos(card)]
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences if sentence))
    st.page_link("pages/about.py", label="All figures and limits", icon=":material/monitoring:")
