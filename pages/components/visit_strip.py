"""The strip under every page's title: your photo, change it, forget it."""

from __future__ import annotations

import streamlit as st

from pages.components import example_row, visit

_CHANGING = "visit changing"  # the photo in whose place another is about to be chosen


def show(*, picture: bool, here: bool) -> None:
    """Draw the strip; nothing where there is no photo.

    With a small ``picture`` on a page that does not show the photo anyway. Another photo is chosen
    ``here``, or else on the page 'Check a photo'.
    """
    sent = visit.photo()
    if sent is None:
        return
    changing = another_is_asked_for()
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="visit-strip"
    ):
        small = visit.thumbnail() if picture else None
        if small is not None:
            st.image(small, width=48, alt="Your photo, small.")
        what = "An example" if example_row.named(sent.source) else "Your photo"
        st.markdown(f"**{what}**" + (", a part" if sent.whole else ""))
        st.space("stretch")
        changed = st.button(
            "Keep" if changing and here else "Change", key="visit-change", type="tertiary",
            icon=":material/undo:" if changing and here else ":material/swap_horiz:",
            on_click=ask_for_another, args=(None if changing and here else sent.id,),
        )  # fmt: skip
        st.button(
            "Forget", key="visit-forget", type="tertiary", icon=":material/delete:",
            on_click=visit.forget, help="It goes from the server's memory at once.",
        )  # fmt: skip
    if changed and not here:
        st.switch_page("pages/check_a_photo.py")


def another_is_asked_for() -> bool:
    """Whether the visitor wants another photo in the place of the one there is."""
    sent = visit.photo()
    return sent is not None and st.session_state.get(_CHANGING) == sent.id


def ask_for_another(photo: str | None) -> None:
    """Another photo than the one with this id, or none, is asked for from now on."""
    st.session_state[_CHANGING] = photo
