"""Does the answer rest on what the map marks? Measured for one photo when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.arrays import Floats
from core.labels import Answer
from core.probes import deletion_insertion
from core.probes.deletion_insertion import FORWARDS, RANDOM, Evidence, area, shares
from pages.components import charts, loaded_models, work_queue

if TYPE_CHECKING:
    import pandas as pd


@st.fragment
def offer(name: str, picture: Image.Image, heat: NDArray[np.float32], answer: Answer) -> None:
    """Draw the button, and what it asks for.

    ``picture`` is the RGB picture as the model called ``name`` sees it, and ``heat`` the map over
    it. A fragment, so that nothing else on the page waits for it or is looked at again.
    """
    st.markdown("### Does the answer rest on what the map marks?")
    if not heat.any():
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
        maps = list(deletion_insertion.curves(model, picture, heat, answer, between=between))
    _show(Evidence(maps[0], tuple(maps[1:])), answer)


def _show(found: Evidence, answer: Answer) -> None:
    st.markdown(in_words(found, answer))
    for title, what, own, others in _sides(found):
        st.markdown(f"**{title}**")
        chance = f"chance of '{answer}', %"
        st.plotly_chart(charts.against_random(shares(), own, others, f"{what}, %", chance))
    st.dataframe(
        table(found), hide_index=True, alt="The same curves as a table, and the areas under them."
    )


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


def table(found: Evidence) -> pd.DataFrame:
    """A row for each step, and one for the area; in percent. Random maps: median, least, most."""
    import pandas as pd  # 68 MB that the first page can do without

    columns: dict[str, list[str]] = {
        "changed": [f"{100 * share:.0f} %" for share in shares()] + ["area under the curve"]
    }
    for title, _, own, others in _sides(found):
        values = np.append(own, area(own))
        rest = np.column_stack([others, [area(other) for other in others]])
        columns[f"{title}, map, %"] = [f"{100 * value:.1f}" for value in values]
        columns[f"{title}, random, %"] = [
            f"{100 * np.median(column):.1f} ({100 * column.min():.1f} to {100 * column.max():.1f})"
            for column in rest.T
        ]
    return pd.DataFrame(columns)


def _sides(found: Evidence) -> list[tuple[str, str, Floats, Floats]]:
    """Deletion and insertion: title, what changes, the map's curve, the random ones' (RANDOM, S)"""
    return [
        ("Deletion", "of the picture hidden", found.own.deletion,
         np.array([one.deletion for one in found.random])),
        ("Insertion", "of the picture shown", found.own.insertion,
         np.array([one.insertion for one in found.random])),
    ]  # fmt: skip
