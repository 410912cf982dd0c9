"""A photo from a file, the camera, the drawing board, or the gallery where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from PIL import Image
from starlette.formparsers import MultiPartParser

from core import images, photo_archive
from core.drawn_example import draw_lesion
from pages.components import gallery, queue

UPLOAD, CAMERA, DRAWN = "Upload a photo", "Use the camera", "Try a drawing"

# Streamlit's web framework writes uploads above 1 MB to a temporary file. We promise that a photo
# stays in memory, so the largest archive of photos that is accepted fits there, form and all.
MultiPartParser.spool_max_size = photo_archive.MAX_BYTES + 2**21
PROMISE = (
    ":material/lock: {} looked at in this server's memory and never stored. "
    "What the camera wrote into the file, such as the place, is dropped and never sent on."
)


@dataclass(frozen=True)
class Photo:
    """An upright RGB picture without metadata; ``drawn`` if no camera ever saw it.

    ``id`` tells one upload from the next, the same file sent again included.
    """

    image: Image.Image
    drawn: bool
    id: str


def choose() -> Photo | None:
    """Ask for a photo; ``None`` until there is one. A refusal is told in its own sentence."""
    way = st.segmented_control(
        "Where the photo comes from", [UPLOAD, CAMERA, DRAWN],
        default=UPLOAD, required=True, label_visibility="collapsed",
    )  # fmt: skip
    gallery.shelf().ask()
    if way == DRAWN:
        chosen = gallery.choose()
        if chosen is not None:
            isic_id, image = chosen
            return Photo(image, drawn=False, id=isic_id)
        st.caption(
            ":material/draw: This is a **drawing** made by a program, not a photo of anyone. "
            "It shows how the page works; what the model says about it means nothing."
        )
        return Photo(draw_lesion(), drawn=True, id=DRAWN)
    if way == CAMERA:
        file = st.camera_input("Take a picture of the lesion", help="Close, sharp and in daylight.")
    else:
        file = st.file_uploader(
            "Photo of one skin lesion (JPEG, PNG, WebP or HEIC, up to 10 MB)",
            type=list(images.EXTENSIONS), max_upload_size=images.MAX_BYTES // 2**20,
        )  # fmt: skip
    st.caption(PROMISE.format("The photo is"))
    if file is None:
        return None
    try:
        with queue.turn():  # a large photo takes 300 MiB while it is decoded
            image = images.open_image(file.getvalue())
        return Photo(image, drawn=False, id=file.file_id)
    except images.ImageRejected as refusal:
        st.error(str(refusal), icon=":material/broken_image:")
        return None
