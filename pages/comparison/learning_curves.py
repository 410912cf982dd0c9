"""Loss and accuracy by epoch: the report's Figures 4 and 6."""

from __future__ import annotations

import streamlit as st

from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from pages.components import charts


def show(results: list[Result]) -> None:
    """Draw the choice of models and their two plots."""
    by_title = {result.title: result for result in results}
    chosen = st.pills("Models", list(by_title), selection_mode="multi", default=list(by_title)[:2])
    histories = {}
    for title in chosen:
        try:
            histories[title] = by_title[title].history()
        except ResultsRejected as error:
            st.warning(str(error))
    if not histories:
        st.info("Choose at least one model with a history.")
        return
    for what in ("loss", "accuracy"):
        st.markdown(f"## {what.capitalize()}")
        st.plotly_chart(charts.learning(histories, what))
    st.caption(
        "Dotted: training. Solid: validation. Losses under label smoothing don't reach zero."
    )
    with st.expander("The same as tables"):
        for title, table in histories.items():
            st.markdown(f"**{title}**")
            st.dataframe(table, hide_index=True)
