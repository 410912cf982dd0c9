"""The saliency map over the picture, and in words what it shows and whether to trust it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.labels import LOOKS, Judgement
from core.probes.map_on_lesion import OnLesion
from core.saliency.display_copy import DisplayCopy
from core.saliency.overlay import legend
from pages.components import layout

# One switch for each width of the window (``layout``): only a browser knows it, and shows one.
_WIDE, _NARROW = "map-wide", "map-narrow"
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def is_wanted() -> bool:
    """Whether the map is asked for at some width of the window."""
    return _is_on(_WIDE) or _is_on(_NARROW)


def ask() -> None:
    """Draw the switch.

    At first it is on where the map stands beside the answer, and off where it would push the answer
    off the screen: in a narrow window, a desktop browser's too, and on a phone held either way.
    """
    for key in (_WIDE, _NARROW):
        st.toggle("Show where it looked", _is_on(key), key=key)


def place() -> str:
    """The name of the container for the map: of the widths at which the map is seen."""
    widths = (_is_on(_WIDE), _is_on(_NARROW))
    return {(True, False): "map-if-wide", (False, True): "map-if-narrow"}.get(widths, "map")


def _is_on(key: str) -> bool:
    return bool(st.session_state.get(key, key == _WIDE and not layout.is_phone()))


def show(
    kept: DisplayCopy, answer: str, found: OnLesion | None, judged: Judgement | None = None
) -> None:
    """Draw the picture under its map and what it shows in words.

    ``answer`` is the class that the map is of; where what the picture was ``judged`` is another,
    that is said. ``found`` is the map's share on the lesion, ``None`` where no lesion was found.
    """
    saliency_map = kept.saliency_map
    if not saliency_map.any():
        st.info(f"The map is empty: no place in this picture spoke for '{answer}'.")
        return
    peak = where(saliency_map)
    _blend(kept, peak)
    st.image(
        legend(), width="stretch", alt="Colour scale from dark violet, little, to yellow, most."
    )
    st.caption(
        f"Where the network found most evidence for '{answer}' (yellow most, no colour none): "
        f"the {peak}. The map shows where it looked, not whether it understood."
    )
    if judged is not None and judged != answer:
        st.markdown(
            f"What speaks for '{answer}' is marked, but that is not its answer, which is "
            f"'{LOOKS[judged]}'."
        )
    _about_lesion(found)


@st.fragment
def _blend(kept: DisplayCopy, peak: str) -> None:
    """Blend map and picture: a fragment, so moving the slider computes nothing else.

    What it is given stays in the server's memory with the visit.
    """
    with st.container(key="photo-map"):
        place = st.empty()
    strength = st.slider("How strongly the map is laid over", 0, 100, 60, format="%d %%")
    place.image(
        kept.overlay_file(strength / 100), output_format="JPEG",
        alt=f"The picture with its saliency map, which is strongest in the {peak}.",
    )  # fmt: skip


def where(saliency_map: NDArray[np.float32]) -> str:
    """In words, which ninth of the picture holds the map's peak."""
    y, x = np.unravel_index(int(saliency_map.argmax()), saliency_map.shape)
    row, column = (
        _ROWS[3 * int(y) // saliency_map.shape[0]],
        _COLUMNS[3 * int(x) // saliency_map.shape[1]],
    )
    return "centre" if (row, column) == ("middle", "centre") else f"{row} {column}"


def _about_lesion(found: OnLesion | None) -> None:
    """Whether the map lies on the lesion, as far as a simple rule of colours can find one."""
    if found is None:
        st.markdown(
            ":material/help: A simple rule of colours finds no lesion's edge in the whole picture, "
            "so the map can't be checked against one."
        )
        return
    st.markdown(
        f"**{100 * found.share:.0f}\N{NO-BREAK SPACE}%** of the map lies on the lesion, as a "
        "simple rule of colours finds it. If it had looked everywhere alike, "
        f"**{100 * found.flat:.0f}\N{NO-BREAK SPACE}%** would."
    )
    if found.beside:
        st.markdown(
            ":material/warning: **The network looked beside the lesion.** Its answer rests on "
            "something else. Don't rely on it."
        )
