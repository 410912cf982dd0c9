"""Does the answer rest on what the map marks? Measured for one photo when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.arrays import Floats
from core.labels import Answer
from core.probes import deletion_insertion
from core.probes.deletion_insertion import FORWARDS, RANDOM, Evidence, area, shares
from pages.components import charts, figure, loaded_models, work_queue

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


@st.fragment
def offer(
    name: str, picture: Image.Image, saliency_map: NDArray[np.float32], answer: Answer
) -> None:
    """Draw the button, and what it asks for.

    ``picture`` is the RGB picture as the model called ``name`` sees it, and ``saliency_map`` its
    map. A fragment, so that nothing else on the page waits for it or is looked at again.
    """
    st.markdown("### Does the answer rest on what the map marks?")
    if not saliency_map.any():
        st.markdown("The map is empty: there is nothing to measure.")
        return
    st.caption(
        "Deletion hides the picture step by step, what the map marks first; insertion shows it in "
        f"that order. The same is done with {RANDOM} random maps: this one, shifted, "
        f"turned and mirrored. The network looks {FORWARDS} times. A bar tells how long "
        "that takes here; others' photos go first, and it can be stopped."
    )
    # not a caption: links would be too pale in it
    st.markdown(
        "After Petsiuk et al. 2018 (RISE), [arXiv:1806.07421](https://arxiv.org/abs/1806.07421)."
    )
    place = st.empty()
    if not place.button("Measure it for this photo", icon=":material/query_stats:"):
        return
    model = loaded_models.classifier(name)
    if model is None:
        return
    place.empty()
    with work_queue.long_turn("Hiding and showing the picture", "evidence") as between:
        maps = list(
            deletion_insertion.curves(model, picture, saliency_map, answer, between=between)
        )
    _show(Evidence(maps[0], tuple(maps[1:])), answer)


def _show(found: Evidence, answer: Answer) -> None:
    st.markdown(in_words(found, answer))
    for side in sides(found):
        x, y = f"of the picture {side.changes}, %", f"chance of '{answer}', %"
        figure.show(
            against_random(shares(), side.own, side.others, x, y), side.title, table(side),
            f"map-{side.name}",
        )  # fmt: skip


def in_words(found: Evidence, answer: Answer) -> str:
    """Which share of random maps this one is better than, and what that means."""
    beaten = (found.worse_at_deletion, found.worse_at_insertion)
    if min(beaten) == RANDOM:
        meaning = f"So '{answer}' does rest on what the map marks more than on other places."
    elif max(beaten) <= RANDOM // 2:
        meaning = f"So this map is no guide to what '{answer}' rests on."
    else:
        meaning = f"So it may be luck: the map is a weak guide to what '{answer}' rests on."
    return (
        f"Hiding first what the map marks lowers the chance of '{answer}' faster than "
        f"**{beaten[0]} of {RANDOM}** random maps do; showing it first raises it faster than "
        f"**{beaten[1]} of {RANDOM}**. A map that knows nothing beats about half of them, and all "
        f"{RANDOM} once in {RANDOM + 1} times. {meaning} Whether these are the right places to "
        "look at, it does not say."
    )


@dataclass(frozen=True)
class Side:
    """Deletion or insertion: what changes, the map's curve (S,), and the random ones' (RANDOM, S).

    ``beaten`` is how many of them the map is better than.
    """

    name: str
    changes: str
    own: Floats
    others: Floats
    beaten: int

    @property
    def title(self) -> str:
        """What the curve says, counted."""
        does = "Hiding what it marks lowers" if self.name == "deletion" else "Showing it raises"
        return f"{does} the chance faster than {self.beaten} of {RANDOM} random maps do"


def sides(found: Evidence) -> tuple[Side, Side]:
    """Deletion and insertion of one measurement."""
    return (
        Side("deletion", "hidden", found.own.deletion,
             np.array([one.deletion for one in found.random]), found.worse_at_deletion),
        Side("insertion", "shown", found.own.insertion,
             np.array([one.insertion for one in found.random]), found.worse_at_insertion),
    )  # fmt: skip


def table(side: Side) -> pd.DataFrame:
    """A row for each step, in percent, and one for the area under each curve, its mean height."""
    import pandas as pd  # 68 MB that the first page can do without

    own = 100 * np.append(side.own, area(side.own))
    rest = 100 * np.column_stack([side.others, [area(other) for other in side.others]])
    return pd.DataFrame(
        {
            side.changes: [f"{100 * share:.0f}\N{NO-BREAK SPACE}%" for share in shares()]
            + ["area under the curve"],
            "this map, %": own.round(1),
            "random maps, median, %": np.median(rest, axis=0).round(1),
            "least, %": rest.min(axis=0).round(1),
            "most, %": rest.max(axis=0).round(1),
        }
    )


def against_random(
    shares: NDArray[np.float64], own: NDArray[np.float64], others: NDArray[np.float64],
    x: str, y: str,
) -> go.Figure:  # fmt: skip
    """A map's curve (S,) over ``shares`` (S,), and the band and median of random maps' (R, S)."""
    import plotly.graph_objects as go

    at, least, most = 100 * shares, 100 * others.min(axis=0), 100 * others.max(axis=0)
    plot = go.Figure()
    plot.add_scatter(
        x=[*at, *at[::-1]], y=[*most, *least[::-1]], name="random maps, least to most",
        mode="none", fill="toself", fillcolor="rgba(127, 127, 127, 0.25)", hoverinfo="skip",
    )  # fmt: skip
    plot.add_scatter(
        x=at, y=100 * np.median(others, axis=0), name="random maps, median", mode="lines",
        line={"dash": "dot", "color": "grey"},
    )  # fmt: skip
    plot.add_scatter(
        x=at, y=100 * own, name="this map", mode="lines+markers",
        line={"color": charts.COLOURS[0], "width": 2.5},
        marker={"symbol": charts.SYMBOLS[0], "size": 7},
    )  # fmt: skip
    plot.update_xaxes(title=x, range=[-2, 102])
    plot.update_yaxes(title=y, range=[-2, 102])
    return charts.placed(plot)
