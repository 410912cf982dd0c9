"""Rates by recorded skin type, a mark a network and type.

Beside them stand one that always says malignant and the report's nine pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.results import published
from core.statistics.intervals import wilson
from pages.components import charts

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

NINE = "the report's nine"
_REPORTS = "report: "
# What a network that always says malignant has.
ALWAYS = {"sensitivity": 1.0, "specificity": 0.0}


def reports() -> pd.DataFrame:
    """The report's two networks on its nine malignant pictures.

    Columns: model, group, n, malignant, value, low, high.
    """
    import pandas as pd

    rows = []
    for name, found in published.FOUND_OF_NINE.items():
        rate = wilson(found, published.NINE)
        rows.append((f"{_REPORTS}{name}", NINE, published.NINE, published.NINE,
                     rate.value, rate.low, rate.high))  # fmt: skip
    return pd.DataFrame(rows, columns=["model", "group", "n", "malignant", "value", "low", "high"])


def plot(rows: pd.DataFrame, measure: str) -> go.Figure:
    """``rows`` as ``groups.table`` gives them, with the report's for sensitivity; in percent."""
    import plotly.graph_objects as go

    figure = go.Figure()
    of = "malignant" if measure == "sensitivity" else "benign"
    names = {}
    for group, own in rows.groupby("group", sort=False):
        counts = own["malignant"] if of == "malignant" else own["n"] - own["malignant"]
        sizes = " to ".join(f"{n:,}" for n in dict.fromkeys((counts.min(), counts.max())))
        names[group] = f"{group}<br>{sizes} {of}"
    models = list(rows.groupby("model", sort=False))
    places = [str(model) for model, _ in models if not str(model).startswith(_REPORTS)]
    for i, (model, own) in enumerate(models):
        theirs = str(model).startswith(_REPORTS)
        # a row has a place a network; the report's share theirs, as they are in a row of their own
        place = places[(i - len(places)) % len(places)] if theirs and places else str(model)
        colour = "#808080" if theirs else charts.COLOURS[i % 6]
        figure.add_scatter(
            x=100 * own["value"], y=[names[group] for group in own["group"]], name=str(model),
            mode="markers", orientation="h", offsetgroup=place,
            marker={"size": 11, "symbol": charts.SYMBOLS[i % 6], "color": colour},
            error_x=charts.interval(*(100 * own[key] for key in ("value", "low", "high"))),
        )  # fmt: skip
    at = 100 * ALWAYS[measure]
    figure.add_vline(x=at, line={"dash": "dash", "color": "grey"})
    figure.add_annotation(
        x=at, y=1, yref="paper", yanchor="bottom", xanchor="right" if at else "left",
        text="always says malignant", showarrow=False,
    )  # fmt: skip
    charts.placed(figure)
    height = 150 + len(names) * max(56, 16 * len(places))
    figure.update_layout(scattermode="group", height=height, margin_t=20)
    charts.legend_below(figure)
    figure.update_xaxes(title=f"{measure}, % of {of} lesions", range=[-3, 103])
    figure.update_yaxes(categoryarray=list(names.values()), autorange="reversed")
    return figure
