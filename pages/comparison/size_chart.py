"""Accuracy against the number of parameters, a mark a network, named where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pages.components import charts, label_places

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_SIDES = (270.0, 330.0)  # pixels of the plot's area on a phone: what fits there fits everywhere
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200)  # millions of parameters


def plot(points: pd.DataFrame) -> go.Figure:
    """Accuracy over the number of parameters, a mark each, with its name where there is room.

    ``points``: network, series, parameters, accuracy, low, high (in [0, 1]).
    """
    import plotly.graph_objects as go

    across = _unit(np.log10(points["parameters"].to_numpy(float)))
    ends = points[["accuracy", "low", "high"]].to_numpy(float)
    at, low, high = np.reshape(_unit(ends.ravel()), ends.shape).T
    # a network has one name, at its best point: its others stand right below
    best = points.groupby("network")["accuracy"].transform("max") == points["accuracy"]
    named = best & ~points["network"].where(best).duplicated()
    places = label_places.places(
        list(zip(across, at, points["network"].where(named, ""), strict=True)), *_SIDES,
        list(zip(across, low, across, high, strict=True)),
    )  # fmt: skip
    placed_names = points.assign(place=[place or "" for place in places])
    figure = go.Figure()
    for i, (series, rows) in enumerate(placed_names.groupby("series", sort=False)):
        figure.add_scatter(
            x=rows["parameters"], y=100 * rows["accuracy"], name=str(series),
            mode="markers+text", hovertext=rows["network"],
            text=[name if place else "" for name, place in
                  zip(rows["network"], rows["place"], strict=True)],
            textposition=[place or "top center" for place in rows["place"]],
            textfont={"size": 10},
            marker={"size": 11, "symbol": charts.SYMBOLS[i % 6], "color": charts.COLOURS[i % 6]},
            error_y=charts.interval(*(100 * rows[key] for key in ("accuracy", "low", "high"))),
        )  # fmt: skip
    figure.update_xaxes(
        type="log", title="parameters, millions", tickvals=[million * 1e6 for million in _TICKS],
        ticktext=[str(million) for million in _TICKS],
    )  # fmt: skip
    figure.update_yaxes(title="right on validation, %")
    charts.placed(figure).update_layout(height=480)
    return figure


def _unit(values: NDArray[np.float64]) -> list[float]:
    """The values on a scale from 0.05 to 0.95, as a plot leaves room at either end."""
    reach = float(np.ptp(values)) or 1.0
    return [0.05 + 0.9 * float(v - values.min()) / reach for v in values]
