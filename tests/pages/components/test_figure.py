"""A chart's table: where there is no figure a dash, never a word of the program's own."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def test_a_figure_that_there_is_none_of_is_a_dash_and_an_empty_cell() -> None:
    def page() -> None:
        import pandas as pd
        import plotly.graph_objects as go
        import streamlit as st

        from pages.components import figure

        rows = pd.DataFrame({"runs": ["one", "two"], "beside the reference": [None, -0.5]})
        figure.show(go.Figure(), "A finding", rows, "test")
        st.text(figure.csv(rows).decode("utf-8-sig"))

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert shown.dataframe[0].proto.placeholder == "–"
    assert shown.text[0].value.split() == ["runs,beside", "the", "reference", "one,", "two,-0.5"]
