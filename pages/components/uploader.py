"""The photo of this visit, or the ways to choose one: a file, the camera, a real example."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import images
from core.labels import PHOTO
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.examples import Example, first_file
from core.results.limits import Limits
from pages.components import example_row, layout, photo_tips, visit, visit_strip, work_queue
from pages.components.visit import Sent

UPLOAD, CAMERA = "Upload a photo", "Take a photo"

PROMISE = (
    ":material/lock: {} looked at in this server's memory and never stored. "
    "What the camera wrote into the file, such as the place, is dropped and never sent on."
)
_LABEL = "Photo of one skin lesion (JPEG, PNG, WebP or HEIC, up to 10 MB)"
# The widgets that a photo comes in by: a new name empties one.
_EMPTIED = "visit emptied"


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


def ask() -> Sent | None:
    """The photo of this visit; else, or where another is asked for, the ways to choose one."""
    sent = visit.photo()
    if sent is None or visit_strip.another_is_asked_for():
        _ways()
    return sent


def ask_or_example(limits: Limits | None) -> Sent:
    """``ask``, but where no photo was chosen yet, an example: there is always something to see.

    It is of a kind that the model with these limits judges.
    """
    sent = ask()
    if sent is not None:
        return sent
    photos = limits is None or PHOTO in limits.kinds_judged
    example = example_row.named(first_file(photos))
    if example is None:
        return Sent()
    st.caption(f"Until then an example: {example.shows.lower()}.")
    return Sent(example.data, example.file)


def opened(sent: Sent) -> Photo:
    """The photo. If it is refused the page is drawn anew, and another is asked for."""
    if sent.data is None:
        return Photo(draw_lesion(), drawn=True, id=sent.id)
    try:
        with work_queue.turn():  # a large photo takes 300 MiB while it is decoded
            image = images.open_image(sent.data)
    except images.ImageRejected as refusal:
        visit.refuse(str(refusal))
        st.rerun()
    if visit.photo() == sent:
        visit.keep_thumbnail(image)
    return Photo(image, drawn=False, id=sent.id, example=example_row.named(sent.source))


def _ways() -> None:
    refusal, number = visit.refusal(), st.session_state.get(_EMPTIED, 0)
    if refusal is not None:
        with st.container(key="photo-answer"):
            st.error(refusal, icon=":material/broken_image:")
            layout.focus_answer(f"refused {number}")
    photo_tips.show()
    way = st.segmented_control(
        "Where the photo comes from", [UPLOAD, CAMERA],
        default=UPLOAD, required=True, key="photo-way", label_visibility="collapsed",
    )  # fmt: skip
    if way == UPLOAD:
        _file(_LABEL, f"photo-file-{number}")
    elif layout.is_phone():
        _file("Photo of one skin lesion, by this phone's camera", f"photo-camera-{number}")
        layout.ask_for_camera()
    else:
        key = f"photo-camera-{number}"
        st.camera_input(
            "Take a picture of the lesion", help="Close, sharp and in daylight.",
            resolution="1080p", key=key, on_change=begin_with, args=(key,),
        )  # fmt: skip
    st.caption(PROMISE.format("The photo is"))
    example_row.show(_begin_example)


def accepted(*others: str) -> list[str] | None:
    """What an uploader of photos lets through, and files with the endings ``others``.

    A file's content decides, not its name, so a computer's may be called anything: what is no photo
    gets our own sentence. A phone is told that pictures are wanted, and offers them and its camera.
    """
    if layout.is_phone():
        return ["image/*", *images.EXTENSIONS, "hif", *others]
    return None


def _file(label: str, key: str) -> None:
    st.file_uploader(
        label, type=accepted(), max_upload_size=images.MAX_BYTES // 2**20,
        key=key, on_change=begin_with, args=(key,),
    )  # fmt: skip


def begin_with(key: str) -> None:
    """The file in the widget is the photo of this visit from now on."""
    file = st.session_state[key]
    if isinstance(file, UploadedFile):  # not one that the browser names and that is gone
        visit.begin(Sent(file.getvalue(), file.file_id))
        _empty()


def _begin_example(file: str) -> None:
    example = example_row.named(file)
    if example is not None:
        asked = visit_strip.another_is_asked_for()
        visit.begin(Sent(example.data, example.file))
        if asked and not layout.is_phone():  # the row stays, to go on with the next
            visit_strip.ask_for_another(example.file)
        _empty()


def _empty() -> None:
    st.session_state[_EMPTIED] = st.session_state.get(_EMPTIED, 0) + 1
