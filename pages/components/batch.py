"""Many files judged one after another: a bar that grows, a button that stops, rows that stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

import streamlit as st

from core.batch import rows
from core.batch.rows import Row
from core.pictures.archive import ArchiveRejected
from pages.components import work_queue
from pages.components.photo_files import PhotoFiles

if TYPE_CHECKING:
    from core.classifier import Classifier

_STATE = "many_photos"


# Of a visit's photos, in bytes: so much is kept to open one of them after the page was left.
MOST_HELD = 32 * 2**20


@dataclass
class Batch:
    """What one visitor has got so far: the script may be stopped between any two rows.

    ``before`` are the rows, by the same model, of files that were chosen before the page was left.
    ``photos`` are the files of all rows, as far as they are held.
    """

    of: tuple[str, ...]  # the files and the model
    before: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    photos: list[bytes | None] = field(default_factory=list)
    left: bool = False
    stopped: bool = False
    refusal: str | None = None

    @property
    def model(self) -> str:
        """The name of the model that judged them."""
        return self.of[-1]

    @property
    def whole(self) -> list[Row]:
        """All rows, in order."""
        return [*self.before, *self.rows]


def run(files: PhotoFiles, model: Classifier, state: str = _STATE, hold: int = 0) -> Batch:
    """Judge what has not been judged yet; returns all rows, also after a stop.

    ``state`` is where a visitor's rows are kept: a page that runs on other files has its own.
    Of the files themselves ``hold`` bytes are kept.
    """
    progress = _progress((*files.ids, model.card.name), state)
    place = st.empty()
    if len(progress.rows) < len(files) and not progress.refusal:
        if not progress.stopped:
            with place.container():
                _go_on(progress, files, model, hold)
            place.empty()
        else:
            with place.container():
                st.info(
                    f"Stopped after {len(progress.rows)} of {len(files)} files.",
                    icon=":material/pause_circle:",
                )
                st.button("Go on", icon=":material/play_arrow:", on_click=_start, args=(progress,))
    if progress.refusal:
        st.error(progress.refusal, icon=":material/folder_off:")
    return progress


def kept(state: str = _STATE) -> Batch | None:
    """The rows from before the page was left, where no files are chosen now."""
    found: Batch | None = st.session_state.get(state)
    if found is None or not found.whole:
        return None
    found.left = True
    return found


def forget(state: str = _STATE) -> None:
    """No rows any more, nor their files."""
    st.session_state.pop(state, None)


def _progress(of: tuple[str, ...], state: str) -> Batch:
    last: Batch | None = st.session_state.get(state)
    if last is None or last.of != of:
        last = st.session_state[state] = Batch(of) if last is None else follow(last, of)
    return last


def follow(last: Batch, of: tuple[str, ...]) -> Batch:
    """The rows of other files so far: those that were there before are not judged again."""
    new = Batch(of)
    if last.model != new.model:
        return new
    if last.left:
        new.before, new.photos = last.whole, list(last.photos)
        return new
    pairs = zip(last.of[:-1], of[:-1], strict=False)
    same = sum(1 for _ in takewhile(lambda two: two[0] == two[1], pairs))
    new.before, new.rows = last.before, last.rows[:same]
    new.photos = last.photos[: len(new.whole)]
    return new


def _go_on(progress: Batch, files: PhotoFiles, model: Classifier, hold: int) -> None:
    """Streamlit breaks off where this draws, never inside a judgement: no row is half made.

    Each photo waits its own turn, so that a folder of 200 keeps no single photo waiting for long.
    """
    st.button("Stop", icon=":material/stop_circle:", on_click=_stop, args=(progress,))
    waiting = st.empty()
    bar = st.progress(0.0, text=f"0 of {len(files)} files looked at")
    try:
        for number, file in enumerate(files, 1):
            if number > len(progress.rows):
                with work_queue.turn(waiting):
                    row = rows.judge(model, file)
                held = sum(len(photo) for photo in progress.photos if photo)
                keep = row.probability is not None and held + len(file.data) <= hold
                progress.photos.append(file.data if keep else None)
                progress.rows.append(row)
                bar.progress(number / len(files), f"{number} of {len(files)} files looked at")
    except ArchiveRejected as refusal:
        progress.refusal = str(refusal)


def _stop(progress: Batch) -> None:
    progress.stopped = True


def _start(progress: Batch) -> None:
    progress.stopped = False
