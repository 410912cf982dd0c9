"""Own test across, another collection up: every network a point, a coin as a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.results.findings import COIN, FROM_CHANCE, FROM_WEIGHTS, MORE, SHIPPED, ExternalScore
from core.statistics.estimates import Rate, decimal
from pages.components import charts, label_places

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SIDES = (250.0, 350.0)  # pixels of the plot on a phone: what fits there fits everywhere
_AROUND = 0.03  # of an axis, beyond the last point
_MOST_BARS = 8  # networks with intervals to both sides; of more they hide the points
_HEIGHT = 510
# A mark for how a network was made, the same whichever of them were scored.
_MARKS = {
    SHIPPED: "circle", FROM_CHANCE: "triangle-up", FROM_WEIGHTS: "square", MORE: "diamond-open",
}  # fmt: skip


def plot(found: Sequence[ExternalScore], other: str) -> go.Figure:
    """A mark a network, a colour and symbol for how it was made, both intervals at each.

    A hollow one was taught by more collections than the report's. A name stands where there is
    room for it, those of shipped networks and of the best and least first; pointing tells any.
    """
    import plotly.graph_objects as go

    x_range = _reach([end for one in found for end in (one.own.low, one.own.high)])
    y_range = _reach([COIN, *(end for one in found for end in (one.other.low, one.other.high))])
    many = len(found) > _MOST_BARS
    names = dict(zip(_by_need(found), _placed(_by_need(found), x_range, y_range, many),
                     strict=True))  # fmt: skip
    figure = go.Figure()
    for i, (taught, symbol) in enumerate(_MARKS.items()):
        own = [one for one in found if one.taught == taught]
        if not own:
            continue
        shade = _faint(charts.COLOURS[i]) if many else charts.COLOURS[i]
        figure.add_scatter(
            x=[one.own.value for one in own], y=[one.other.value for one in own], name=taught,
            mode="markers+text", text=[one.name if names[one] else "" for one in own],
            textposition=[names[one] or "top center" for one in own], textfont={"size": 11},
            marker={"size": 11, "symbol": symbol, "color": charts.COLOURS[i],
                    "line": {"width": 2, "color": charts.COLOURS[i]}},
            customdata=[
                (one.name, decimal(one.own), decimal(one.other)) for one in own
            ],
            hovertemplate="%{customdata[0]}<br>own test %{customdata[1]}<br>"
            f"{other} %{{customdata[2]}}<extra>{taught}</extra>",
            error_y=_bars([one.other for one in own], shade),
            error_x=None if many else _bars([one.own for one in own], shade),
        )  # fmt: skip
    figure.add_hline(y=COIN, line={"dash": "dot", "color": "grey"})
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=COIN, yanchor="bottom", text="a coin",
        showarrow=False,
    )  # fmt: skip
    charts.placed(figure).update_layout(height=_HEIGHT, showlegend=True)
    charts.legend_below(figure)
    figure.update_xaxes(title="AUC on the own test", range=list(x_range))
    figure.update_yaxes(title=f"AUC on {other}", range=list(y_range))
    return figure


def _by_need(found: Sequence[ExternalScore]) -> list[ExternalScore]:
    """Whose name is placed first: those that have to be there, then the others."""
    return sorted(found, key=_needed(found).__contains__, reverse=True)


def _needed(found: Sequence[ExternalScore]) -> set[ExternalScore]:
    """Whose name has to be there: the shipped networks, and the best and least elsewhere."""
    ends = {end(found, key=lambda one: one.other.value) for end in (max, min)} if found else set()
    return {one for one in found if one.taught in (SHIPPED, MORE)} | ends


def _placed(
    found: Sequence[ExternalScore],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    many: bool,
) -> list[str | None]:
    """Where each name stands, ``None`` for one without room."""

    def across(value: float) -> float:
        return (value - x_range[0]) / (x_range[1] - x_range[0])

    def up(value: float) -> float:
        return (value - y_range[0]) / (y_range[1] - y_range[0])

    lines = [(0.0, up(COIN), 1.0, up(COIN))]
    for one in found:
        x, y = across(one.own.value), up(one.other.value)
        lines.append((x, up(one.other.low), x, up(one.other.high)))
        if not many:
            lines.append((across(one.own.low), y, across(one.own.high), y))
    points = [(across(one.own.value), up(one.other.value), one.name) for one in found]
    # only names that have to be there may lie over intervals
    needed = len(_needed(found)) if many else len(found)
    return label_places.places(points, *_SIDES, lines, across=needed)


def _reach(values: Sequence[float]) -> tuple[float, float]:
    """An axis over the values, with room for a mark at either end."""
    low, high = min(values), max(values)
    room = _AROUND * (high - low or 1.0)
    return low - room, high + room


def _bars(rates: Sequence[Rate], colour: str) -> dict[str, object]:
    return {
        "type": "data", "symmetric": False, "thickness": 1, "width": 2, "color": colour,
        "array": [rate.high - rate.value for rate in rates],
        "arrayminus": [rate.value - rate.low for rate in rates],
    }  # fmt: skip


def _faint(colour: str) -> str:
    """A colour of six digits, half seen through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.5)"
