"""What a threshold moves along, and whether chances are as given: ROC, precision, calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.statistics.curves import CalibrationBin, Curve
from core.statistics.intervals import wilson
from pages.components import charts

if TYPE_CHECKING:
    import plotly.graph_objects as go


def curve(points: Curve, threshold: float, x: str, y: str, diagonal: bool) -> go.Figure:
    """A curve with the threshold's place marked on it."""
    import plotly.graph_objects as go

    figure = go.Figure()
    if diagonal:
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="chance",
                           line={"dash": "dot", "color": "grey"})  # fmt: skip
    shape = "hv" if diagonal else "linear"
    figure.add_scatter(x=points.x, y=points.y, mode="lines", name="model",
                       line={"color": charts.COLOURS[0], "shape": shape})  # fmt: skip
    at = (points.thresholds >= threshold).sum() - 1
    if at >= 0:
        figure.add_scatter(
            x=[points.x[at]], y=[points.y[at]], mode="markers", name=f"threshold {threshold:.2f}",
            marker={"size": 13, "symbol": "diamond", "color": charts.COLOURS[1]},
        )  # fmt: skip
    figure.update_xaxes(title=x, range=[-0.02, 1.02])
    figure.update_yaxes(title=y, range=[-0.02, 1.02])
    return charts.placed(figure)


def calibration(bins: list[CalibrationBin]) -> go.Figure:
    """Predicted against observed share of malignant pictures, with Wilson's intervals."""
    import plotly.graph_objects as go

    rates = [wilson(b.malignant, b.n) for b in bins]
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="calibrated",
                       line={"dash": "dot", "color": "grey"})  # fmt: skip
    figure.add_scatter(
        x=[b.predicted for b in bins], y=[rate.value for rate in rates], name="model",
        mode="lines+markers", text=[f"{b.n} pictures" for b in bins],
        line={"color": charts.COLOURS[0]},
        error_y=charts.interval(
            *(np.array([getattr(rate, key) for rate in rates]) for key in ("value", "low", "high"))
        ),
    )  # fmt: skip
    figure.update_xaxes(title="predicted chance of malignant", range=[-0.02, 1.02])
    figure.update_yaxes(title="observed share of malignant", range=[-0.02, 1.02])
    return charts.placed(figure)
