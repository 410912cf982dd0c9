"""A table that scrolls by itself where the screen is narrower; in Markdown the page would."""

from __future__ import annotations

import pandas as pd
import streamlit as st


def show(markdown: str) -> None:
    """Draw a Markdown table: a head, a line of dashes, a line a row; no bar within a cell."""
    head, _, *rows = (
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in markdown.strip().splitlines()
    )
    st.table(pd.DataFrame(rows, columns=head).set_index(head[0]))
