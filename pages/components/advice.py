"""When to see a doctor: the same list whatever a model says."""

from __future__ import annotations

import streamlit as st

SIGNS = (
    "it is new, or is changing in size, shape or colour",
    "its halves do not match, or its edge is ragged or blurred",
    "it has several colours, or is larger than 6 mm (a pencil's end)",
    "it itches, hurts, bleeds, crusts, or has not healed after four weeks",
    "it looks unlike all your other moles, or simply worries you",
)
SOURCES = (
    "[American Academy of Dermatology, the ABCDEs of melanoma]"
    "(https://www.aad.org/public/diseases/skin-cancer/find/at-risk/abcdes) and "
    "[NHS, skin cancer](https://www.nhs.uk/conditions/melanoma-skin-cancer/symptoms/)"
)


def show() -> None:
    """Draw the list."""
    st.markdown("##### Whatever the model says: see a doctor about a spot if")
    st.markdown("\n".join(f"- {sign}." for sign in SIGNS))
    st.caption("On dark skin look at palms, soles and under the nails too.")
    st.markdown(f"After {SOURCES}.")  # not a caption: links would be too pale in it
