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
# ``above`` is what stands over and under the picture, so that it ends above the window's edge.
_WHOLE = """<style>
.st-key-{key} img {{
    width: auto !important; max-width: 100%; max-height: max(14rem, calc(100vh - {above}rem));
}}
</style>"""


def compact() -> None:
    """Draw the page without the empty band on top, as wide as the screen."""
    st.html(_COMPACT)


def whole(key: str, above: float) -> None:
    """Keep the pictures in the container called ``key`` within the window, less ``above`` rem."""
    st.html(_WHOLE.format(key=key, above=above))
