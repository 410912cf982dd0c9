"""Plotly figures, each made from numbers alone.

Colours are those that colour-blind people tell apart, with marks or dashes beside them, so that no
meaning hangs on colour alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.statistics.curves import CalibrationBin, Curve
from core.statistics.metrics import wilson
from pages.components import label_places

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    Values = pd.Series[float] | NDArray[np.float64]

# Okabe and Ito 2008, without the yellow that vanishes on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x")
_SIDES = (700.0, 330.0)  # pixels of the largest plot's area, as names are placed on it
_HEIGHT, _AXIS = 380, 75  # pixels: a figure; an axis with its numbers and title


def accuracy_by_size(points: pd.DataFrame) -> go.Figure:
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
            marker={"size": 11, "symbol": SYMBOLS[i % 6], "color": COLOURS[i % 6]},
            error_y=interval(*(100 * rows[key] for key in ("accuracy", "low", "high"))),
        )  # fmt: skip
    figure.update_xaxes(type="log", title="parameters")
    figure.update_yaxes(title="right on validation, %")
    placed(figure).update_layout(height=480)
    return figure


def _unit(values: NDArray[np.float64]) -> list[float]:
    """The values on a scale from 0.05 to 0.95, as a plot leaves room at either end."""
    reach = float(np.ptp(values)) or 1.0
    return [0.05 + 0.9 * float(v - values.min()) / reach for v in values]


def seeds(points: pd.DataFrame) -> go.Figure:
    """``points``: runs, seed, accuracy in [0, 1]; a row of marks for the runs of a kind."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for i, (seed, rows) in enumerate(points.groupby("seed")):
        figure.add_scatter(
            x=100 * rows["accuracy"], y=rows["runs"], name=f"seed {seed}", mode="markers",
            marker={"size": 12, "symbol": SYMBOLS[i % 6], "color": COLOURS[i % 6]},
        )  # fmt: skip
    means = points.groupby("runs", sort=False)["accuracy"].mean()
    figure.add_scatter(
        x=100 * means, y=list(means.index), name="mean", mode="markers",
        marker={"size": 22, "symbol": "line-ns-open", "color": "grey", "line": {"width": 3}},
    )  # fmt: skip
    figure.update_xaxes(title="accuracy, %")
    figure.update_yaxes(autorange="reversed")
    return placed(figure)


def learning(histories: dict[str, pd.DataFrame], what: str) -> go.Figure:
    """``what`` is loss or accuracy; a colour a model, training dotted, validation solid."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for i, (name, table) in enumerate(histories.items()):
        for part, dash, width in (("train", "dot", 1.5), ("val", "solid", 2.5)):
            figure.add_scatter(
                x=table["epoch"], y=table[f"{part}_{what}"], mode="lines+markers",
                name=f"{name}, {'training' if part == 'train' else 'validation'}",
                line={"color": COLOURS[i % 6], "dash": dash, "width": width},
                marker={"symbol": SYMBOLS[i % 6], "size": 5},
            )  # fmt: skip
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title=what)
    return placed(figure)


def curve(points: Curve, threshold: float, x: str, y: str, diagonal: bool) -> go.Figure:
    """A curve with the threshold's place marked on it."""
    import plotly.graph_objects as go

    figure = go.Figure()
    if diagonal:
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="chance",
                           line={"dash": "dot", "color": "grey"})  # fmt: skip
    shape = "hv" if diagonal else "linear"
    figure.add_scatter(x=points.x, y=points.y, mode="lines", name="model",
                       line={"color": COLOURS[0], "shape": shape})  # fmt: skip
    at = (points.thresholds >= threshold).sum() - 1
    if at >= 0:
        figure.add_scatter(
            x=[points.x[at]], y=[points.y[at]], mode="markers", name=f"threshold {threshold:.2f}",
            marker={"size": 13, "symbol": "diamond", "color": COLOURS[1]},
        )  # fmt: skip
    figure.update_xaxes(title=x, range=[-0.02, 1.02])
    figure.update_yaxes(title=y, range=[-0.02, 1.02])
    return placed(figure)


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
        line={"color": COLOURS[0]},
        error_y=interval(
            *(np.array([getattr(rate, key) for rate in rates]) for key in ("value", "low", "high"))
        ),
    )  # fmt: skip
    figure.update_xaxes(title="predicted", range=[-0.02, 1.02])
    figure.update_yaxes(title="observed", range=[-0.02, 1.02])
    return placed(figure)


