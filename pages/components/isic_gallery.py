"""Real pictures to try, from the ISIC Archive, where the network reaches it; else nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import streamlit as st
from PIL import Image

from core import images
from core.pictures import isic_gallery
from core.pictures.isic_gallery import Specimen

DRAWING = "The drawing"
AGAIN = 900.0  # seconds until an archive that gave nothing is asked again
_WIDTH = 96  # pixels: three in a row on a phone


class Shelf:
    """What has been fetched so far, for all visitors; a thread fetches and nobody waits for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._asked: float | None = None
        self._thread: threading.Thread | None = None
        self._specimens: dict[str, Specimen] = {}
        self._thumbnails: dict[str, Image.Image] = {}

    def ask(self) -> None:
        """Begin to fetch, unless that is under way, done, or was tried a moment ago."""
        with self._lock:
            now = self._clock()
            under_way = self._thread is not None and self._thread.is_alive()
            lately = self._asked is not None and now - self._asked < AGAIN
            if self._specimens or under_way or lately:
                return
            self._asked = now
            self._thread = threading.Thread(target=self._fetch, name="gallery", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until the fetch that is under way has ended."""
        if self._thread is not None:
            self._thread.join()

    def _fetch(self) -> None:
        found = isic_gallery.fetch()
        small = {one.isic_id: _small(one) for one in found}
        with self._lock:
            self._specimens = {one.isic_id: one for one in found}
            self._thumbnails = small

    def content(self) -> dict[str, tuple[Specimen, Image.Image]]:
        """Each picture by its id, with a small copy; empty until there are any."""
        with self._lock:
            return {key: (one, self._thumbnails[key]) for key, one in self._specimens.items()}


def _small(specimen: Specimen) -> Image.Image:
    picture = images.open_image(specimen.data)
    picture.thumbnail((2 * _WIDTH, 2 * _WIDTH))
    return picture


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """The one shelf of this server."""
    return Shelf()


def choose() -> Specimen | None:
    """Draw the gallery, if there is one; what was chosen of it, ``None`` for the drawing."""
    content = shelf().content()
    if not content:
        return None
    st.markdown(
        "Or a real picture through a dermatoscope, given to everybody (CC-0) by the ISIC Archive. "
        "The network may have seen it while it learned."
    )
    with st.container(horizontal=True):
        for number, (_, small) in enumerate(content.values(), 1):
            st.image(
                small, width=_WIDTH, output_format="JPEG", caption=f"Picture {number}",
                alt=f"Picture {number}: a skin lesion through a dermatoscope.",
            )  # fmt: skip
    names = {f"Picture {number}": key for number, key in enumerate(content, 1)}
    chosen = st.segmented_control(
        "Which picture", [DRAWING, *names], default=DRAWING, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen not in names:
        return None
    specimen, _ = content[names[chosen]]
    # Plain text, no Markdown: the words are the archive's.
    st.text(f"Known diagnosis: {specimen.diagnosis}")
    st.text(f"{specimen.isic_id}, {isic_gallery.LICENCE}, by {specimen.attribution}, ISIC Archive")
    return specimen
