"""A table that scrolls in its own box where the screen is narrower, from the keyboard too.

In Markdown the page itself would scroll sideways. A table that fits a phone is better in Markdown:
this one brings pandas, 80 MB of the server's memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def show(heads: Sequence[str], rows: Sequence[Sequence[str]], alt: str) -> None:
    """Draw a table of texts; ``alt`` says what it holds to whoever can't see it."""
    import pandas as pd

    st.dataframe(pd.DataFrame(rows, columns=list(heads)), hide_index=True, alt=alt)
