"""How a page uses the screen: no empty band on top, and pictures that a projector shows whole."""

from __future__ import annotations

import streamlit as st

# Streamlit leaves 96 pixels above a page for a toolbar that is hidden here, and a level-1 title
# another 40: on a projector of 768 lines that is a fifth of what a class sees.
_COMPACT = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 4.25rem; padding-bottom: 2rem; }
[data-testid="stMainBlockContainer"] h1 { font-size: 1.6rem; padding: 0 0 0.25rem; }
@media (min-width: 640px) {
    [data-testid="stMainBlockContainer"] { padding-left: 2.5rem; padding-right: 2.5rem; }
}
</style>"""
# ``around`` is what stands over and under the picture, so that it ends above the window's edge;
# on a phone it is as wide as the screen.
_WHOLE = """<style>
.st-key-{key} img {{
    height: min(calc(100vh - {around}rem), 100vw - 2rem); min-height: 14rem; width: auto !important;
    max-width: 100%; object-fit: contain; object-position: left top;
}}
</style>"""


def compact() -> None:
    """Draw the page without the empty band on top, as wide as the screen."""
    st.html(_COMPACT)


def whole(key: str, around: float) -> None:
    """Draw the picture in the container called ``key`` as high as the window, less ``around``
    rem."""
    st.html(_WHOLE.format(key=key, around=around))
