"""The model that visitors meet first is made ready before the first of them asks for it.

Importing torch and reading the weights takes seconds, which the first check after a start would
wait for. A first page that is asked for at once goes before: the two would halve each other's pace.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
from collections.abc import AsyncIterator

from core import checkpoints
from core.pictures.drawn_lesion import draw_lesion
from core.runtime import memory
from pages.components import loaded_models
from pages.server import visits

_LOGGER = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that the first page has to be drawn; after them there is nobody who would be slowed."""

first_page_drawn, server_ended = threading.Event(), threading.Event()


def page_is_drawn() -> None:
    """Say that a page is on its visitor's screen."""
    first_page_drawn.set()


def make_ready(patience: float = PATIENCE) -> None:
    """Load the default model once a page is drawn, and have it look at a first picture."""
    first_page_drawn.wait(patience)
    name = checkpoints.default()
    if name is None or server_ended.is_set():
        return
    gc.disable()  # a sixth of the time went into looking for circles in what is being imported
    try:
        _look(name)
    except Exception:  # the page that asks for the model says what is wrong with it
        _LOGGER.exception("The model %r could not be made ready", name)
    finally:
        gc.enable()
    memory.set_aside()
    memory.give_back()


def _look(name: str) -> None:
    """All that a first check would import and build."""
    from core.saliency import display_copy

    model = loaded_models.loaded(name)
    picture = draw_lesion(320, 240)
    explanation = model.explain(picture)
    model.assess_explained(picture, explanation)
    display_copy.keep(picture, explanation.saliency_map, model.geometry).overlay_file(0.6)


@contextlib.asynccontextmanager
async def serving(app: object) -> AsyncIterator[None]:
    """For as long as the server runs: the first model made ready, and ended visits forgotten."""
    thread = threading.Thread(target=make_ready, name="preload")
    thread.start()
    try:
        async with visits.forgetting(app):
            yield
    finally:
        server_ended.set()
        first_page_drawn.set()
