"""Heavy work waits its turn: as many checks at once as there are cores, the others in a row.

Torch computes each check on one thread (``core.classifier.load_for_serving``). More checks at once
than cores would make all of them slower and hold more photos in memory, and speed nobody up.

    with queue.turn():
        explanation = model.explain(photo.image)
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.runtime import memory
from core.runtime.cores import cores

# How often a waiting visitor's sentence is brought up to date, in seconds. It is also how soon a
# visitor who left is noticed: writing to a page that is gone ends its script.
LOOK = 0.5
# Beyond this many waiting, a newcomer is asked to come back: nobody waits for minutes.
MOST_WAITING = 50


class QueueFull(RuntimeError):
    """Too many visitors wait already."""


class Queue:
    """First come, first served; ``places`` at once. Safe from any thread."""

    def __init__(self, places: int, most_waiting: int = MOST_WAITING) -> None:
        self.places, self.most_waiting = places, most_waiting
        self._inside = 0
        self._waiting: list[int] = []  # tickets, in order
        self._tickets = itertools.count()
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._waiting)

    @property
    def inside(self) -> int:
        """How many are at work."""
        with self._changed:
            return self._inside

    @contextlib.contextmanager
    def turn(self, tell: Callable[[int], object]) -> Iterator[None]:
        """Wait for a place and hold it; it is free again however the work ends.

        ``tell(n)`` hears, while this one waits, how many have to end before it begins; where it
        raises (the visitor left), the ticket is given back. ``QueueFull`` if the row is too long.
        """
        self._wait(tell)
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def _wait(self, tell: Callable[[int], object]) -> None:
        with self._changed:
            if self._inside >= self.places and len(self._waiting) >= self.most_waiting:
                raise QueueFull
            ticket = next(self._tickets)
            self._waiting.append(ticket)
        try:
            while True:
                with self._changed:
                    before = self._waiting.index(ticket)
                    to_end = before + self._inside - self.places + 1
                    if to_end <= 0:
                        self._inside += 1
                        return
                tell(to_end)  # outside the lock: it draws on a page
                with self._changed:
                    if self._waiting.index(ticket) + self._inside >= self.places:
                        self._changed.wait(LOOK)
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()


@st.cache_resource(show_spinner=False)
def _shared() -> Queue:
    """The one queue of this server."""
    return Queue(cores())


@contextlib.contextmanager
def turn(place: DeltaGenerator | None = None) -> Iterator[None]:
    """A place at the server's one queue, with a sentence on the page for as long as it waits.

    The sentence stands in ``place``, an ``st.empty()``, or else where this is called. Where the row
    is too long the page says so and ends here, as ``st.stop`` does. Never within another turn: two
    visitors who each hold a place and wait for a second one would wait for ever.
    """
    place = place or st.empty()
    said: list[int] = []

    def tell(before: int) -> None:
        said.append(before)
        place.info(f"Many visitors at once: {before} before you.", icon=":material/hourglass:")

    with contextlib.ExitStack() as held:
        try:
            held.enter_context(_shared().turn(tell))
        except QueueFull:
            place.warning(
                "Too many visitors at once. Please try again in a minute; nothing was lost.",
                icon=":material/hourglass_disabled:",
            )
            st.stop()
        if said:
            place.empty()
        held.callback(memory.give_back)  # before the next in the row begins
        yield
