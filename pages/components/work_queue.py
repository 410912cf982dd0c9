"""Heavy work waits its turn: as many checks at once as there are cores, the others in a row.

Torch computes each check on one thread (``core.classifier.load_for_serving``). More checks at once
than cores would make all of them slower and hold more photos in memory, and speed nobody up.

    with work_queue.turn():
        explanation = model.explain(photo.image)

What takes longer than two seconds gives its place away between two batches, shows how far it is,
can be stopped, and ends where its visitor has left:

    explanation = work_queue.in_batches(
        "Score-CAM", key, lambda between: model.explain(photo.image, "Score-CAM", between))
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.runtime import memory
from core.runtime.between import Between
from core.runtime.cores import cores
from pages.components.server_wide import server_wide

Tell = Callable[[int], object]
Result = TypeVar("Result")

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
    def turn(self, tell: Tell) -> Iterator[Turn]:
        """Wait for a place and hold it; it is free again however the work ends.

        ``tell(n)`` hears, while this one waits, how many have to end before it begins; where it
        raises (the visitor left), the ticket is given back. ``QueueFull`` if the row is too long.
        """
        held = Turn(self, tell)
        self._enter(tell, self.most_waiting)
        held.holds = True
        try:
            yield held
        finally:
            if held.holds:
                self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def _enter(self, tell: Tell, most_waiting: float) -> None:
        with self._changed:
            if self._inside >= self.places and len(self._waiting) >= most_waiting:
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


class Turn:
    """A place that is held."""

    def __init__(self, queue: Queue, tell: Tell) -> None:
        self._queue, self._tell, self.holds = queue, tell, False

    def let_others(self) -> None:
        """Where others wait, go back to the end of the row; returns when it is this one's turn."""
        if not self._queue.waiting:
            return
        self.holds = False
        self._queue._leave()
        self._queue._enter(self._tell, math.inf)  # who has begun is not sent away
        self.holds = True


@server_wide
def shared_queue() -> Queue:
    """The one queue of this server."""
    return Queue(cores())


@contextlib.contextmanager
def turn(place: DeltaGenerator | None = None) -> Iterator[Between]:
    """A place at the server's one queue, with a sentence on the page for as long as it waits.

    The sentence stands in ``place``, an ``st.empty()``, or else where this is called. Where the row
    is too long the page says so and ends here, as ``st.stop`` does. Never within another turn: two
    visitors who each hold a place and wait for a second one would wait for ever.

    What is yielded is for work in several batches, and is called between two of them.
    """
    place = place or st.empty()
    said: list[int] = []

    def tell(before: int) -> None:
        said.append(before)
        place.info(f"Many visitors at once: {before} before you.", icon=":material/hourglass:")

    def quiet() -> None:
        if said:
            place.empty()
            said.clear()

    with contextlib.ExitStack() as held:
        try:
            own = held.enter_context(shared_queue().turn(tell))
        except QueueFull:
            place.warning(
                "Too many visitors at once. Please try again in a minute; nothing was lost.",
                icon=":material/hourglass_disabled:",
            )
            st.stop()

        def between(_share: float) -> None:
            end_if_left()
            own.let_others()
            quiet()

        quiet()
        held.callback(memory.give_back)  # before the next in the row begins
        yield between


@contextlib.contextmanager
def unseen_turn() -> Iterator[None]:
    """A place at the same queue for what no page is drawn by, as a file that is asked for.

    Raises ``QueueFull``.
    """
    with shared_queue().turn(lambda _before: None):
        try:
            yield
        finally:
            memory.give_back()  # before the next in the row begins


@contextlib.contextmanager
def long_turn(text: str, key: str, stop: Callable[[], None] | None = None) -> Iterator[Between]:
    """``turn`` for what takes seconds: with a bar that grows and a button that stops it.

    ``key`` tells this work from all others of the visitor. Any click ends the script that runs;
    ``stop`` is for a page whose next run would begin the same work anew.
    """
    place = st.empty()
    with place.container():
        st.button("Stop", icon=":material/stop_circle:", key=f"stop {key}", on_click=stop)
        bar, waiting, start = st.progress(0.0, text), st.empty(), time.monotonic()
        with turn(waiting) as pause:

            def between(share: float) -> None:
                left = (time.monotonic() - start) * (1 - share) / share
                bar.progress(share, f"{text}: about {left:.0f} s left" if left > 1 else text)
                pause(share)

            yield between
    place.empty()


def in_batches(text: str, key: str, work: Callable[[Between], Result]) -> Result | None:
    """What ``work`` returns, in a ``long_turn``; ``None`` once it was stopped.

    A button then begins it anew. ``work`` calls what it is given between two batches.
    """
    stopped = f"stopped {key}"

    def stop() -> None:
        st.session_state[stopped] = True

    if stopped in st.session_state:
        st.button(
            f"Go on: {text}", icon=":material/play_arrow:", key=f"go {key}",
            on_click=st.session_state.pop, args=(stopped, None),
        )  # fmt: skip
        return None
    with long_turn(text, key, stop) as between:
        return work(between)


def end_if_left() -> None:
    """End the script here if its visitor left, or has asked for another run of the page."""
    _ = "any" in st.session_state  # Streamlit looks whenever its state is asked
