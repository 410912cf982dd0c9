"""Own test across, another collection up: every network a point, a coin as a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.results.findings import COIN, ExternalScore
from pages.components import charts, label_places

if TYPE_CHECKING:
    import plotly.graph_objects as go

_X, _Y = (0.85, 1.0), (0.3, 1.0)
_SIDES = (260.0, 260.0)  # pixels of the plot on a phone: what fits there fits everywhere


def plot(found: Sequence[ExternalScore], other: str) -> go.Figure:
    """A mark a network with both intervals and its name beside it.

    A full one has learned from the report's set alone.
    """
    import plotly.graph_objects as go

    low = min(_X[0], *(one.own.low for one in found))

    def across(value: float) -> float:
        return (value - low) / (_X[1] - low)

    def up(value: float) -> float:
        return (value - _Y[0]) / (_Y[1] - _Y[0])

    lines = [(0.0, up(COIN), 1.0, up(COIN))]
    for one in found:
        x, y = across(one.own.value), up(one.other.value)
        lines.append((x, up(one.other.low), x, up(one.other.high)))
        lines.append((across(one.own.low), y, across(one.own.high), y))
    points = [(across(one.own.value), up(one.other.value), one.name) for one in found]
    places = label_places.places(points, *_SIDES, lines, across=True)
    figure = go.Figure()
    for i, (one, place) in enumerate(zip(found, places, strict=True)):
        colour, symbol = charts.COLOURS[i % 6], charts.SYMBOLS[i % 6]
        figure.add_scatter(
            x=[one.own.value], y=[one.other.value], name=one.name, showlegend=place is None,
            mode="markers+text" if place else "markers", text=[one.name],
            textposition=place or "top center", textfont={"size": 11},
            marker={"size": 12, "symbol": symbol if one.alone else f"{symbol}-open",
                    "color": colour, "line": {"width": 2, "color": colour}},
            error_y=_bar(one.other.value, one.other.low, one.other.high),
            error_x=_bar(one.own.value, one.own.low, one.own.high),
        )  # fmt: skip
    figure.add_hline(y=COIN, line={"dash": "dot", "color": "grey"})
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=COIN, yanchor="bottom", text="a coin",
        showarrow=False,
    )  # fmt: skip
    charts.placed(figure)
    figure.update_xaxes(title="AUC on the own test", range=[low - 0.005, _X[1]])
    figure.update_yaxes(title=f"AUC on {other}", range=list(_Y))
    return figure


def _bar(value: float, low: float, high: float) -> dict[str, object]:
    return {"type": "data", "symmetric": False, "thickness": 1, "array": [high - value],
            "arrayminus": [value - low]}  # fmt: skip
