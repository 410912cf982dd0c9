"""A forest plot: differences or figures one under the other, each with its interval.

A line says what no difference is.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pages.components import charts

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_ROW, _LINE, _AROUND = 34, 15, 70  # pixels
_NAME = 22  # letters of a row's name in a line


def plot(rows: pd.DataFrame, x: str, none: float, series: str | None = None) -> go.Figure:
    """The plot of ``rows``: name, value, low, high, told (whether the interval spares ``none``).

    A column ``series`` tells marks apart. A full mark is told, a hollow one can't be.

    Rows come in their order from the top; those of one name stand beside each other.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    names = dict.fromkeys(rows["name"])
    shown = {name: "<br>".join(textwrap.wrap(str(name), _NAME)) for name in names}
    groups = [("", rows)] if series is None else list(rows.groupby(series, sort=False))
    for i, (name, own) in enumerate(groups):
        colour, symbol = charts.COLOURS[i % 6], charts.SYMBOLS[i % 6]
        figure.add_scatter(
            x=own["value"], y=[shown[one] for one in own["name"]], name=str(name), mode="markers",
            orientation="h", showlegend=series is not None,
            marker={
                "size": 11, "color": colour, "line": {"width": 2, "color": colour},
                "symbol": [symbol if told else f"{symbol}-open" for told in own["told"]],
            },
            error_x=charts.interval(own["value"], own["low"], own["high"]),
        )  # fmt: skip
    figure.add_vline(x=none, line={"dash": "dot", "color": "grey"})
    charts.placed(figure)
    lines = max((text.count("<br>") + 1 for text in shown.values()), default=1)
    row = max(_ROW + 18 * (len(groups) - 1), _LINE * lines + 6)
    height = _AROUND + row * len(names)
    figure.update_layout(scattermode="group", height=height + (60 if series else 0))
    charts.legend_below(figure)
    low, high = min(none, rows["low"].min()), max(none, rows["high"].max())
    room = 0.05 * (high - low)
    figure.update_xaxes(title=x, range=[low - room, high + room])
    figure.update_yaxes(categoryarray=list(shown.values()), autorange="reversed")
    return figure