def by_group(rows: pd.DataFrame, measure: str) -> go.Figure:
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
            marker={"size": 11, "symbol": SYMBOLS[i % 6], "color": COLOURS[i % 6]},
            error_x=interval(own["value"], own["low"], own["high"]),
            text=[f"{row.malignant:,} of {row.n:,} malignant" for row in own.itertuples()],
        )  # fmt: skip
    placed(figure)
    height = 120 + len(names) * max(60, 18 * len(models))
    figure.update_layout(scattermode="group", height=height)
    legend_below(figure)
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


def by_tone(rows: pd.DataFrame, colours: Sequence[str]) -> go.Figure:
    """The chance of one picture on the ten tones, a line a model.

    ``rows``: model, tone (1 is the lightest), ``chance, %``. The tones' own ``colours`` stand
    beneath as swatches.
    """
    figure = _lines(rows, "model", "tone", "chance, %")
    figure.add_scatter(
        x=list(range(1, len(colours) + 1)), y=[-9] * len(colours), mode="markers",
        showlegend=False, hoverinfo="skip",
        marker={"symbol": "square", "size": 18, "color": list(colours),
                "line": {"width": 1, "color": "grey"}},
    )  # fmt: skip
    figure.update_xaxes(title="simulated skin, from light to dark", dtick=1)
    figure.update_yaxes(
        title="chance of malignant, %", range=[-16, 104], tickvals=[0, 25, 50, 75, 100]
    )
    return placed(figure)


def against_random(
    shares: NDArray[np.float64], own: NDArray[np.float64], others: NDArray[np.float64],
    x: str, y: str,
) -> go.Figure:  # fmt: skip
    """A map's curve (S,) over ``shares`` (S,), and the band and median of random maps' (R, S)."""
    import plotly.graph_objects as go

    at, least, most = 100 * shares, 100 * others.min(axis=0), 100 * others.max(axis=0)
    figure = go.Figure()
    figure.add_scatter(
        x=[*at, *at[::-1]], y=[*most, *least[::-1]], name="random maps, least to most",
        mode="none", fill="toself", fillcolor="rgba(127, 127, 127, 0.25)", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=100 * np.median(others, axis=0), name="random maps, median", mode="lines",
        line={"dash": "dot", "color": "grey"},
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=100 * own, name="this map", mode="lines+markers",
        line={"color": COLOURS[0], "width": 2.5}, marker={"symbol": SYMBOLS[0], "size": 7},
    )  # fmt: skip
    figure.update_xaxes(title=x, range=[-2, 102])
    figure.update_yaxes(title=y, range=[-2, 102])
    return placed(figure)


def by_epsilon(rows: pd.DataFrame, place: tuple[float, float] | None, marked: float) -> go.Figure:
    """The chance of one picture over how far an attack may move it, a line a kind.

    ``rows``: kind, ``epsilon, 255ths``, ``chance, %``; ``place`` is the slider's, ``marked`` an
    epsilon (255ths) with a line of its own.
    """
    figure = _lines(rows, "kind", "epsilon, 255ths", "chance, %")
    if place is not None:
        figure.add_scatter(
            x=[place[0]], y=[place[1]], name="the slider", mode="markers",
            marker={"symbol": "circle-open", "size": 20, "color": "grey", "line": {"width": 3}},
        )  # fmt: skip
    figure.add_vline(x=marked, line={"dash": "dot", "color": "grey"})
    figure.update_xaxes(title="epsilon, in grey levels (255ths)")
    figure.update_yaxes(title="chance of malignant, %", range=[-2, 102])
    return placed(figure)


def by_strength(
    rows: pd.DataFrame, published: pd.DataFrame, x: str, *, logarithmic: bool = False
) -> go.Figure:
    """Accuracy over the strength of a change, a line a model and a star a published figure.

    ``rows``: model, strength, accuracy, low, high (percent); ``published``: title, strength,
    accuracy.
    """
    figure = _lines(rows, "model", "strength", "accuracy")
    if len(published):
        figure.add_scatter(
            x=published["strength"], y=published["accuracy"], text=published["title"],
            name="the report's, as published", mode="markers",
            marker={"symbol": "star-open", "size": 15, "color": "grey", "line": {"width": 2}},
        )  # fmt: skip
    figure.update_xaxes(title=x, type="log" if logarithmic else "linear")
    figure.update_yaxes(title="accuracy, %", range=[-2, 102])
    return placed(figure)


def _lines(rows: pd.DataFrame, by: str, x: str, y: str) -> go.Figure:
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
