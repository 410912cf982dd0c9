"""The line under every page."""

import streamlit as st


def show() -> None:
    """Draw the line."""
    st.divider()
    st.caption(
        "For teaching and research. Not a medical device, not for diagnosis. "
        "Non-commercial: the pictures it learned from are under CC BY-NC 4.0."
    )
