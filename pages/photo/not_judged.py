"""The stop: a picture that the model can't judge gets no answer, but why, and what to do."""

from __future__ import annotations

import streamlit as st

from core.assessment.in_words import Said
from pages.components.visit import Sent

ANYWAY = "Show it anyway"
_STATE = "shown_anyway"  # the one photo that this visitor wants an answer for all the same


def anyway(sent: Sent) -> bool:
    """Whether this visitor wants an answer for this photo even if it is stopped.

    The choice is for one photo alone: the next one is stopped again.
    """
    return bool(st.session_state.get(_STATE) == sent.id)


def show(said: Said, sent: Sent) -> None:
    """Draw the reason, what to do, and the choice to go on."""
    st.warning(f"**No answer for this picture.** {said.reason}", icon=":material/front_hand:")
    if said.warnings:
        st.markdown("\n".join(f"- {sentence}" for sentence in said.warnings))
    st.button(ANYWAY, icon=":material/visibility:", on_click=_go_on, args=(sent.id,))
    st.caption("The answer may then mean nothing; the warning stays with it.")


def _go_on(photo: str) -> None:
    st.session_state[_STATE] = photo
