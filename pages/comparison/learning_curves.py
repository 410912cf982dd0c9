"""Loss and accuracy by epoch: the report's Figures 4 and 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from pages.components import charts, figure

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

MOST = 3  # each has two lines, and six colours can be told apart


def show(results: list[Result]) -> None:
    """Draw the choice of models and their two plots."""
    by_title = {result.title: result for result in results if result.has_history}
    shipped = [title for title, result in by_title.items() if result.track is None]
    chosen = st.multiselect(
        "Networks, three at most", list(by_title), default=shipped[:MOST], max_selections=MOST,
        key="learning", bind="query-params",
    )  # fmt: skip
    histories = {}
    for title in chosen:
        try:
            histories[by_title[title].where] = by_title[title].history()
        except ResultsRejected as error:
            st.warning(str(error))
    if not histories:
        st.info("Choose at least one model with a history.")
        return
    for what, place in zip(("loss", "accuracy"), st.columns(2, gap="medium"), strict=True):
        rows = _rows(histories, what)
        figure.show(plot(histories, what), end_of(histories, what), rows,
                    f"learning-{what}", place)  # fmt: skip
    st.caption(
        "Dotted: training. Solid: validation. Losses under label smoothing don't reach zero."
    )


def end_of(histories: dict[str, pd.DataFrame], what: str) -> str:
    """Where validation ends, from the curves' own figures."""
    ends = [float(table[f"val_{what}"].iloc[-1]) for table in histories.values()]
    low, high = min(ends), max(ends)
    at = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    return f"Validation {what} ends at {at}"


def _rows(histories: dict[str, pd.DataFrame], what: str) -> pd.DataFrame:
    import pandas as pd

    parts = [
        table[["epoch", f"train_{what}", f"val_{what}"]]
        .set_axis(["epoch", f"{what}, training", f"{what}, validation"], axis=1)
        .assign(network=name)
        for name, table in histories.items()
    ]
    return pd.concat(parts, ignore_index=True)


def plot(histories: dict[str, pd.DataFrame], what: str) -> go.Figure:
    """``what`` is loss or accuracy; a colour a model, training dotted, validation solid."""
    import plotly.graph_objects as go

    drawn = go.Figure()
    for i, (name, table) in enumerate(histories.items()):
        for part, dash, width in (("train", "dot", 1.5), ("val", "solid", 2.5)):
            drawn.add_scatter(
                x=table["epoch"], y=table[f"{part}_{what}"], mode="lines+markers",
                name=f"{name}, {'training' if part == 'train' else 'validation'}",
                line={"color": charts.COLOURS[i % 6], "dash": dash, "width": width},
                marker={"symbol": charts.SYMBOLS[i % 6], "size": 5},
            )  # fmt: skip
    drawn.update_xaxes(title="epoch")
    drawn.update_yaxes(title=what)
    return charts.placed(drawn)
