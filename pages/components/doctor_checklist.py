"""When to see a doctor: the same check list whatever a model says."""

from __future__ import annotations

import streamlit as st

TITLE = "Whatever the model says: see a doctor about a spot if"
# As streamlit makes it of the title.
ANCHOR = "whatever-the-model-says-see-a-doctor-about-a-spot-if"
# The first five are the ABCDE of melanoma.
SIGNS = (
    "Asymmetry: its halves do not match",
    "Border: its edge is ragged, notched or blurred",
    "Colour: it has several colours",
    "Diameter: it is larger than 6 mm (a pencil's end)",
    "Evolving: it is new, or is changing in size, shape or colour",
    "It itches, hurts, bleeds, crusts, or has not healed after four weeks",
    "It looks unlike all your other moles, or simply worries you",
)
SHOW_IT = "**Show it to a doctor**, whatever the model says."
_TICKED = "signs ticked"
SOURCES = (
    "[American Academy of Dermatology, the ABCDEs of melanoma]"
    "(https://www.aad.org/public/diseases/skin-cancer/find/at-risk/abcdes) and "
    "[NHS, skin cancer](https://www.nhs.uk/conditions/melanoma-skin-cancer/symptoms/)"
)


def ticked() -> set[int]:
    """The numbers of the signs that this visitor has ticked: one set, which ``show`` fills anew.

    Whoever makes a file at a click, when no page is drawn, has it as it is then.
    """
    found: set[int] = st.session_state.setdefault(_TICKED, set())
    return found


@st.fragment
def show() -> None:
    """Draw the list. A fragment: a tick asks no model anything, and no number is made of ticks."""
    st.markdown(f"## {TITLE}")
    found = {i for i, sign in enumerate(SIGNS) if st.checkbox(sign, key=f"sign {i}")}
    kept = ticked()
    kept.clear()
    kept.update(found)
    if found:
        st.info(SHOW_IT, icon=":material/stethoscope:")
    st.caption(
        "One is enough; none is no all-clear. On dark skin look at palms, soles and under the "
        "nails too."
    )
    st.markdown(f"After {SOURCES}.")  # not a caption: links would be too pale in it
