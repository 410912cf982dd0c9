"""One figure by group of people, a mark a model and group."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pages.components import charts

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def plot(rows: pd.DataFrame, measure: str) -> go.Figure:
    """A measure of each group of people, with the group's size and base rate beside it.

    ``rows``: model, group, n, malignant, value, low, high; a mark a model and group, with its
    interval. Groups go down: names are long, phones narrow.
    """
    import plotly.graph_objects as go

    names = _sized(rows)
    models = rows.groupby("model", sort=False)
    figure = go.Figure()
    for i, (model, own) in enumerate(models):
        figure.add_scatter(
            x=own["value"], y=[names[group] for group in own["group"]], name=str(model),
            mode="markers", orientation="h",
            marker={"size": 11, "symbol": charts.SYMBOLS[i % 6], "color": charts.COLOURS[i % 6]},
            error_x=charts.interval(own["value"], own["low"], own["high"]),
            text=[f"{row.malignant:,} of {row.n:,} malignant" for row in own.itertuples()],
        )  # fmt: skip
    charts.placed(figure)
    height = 120 + len(names) * max(60, 18 * len(models))
    figure.update_layout(scattermode="group", height=height)
    charts.legend_below(figure)
    figure.update_xaxes(title=measure, range=[-0.02, 1.02])
    figure.update_yaxes(categoryarray=[*names.values()], autorange="reversed")
    return figure


def _sized(rows: pd.DataFrame) -> dict[str, str]:
    """Each group with its size and base rate.

    The least and the most of them, as models may have been scored on different pictures of it.
    """
    names = {}
    for group, own in rows.groupby("group", sort=False):
        share = 100 * own["malignant"] / own["n"]
        sizes = dict.fromkeys(f"{n:,}" for n in (own["n"].min(), own["n"].max()))
        shares = dict.fromkeys(f"{part:.0f}" for part in (share.min(), share.max()))
        name = textwrap.fill(str(group), 16).replace("\n", "<br>")
        names[str(group)] = f"{name}<br>n {' to '.join(sizes)}<br>{' to '.join(shares)}% malignant"
    return names
