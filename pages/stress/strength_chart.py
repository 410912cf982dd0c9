"""What is left under a change, by its strength: for one picture, and over a test set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.components import charts

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def by_epsilon(rows: pd.DataFrame, place: tuple[float, float] | None, marked: float) -> go.Figure:
    """The chance of one picture over how far an attack may move it, a line a kind.

    ``rows``: kind, ``epsilon, 255ths``, ``chance, %``; ``place`` is the slider's, ``marked`` an
    epsilon (255ths) with a line of its own.
    """
    figure = charts.lines(rows, "kind", "epsilon, 255ths", "chance, %")
    if place is not None:
        figure.add_scatter(
            x=[place[0]], y=[place[1]], name="the slider", mode="markers",
            marker={"symbol": "circle-open", "size": 20, "color": "grey", "line": {"width": 3}},
        )  # fmt: skip
    figure.add_vline(x=marked, line={"dash": "dot", "color": "grey"})
    figure.update_xaxes(title="epsilon, in grey levels (255ths)")
    figure.update_yaxes(title="chance of malignant, %", range=[-2, 102])
    return charts.placed(figure)


def by_strength(
    rows: pd.DataFrame, published: pd.DataFrame, x: str, *, logarithmic: bool = False
) -> go.Figure:
    """Accuracy over the strength of a change, a line a model and a star a published figure.

    ``rows``: model, strength, accuracy, low, high (percent); ``published``: title, strength,
    accuracy.
    """
    figure = charts.lines(rows, "model", "strength", "accuracy")
    if len(published):
        figure.add_scatter(
            x=published["strength"], y=published["accuracy"], text=published["title"],
            name="the report's, as published", mode="markers",
            marker={"symbol": "star-open", "size": 15, "color": "grey", "line": {"width": 2}},
        )  # fmt: skip
    figure.update_xaxes(title=x, type="log" if logarithmic else "linear")
    figure.update_yaxes(title="accuracy, %", range=[-2, 102])
    return charts.placed(figure)
