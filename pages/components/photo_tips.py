"""How to take a photo, in three small pictures."""

from __future__ import annotations

import functools
import io

import streamlit as st

from core.pictures.photo_tips import SIDE, TIPS, Tip, draw

_WIDTH = len(TIPS) * (SIDE // 2) + 32  # pixels, two gaps among them; a narrow phone has less


def show() -> None:
    """Draw the three in a row; nothing where the examples that they are made of are missing."""
    try:
        pictures = [_jpeg(tip) for tip in TIPS]
    except FileNotFoundError:
        return
    with st.container(horizontal=True, wrap=False, gap="small", width=_WIDTH, key="photo-tips"):
        for tip, picture in zip(TIPS, pictures, strict=True):
            st.image(
                picture, width="stretch", caption=tip.words,
                alt=f"{tip.words}: the same spot taken badly, with a cross, and well, with a tick.",
            )  # fmt: skip


@functools.lru_cache(maxsize=len(TIPS))
def _jpeg(tip: Tip) -> bytes:
    packed = io.BytesIO()
    draw(tip).save(packed, "JPEG", quality=85)
    return packed.getvalue()
