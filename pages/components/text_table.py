"""A table that scrolls in its own box where the screen is narrower, from the keyboard too.

In Markdown the page itself would scroll sideways.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st


def show(heads: Sequence[str], rows: Sequence[Sequence[str]], alt: str) -> None:
    """Draw a table of texts; ``alt`` says what it holds to whoever can't see it."""
    st.dataframe(pd.DataFrame(rows, columns=list(heads)), hide_index=True, alt=alt)
