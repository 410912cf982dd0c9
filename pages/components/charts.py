"""What the Plotly figures share: colours, marks, dashes, intervals, and where the legend goes.

Colour-blind people tell the colours apart, and marks or dashes stand beside them, so that no
meaning hangs on colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    Values = pd.Series[float] | NDArray[np.float64]

# Okabe and Ito 2008, without the yellow that vanishes on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x")
_HEIGHT, _AXIS = 380, 75  # pixels: a figure; an axis with its numbers and title


def lines(rows: pd.DataFrame, by: str, x: str, y: str) -> go.Figure:
    """A line for each value of the column ``by``.

    It has intervals where there are ``low`` and ``high``.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for i, (name, own) in enumerate(rows.groupby(by, sort=False)):
        figure.add_scatter(
            x=own[x], y=own[y], name=str(name), mode="lines+markers",
            line={"color": COLOURS[i % 6], "dash": DASHES[i % 6]},
            marker={"symbol": SYMBOLS[i % 6], "size": 9},
            error_y=interval(own[y], own["low"], own["high"]) if "low" in own else None,
        )  # fmt: skip
    return figure


def interval(value: Values, low: Values, high: Values) -> dict[str, object]:
    """Error bars from the ends of an interval."""
    return {
        "type": "data", "symmetric": False, "thickness": 1,
        "array": high - value, "arrayminus": value - low,
    }  # fmt: skip


def placed(figure: go.Figure) -> go.Figure:
    """The figure at the usual height, its legend beneath it."""
    figure.update_layout(
        height=_HEIGHT, margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.25},
    )  # fmt: skip
    return figure


def legend_below(figure: go.Figure) -> None:
    """Put the legend beneath the axis's title, however high the figure is."""
    figure.update_layout(legend_y=-_AXIS / max(100, figure.layout.height - 2 * _AXIS))
