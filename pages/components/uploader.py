"""A photo from a file, the camera, the drawing board, or the gallery where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from PIL import Image

from core import images
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.examples import Example
from pages.components import example_row, isic_gallery, work_queue

UPLOAD, CAMERA, DRAWN = "Upload a photo", "Use the camera", "Try a drawing"
CARRIED = "Your photo"

PROMISE = (
    ":material/lock: {} looked at in this server's memory and never stored. "
    "What the camera wrote into the file, such as the place, is dropped and never sent on."
)


# Where a visitor's session holds the last photo that was opened, and what pages computed from it:
# both are forgotten with the photo.
_CARRIED, KEPT = "photo_carried", "photo_kept"
# The name of the example that was clicked last; how often the uploader was emptied for one.
_EXAMPLE, _EMPTIED = "photo_example", "photo_emptied"


@dataclass(frozen=True)
class Photo:
    """An upright RGB picture without metadata; ``drawn`` if no camera ever saw it.

    ``id`` tells one upload from the next, the same file sent again included. ``example`` is the
    one of the app's own pictures that it is, if it is one.
    """

    image: Image.Image
    drawn: bool
    id: str
    example: Example | None = None


@dataclass(frozen=True)
class Sent:
    """A photo's file as it was sent, not yet opened; ``None`` stands for the drawing."""

    data: bytes | None = None
    id: str = DRAWN


def choose() -> Photo | None:
    """Ask for a photo; ``None`` until there is one. A refusal is told in its own sentence."""
    sent = _ask([UPLOAD, CAMERA, DRAWN], UPLOAD)
    return None if sent is None else opened(sent)


def choose_or_carry() -> Sent | None:
    """Ask likewise, but begin with the photo of another page, or with the drawing if none is."""
    if _CARRIED in st.session_state:
        return _ask([CARRIED, UPLOAD, CAMERA, DRAWN], CARRIED)
    return _ask([DRAWN, UPLOAD, CAMERA], DRAWN)


def opened(sent: Sent) -> Photo | None:
    """The photo, which other pages may then carry on with; ``None``, and a sentence, if refused."""
    if sent.data is None:
        return Photo(draw_lesion(), drawn=True, id=sent.id)
    try:
        with work_queue.turn():  # a large photo takes 300 MiB while it is decoded
            image = images.open_image(sent.data)
    except images.ImageRejected as refusal:
        st.error(str(refusal), icon=":material/broken_image:")
        return None
    st.session_state[_CARRIED] = sent
    return Photo(image, drawn=False, id=sent.id, example=example_row.named(sent.id))


def _ask(ways: list[str], first: str) -> Sent | None:
    way = st.segmented_control(
        "Where the photo comes from", ways,
        default=first, required=True, label_visibility="collapsed",
    )  # fmt: skip
    if way == CARRIED:
        st.caption(PROMISE.format("Your photo is"))
        carried: Sent = st.session_state[_CARRIED]
        return carried
    isic_gallery.shelf().ask()
    if way == DRAWN:
        chosen = isic_gallery.choose()
        if chosen is not None:
            return Sent(chosen.data, chosen.isic_id)
        st.caption(
            ":material/draw: This is a **drawing** made by a program, not a photo of anyone. "
            "It shows how the page works; what the model says about it means nothing."
        )
        return Sent()
    if way == CAMERA:
        file = st.camera_input(
            "Take a picture of the lesion", help="Close, sharp and in daylight.",
            on_change=_forget,
        )  # fmt: skip
    else:
        file = st.file_uploader(
            "Photo of one skin lesion (JPEG, PNG, WebP or HEIC, up to 10 MB)",
            type=list(images.EXTENSIONS), max_upload_size=images.MAX_BYTES // 2**20,
            on_change=_forget, key=f"photo file {st.session_state.get(_EMPTIED, 0)}",
        )  # fmt: skip
    st.caption(PROMISE.format("The photo is"))
    if way == UPLOAD:
        example_row.show(_choose_example)
    if file is not None:
        return Sent(file.getvalue(), file.file_id)
    example = example_row.named(st.session_state.get(_EXAMPLE, ""))
    return None if example is None or way != UPLOAD else Sent(example.data, example.file)


def _forget() -> None:
    """Another photo, or none: the one before is not carried any further."""
    for key in (_CARRIED, KEPT, _EXAMPLE):
        st.session_state.pop(key, None)


def _choose_example(file: str) -> None:
    """An example takes the place of whatever was uploaded before."""
    _forget()
    st.session_state[_EXAMPLE] = file
    st.session_state[_EMPTIED] = st.session_state.get(_EMPTIED, 0) + 1
