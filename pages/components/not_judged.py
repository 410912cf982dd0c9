"""The stop: a picture that the model can't judge gets no answer, but why, and what to do.

Every page that looks at a visitor's picture asks this one gate, and says it in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.assessment import in_words
from core.assessment.in_words import AnswerInWords
from pages.components import uploader, visit, work_queue
from pages.components.visit import Sent

if TYPE_CHECKING:
    from core.assessment.assess import Assessment
    from core.classifier import Classifier

ANYWAY = "Show it anyway"
PART = "Use a part of it"
_STATE = "shown_anyway"  # the one photo that this visitor wants an answer for all the same
_ASSESSED = "assessed"
_MOST = 4  # assessments of a visit that are kept: a few numbers each


def anyway(sent: Sent) -> bool:
    """Whether this visitor wants an answer for this photo even if it is stopped.

    The choice is for one photo alone: the next one is stopped again.
    """
    return bool(st.session_state.get(_STATE) == sent.id)


def holds(model: Classifier, sent: Sent) -> bool:
    """Whether the picture is stopped here: then why is drawn, and the ways to go on.

    Shown all the same, it keeps its reason above what follows.
    """
    found = assessed(model, sent)
    said = in_words.say(found, model.answer(found.probability), model.card, anyway(sent))
    if said.stopped:
        small = visit.thumbnail()
        if small is not None and sent == visit.photo():
            st.image(small, width=128, alt="Your photo, small.")
        show(said, sent)
        if sent == visit.photo() and found.part_helps:
            st.page_link("pages/check_a_photo.py", label=PART, icon=":material/crop:")
    elif said.anyway:
        st.warning(said.warnings[0], icon=":material/warning:")
    return said.stopped


def doubt(model: Classifier, sent: Sent) -> str:
    """Why a further model's answer to this picture may mean nothing; empty where it may count."""
    found = assessed(model, sent)
    if model.card.limits is None or found.answer == "not judged":
        return found.warnings[0]
    return ""


def assessed(model: Classifier, sent: Sent) -> Assessment:
    """What the model takes the picture for: asked once, and kept for as long as the photo stays."""
    kept: dict[tuple[str, str], Assessment] = visit.kept().setdefault(_ASSESSED, {})
    key = (sent.id, model.card.name)
    if key not in kept:
        picture = uploader.opened(sent).image
        with work_queue.turn(), st.spinner("Looking at the picture."):
            keep(model, sent, model.assess(picture))
    return kept[key]


def known(model: Classifier, sent: Sent) -> bool:
    """Whether ``assessed`` has its answer already."""
    return (sent.id, model.card.name) in visit.kept().get(_ASSESSED, {})


def keep(model: Classifier, sent: Sent, found: Assessment) -> Assessment:
    """Keep what the model takes the picture for, for the other pages; give it as it is kept."""
    from core.assessment.assess import of_part

    if sent.whole is not None:
        found = of_part(found)
    kept: dict[tuple[str, str], Assessment] = visit.kept().setdefault(_ASSESSED, {})
    kept[sent.id, model.card.name] = found
    while len(kept) > _MOST:
        del kept[next(iter(kept))]
    return found


def show(said: AnswerInWords, sent: Sent) -> None:
    """Draw the reason, what to do, and the choice to go on."""
    st.warning(f"**No answer for this picture.** {said.reason}", icon=":material/front_hand:")
    if said.warnings:
        st.markdown("\n".join(f"- {sentence}" for sentence in said.warnings))
    st.button(ANYWAY, icon=":material/visibility:", on_click=_go_on, args=(sent.id,))
    st.caption("The answer may then mean nothing; the warning stays with it.")


def _go_on(photo: str) -> None:
    st.session_state[_STATE] = photo
