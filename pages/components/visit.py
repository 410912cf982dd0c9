"""The one photo of a visit: whatever page it was chosen on, every page has it until it goes.

It lives in the visitor's own session and nowhere else: when the server forgets a visitor who has
left, the photo and all that was computed from it are gone with the rest.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import streamlit as st
from PIL import Image
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SENT, _THUMBNAIL, _REFUSAL = "visit photo", "visit thumbnail", "visit refusal"
# What pages computed from the photo, by keys of their own: forgotten with it.
KEPT = "visit kept"
_ANSWERED_BY = "answered by"
_THUMBNAIL_SIDE = 128  # pixels, shown at half of it


@dataclass(frozen=True)
class Sent:
    """A photo's file as it was sent, not yet opened; no ``data`` stands for the drawing.

    ``id`` tells one upload from the next, the same file sent again included; of an example it is
    the file's name. A part of a photo knows the ``whole``.
    """

    data: bytes | None = None
    id: str = "drawing"
    whole: Sent | None = None

    @property
    def source(self) -> str:
        """The ``id`` of the file that was sent, of a part too."""
        return self.whole.source if self.whole else self.id


def photo() -> Sent | None:
    """The photo of this visit, if there is one."""
    sent: Sent | None = st.session_state.get(_SENT)
    return sent


def begin(sent: Sent) -> None:
    """A new photo: the one before is forgotten, and what was computed from it."""
    forget()
    st.session_state[_SENT] = sent


def forget() -> None:
    """No photo any more, nor its file, which counts against what a visit may hold."""
    sent, context = photo(), get_script_run_ctx()
    if sent is not None and context is not None:
        manager: Any = runtime.get_instance().uploaded_file_mgr
        manager.remove_file(context.session_id, sent.id)
    for key in (_SENT, _THUMBNAIL, _REFUSAL, KEPT):
        st.session_state.pop(key, None)


def refuse(sentence: str) -> None:
    """The photo can't be opened: it goes, and the sentence is told where another is asked for."""
    forget()
    st.session_state[_REFUSAL] = sentence


def refusal() -> str | None:
    """Why the last photo was refused, until another is sent."""
    sentence: str | None = st.session_state.get(_REFUSAL)
    return sentence


def kept() -> dict[Any, Any]:
    """What pages have computed from this photo, for as long as it stays."""
    found: dict[Any, Any] = st.session_state.setdefault(KEPT, {})
    return found


def answer_is_by(model: str) -> None:
    """The photo's answer is that of the model called so."""
    kept()[_ANSWERED_BY] = model


def answered_by() -> str | None:
    """What the model is called that gave the photo's answer; ``None`` before there is one."""
    name: str | None = kept().get(_ANSWERED_BY)
    return name


def keep_thumbnail(picture: Image.Image) -> None:
    """A small copy of the opened photo, for the strip."""
    if _THUMBNAIL not in st.session_state:
        small = picture.copy()
        small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
        packed = io.BytesIO()
        small.save(packed, "JPEG", quality=80)
        st.session_state[_THUMBNAIL] = packed.getvalue()


def thumbnail() -> bytes | None:
    """The small copy as a JPEG file, once the photo was opened."""
    found: bytes | None = st.session_state.get(_THUMBNAIL)
    return found
