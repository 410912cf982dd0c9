"""A table that scrolls in its own box where the screen is narrower, from the keyboard too; in
Markdown the page itself would scroll sideways."""

from __future__ import annotations

import pandas as pd
import streamlit as st


def show(markdown: str, alt: str) -> None:
    """Draw a Markdown table: a head, a line of dashes, a line a row; no bar within a cell.

    ``alt`` says what it holds to whoever can't see it.
    """
    head, _, *rows = (
        [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        for line in markdown.strip().splitlines()
    )
    st.dataframe(pd.DataFrame(rows, columns=head), hide_index=True, alt=alt)
