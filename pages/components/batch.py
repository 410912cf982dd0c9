"""Many files judged one after another: a bar that grows, a button that stops, rows that stay."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass
class _Progress:
    """What one visitor has got so far: the script may be stopped between any two rows."""

    of: tuple[str, ...]  # the files and the model
    rows: list[Row] = field(default_factory=list)
    stopped: bool = False
    refusal: str | None = None


def run(files: PhotoFiles, model: Classifier, state: str = _STATE) -> list[Row]:
    """Judge what has not been judged yet; returns all rows, also after a stop.

    ``state`` is where a visitor's rows are kept: a page that runs on other files has its own.
    """
    progress = _progress((*files.ids, model.card.name), state)
    place = st.empty()
    if len(progress.rows) < len(files) and not progress.refusal:
        if not progress.stopped:
            with place.container():
                _go_on(progress, files, model)
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
    return progress.rows


def _progress(of: tuple[str, ...], state: str) -> _Progress:
    kept = st.session_state.get(state)
    if not isinstance(kept, _Progress) or kept.of != of:
        kept = st.session_state[state] = _Progress(of)
    return kept


def _go_on(progress: _Progress, files: PhotoFiles, model: Classifier) -> None:
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
                progress.rows.append(row)
                bar.progress(number / len(files), f"{number} of {len(files)} files looked at")
    except ArchiveRejected as refusal:
        progress.refusal = str(refusal)


def _stop(progress: _Progress) -> None:
    progress.stopped = True


def _start(progress: _Progress) -> None:
    progress.stopped = False
