"""One picture on ten simulated tones: what models answer on each, from one batch a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.components import charts, loaded_models, uploader, wording, work_queue

if TYPE_CHECKING:
    from core.probes.ten_tones import Strip

_WIDTH = 120  # pixels: five in a row on a desktop, two or three on a phone


def show() -> None:
    """Ask for a picture and up to two models, then draw the strip."""
    photo = uploader.choose()
    names = loaded_models.names()
    if photo is None or not names:
        return
    chosen = st.pills(
        "Models, two at most", names, selection_mode="multi", default=names[:2],
        format_func=loaded_models.title,
    )  # fmt: skip
    if len(chosen) > 2:
        st.info("Please choose two models at most.")
        return
    strips = {}
    for name in chosen:
        strip = _strip(name, photo)
        if strip is None:
            return
        strips[name] = strip
    if not strips:
        return
    first = next(iter(strips.values()))
    st.markdown("## The picture on ten tones: a simulation")
    with st.container(horizontal=True):  # as many in a row as the screen has room for
        for tone in first.tones:
            st.image(
                tone.picture, width=_WIDTH, output_format="JPEG", caption=tone.tone,
                alt=f"The picture with its skin simulated as {tone.tone}.",
            )  # fmt: skip
    rows = table(strips)
    st.plotly_chart(charts.by_tone(rows), width="stretch")
    st.dataframe(rows, hide_index=True)
    st.caption(
        f"The skin in this picture as it is: {first.skin.tone} (ITA {first.skin.ita:.0f}°), "
        "the apparent tone in this light and no skin type. The ten are the Monk scale. Darker "
        "pixels are not darker skin: whether the simulation agrees with people is under 'Over "
        "people'."
    )


def _strip(name: str, photo: uploader.Photo) -> Strip | None:
    from core.probes.ten_tones import on_ten_tones  # imports torch

    model = loaded_models.classifier(name)
    if model is None:
        return None
    with work_queue.turn(), st.spinner("Looking at ten tones."):
        strip = on_ten_tones(model, photo.image)
    if strip is None:
        st.info(
            "There is too little skin around the lesion in this picture to change its tone. "
            "Take it from a little further away."
        )
    return strip


def table(strips: dict[str, Strip]) -> pd.DataFrame:
    """A row a model and tone; chance and share in percent."""
    rows = [
        {
            "model": name, "tone": tone.tone, "chance": wording.chance(tone.probability),
            "chance, %": round(100 * tone.probability, 1), "answer": tone.answer,
            "map on the lesion, %": None if tone.share is None else round(100 * tone.share, 1),
        }
        for name, strip in strips.items()
        for tone in strip.tones
    ]  # fmt: skip
    return pd.DataFrame(rows)
