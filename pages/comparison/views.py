"""The views of 'Compare models', and the way from one to another."""

from __future__ import annotations

import streamlit as st

KEY = "compare"
FINDINGS, TABLE, SIZE, LEARNING, ONE, TWO, SEEDS, CLAIMS = (
    "Findings", "Table", "Size", "Learning", "One model", "Two models", "Left open",
    "The report's claims",
)  # fmt: skip
VIEWS = (FINDINGS, TABLE, SIZE, LEARNING, ONE, TWO, SEEDS, CLAIMS)


def offer(view: str) -> None:
    """Draw the button that leads to a view."""
    st.button(
        f"See '{view}'", icon=":material/arrow_forward:", key=f"to_{view}", type="tertiary",
        on_click=st.session_state.update, args=({KEY: view},),
    )  # fmt: skip
