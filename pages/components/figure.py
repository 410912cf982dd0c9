"""A chart as every page draws one: a title that says what is found, PNG and CSV to take home."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

LINE = 46  # letters of a title that a screen of 390 pixels has room for
_LINE_HEIGHT, _ROOM, _USUAL = 20, 10, 380  # pixels
_DOWN = 14  # pixels: a theme of Streamlit's draws titles higher than Plotly says
# What a slide wants: 16 : 9, and twice as many pixels as on the screen.
_PNG = {"format": "png", "width": 1120, "height": 630, "scale": 2}


def show(
    figure: go.Figure,
    title: str,
    rows: pd.DataFrame,
    name: str,
    place: DeltaGenerator | None = None,
    letters: int = LINE,
) -> None:
    """Draw the chart under its title, and its ``rows`` folded beneath it.

    ``name`` is the files' and, on one page, the chart's own. The title is part of the chart, so
    that it is on a slide too; ``letters`` is how long its lines may be, left of the button that
    saves it.
    """
    lines = textwrap.wrap(title, letters)
    # charts beside each other begin at one height, whether their titles have one line or two
    room = _LINE_HEIGHT * max(len(lines), 1 if place is None else 2) + _ROOM
    height = figure.layout.height or _USUAL
    figure.update_layout(
        title={
            "text": "<br>".join(lines), "x": 0, "xanchor": "left", "xref": "container",
            "y": 1 - _DOWN / (height + room), "yanchor": "top",
            "yref": "container", "pad": {"l": 2}, "font": {"size": 15},
        },
        height=height + room,
    )  # fmt: skip
    figure.update_layout(margin_t=room + (figure.layout.margin.t or 0))
    here = place or st.container()
    here.plotly_chart(
        figure, width="stretch", key=f"figure_{name}",
        config={
            "toImageButtonOptions": {**_PNG, "filename": name}, "displaylogo": False,
            "modeBarButtons": [["toImage"]], "displayModeBar": True,
        },
    )  # fmt: skip
    with here.expander("The figures behind it", icon=":material/table:"):
        st.dataframe(
            rows, hide_index=True, placeholder="–", alt=f"The figures of the chart: {title}"
        )
        st.download_button(
            "Save as CSV", lambda: csv(rows), f"{name}.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key=f"csv_{name}",
        )  # fmt: skip


def csv(rows: pd.DataFrame) -> bytes:
    """The rows as a spreadsheet reads them, in UTF-8."""
    from core.reports import spreadsheet

    cells = rows.astype(object).where(rows.notna(), None)
    return spreadsheet.as_csv([list(map(str, rows.columns)), *cells.to_numpy().tolist()])
