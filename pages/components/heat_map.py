"""The saliency map over the picture, and in words what it shows and whether to trust it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.lesion_mask import find_lesion
from core.saliency_view import legend, overlay, share_inside

DISPLAY = 900  # longest side in pixels that is sent to a browser
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def display_copy(image: Image.Image) -> Image.Image:
    """The picture as it is shown: a full photo of a phone is ten times what a screen holds."""
    copy = image.copy()
    copy.thumbnail((DISPLAY, DISPLAY), Image.Resampling.BILINEAR)
    return copy


def show(picture: Image.Image, heat: NDArray[np.float32], answer: str) -> None:
    """Draw picture and map; ``heat`` (H, W) in [0, 1] is of the picture's size."""
    if not heat.any():
        st.image(picture, width="stretch", alt="The picture; its saliency map is empty.")
        st.info(f"The map is empty: no place in this picture spoke for '{answer}'.")
        return
    peak = where(heat)
    _blend(picture, heat, peak)
    st.image(
        legend(), width="stretch", alt="Colour scale from dark violet, little, to yellow, most."
    )
    st.caption(
        f"Where the network found most evidence for '{answer}' (yellow most, no colour none): "
        f"the {peak}. The map shows where it looked, not whether it understood."
    )
    st.markdown(about_lesion(heat, find_lesion(picture)))


@st.fragment
def _blend(picture: Image.Image, heat: NDArray[np.float32], peak: str) -> None:
    """A fragment: moving the slider blends again, and computes nothing else."""
    place = st.empty()
    strength = st.slider("How strongly the map is laid over", 0, 100, 60, format="%d %%")
    place.image(
        overlay(picture, heat, strength / 100), width="stretch", output_format="JPEG",
        alt=f"The picture with its saliency map, which is strongest in the {peak}.",
    )  # fmt: skip


def where(heat: NDArray[np.float32]) -> str:
    """In words, which ninth of the picture holds the map's peak."""
    y, x = np.unravel_index(int(heat.argmax()), heat.shape)
    row, column = _ROWS[3 * int(y) // heat.shape[0]], _COLUMNS[3 * int(x) // heat.shape[1]]
    return "centre" if (row, column) == ("middle", "centre") else f"{row} {column}"


def about_lesion(heat: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> str:
    """Whether the map lies on the lesion, as far as a simple rule of colours can find one."""
    if mask is None:
        return ":material/help: No lesion stands out here, so the map can't be checked against one."
    share, chance = share_inside(heat, mask), float(mask.mean())
    figures = f"{100 * share:.0f} % of the map lies on the lesion, which fills {100 * chance:.0f} %"
    if share <= chance:
        return (
            f":material/warning: **The network looked beside the lesion**: {figures} of the "
            "picture. Its answer rests on something else. Don't rely on it."
        )
    return f":material/target: {figures} of the picture (as a simple rule of colours finds it)."
