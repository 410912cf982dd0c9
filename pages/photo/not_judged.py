"""The stop: a picture that the model can't judge gets no answer, but why, and what to do."""

from __future__ import annotations

import streamlit as st

from core.assessment.assess import Assessment
from pages.components.uploader import Photo

ANYWAY = "Show it anyway"
_STATE = "shown_anyway"  # the one photo that this visitor wants an answer for all the same


def holds(found: Assessment, photo: Photo) -> bool:
    """Whether the picture is stopped; then the reason and the choice to go on are drawn.

    The choice is for this photo alone: the next one is stopped again. A drawing is never stopped:
    the page has said already that an answer about it means nothing.
    """
    if found.answer != "not judged" or photo.drawn or st.session_state.get(_STATE) == photo.id:
        return False
    first, *others = found.warnings
    reason, _, what_to_do = first.partition(". ")
    st.warning(
        f"**No answer for this picture.** {reason.removesuffix('.')}.", icon=":material/front_hand:"
    )
    # one sentence before the button, so that a phone shows it without scrolling
    st.button(ANYWAY, icon=":material/visibility:", on_click=_go_on, args=(photo.id,))
    st.caption("The answer may then mean nothing; the warning stays with it.")
    told = [sentence for sentence in (what_to_do, *others) if sentence]
    if told:
        st.markdown("\n".join(f"- {sentence}" for sentence in told))
    return True


def _go_on(photo: str) -> None:
    st.session_state[_STATE] = photo
