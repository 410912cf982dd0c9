"""A visit that has ended is forgotten after two minutes, whether somebody else comes or not.

Streamlit keeps a visit for a while, in case its browser comes back, and looks for those whose time
is over only when another one begins or ends: on a quiet server a photo stayed for hours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from streamlit import runtime
from streamlit.runtime.app_session import AppSession

from core.runtime import memory

_LOGGER = logging.getLogger(__name__)

KEPT = 90.0
"""Seconds for which a visit without a browser is kept, at most; with LOOK and APART they stay
within the two minutes that 'About' promises."""
MOST_KEPT = 24
"""Visits without a browser, of which a phone that lost its network needs one. The oldest go first:
a class that leaves would else take the memory of the one that comes."""
LOOK = 5.0
APART = 15.0
"""Seconds between two searches for what ended visits have left, at least: one takes 0.4 s of the
processor, which at every look was a sixth of what a class takes that comes and goes."""
SWEPT = 60.0
"""Seconds after which what visitors who stay have let go of is looked for, too."""


async def forget(kept: float, most: int, look: float, apart: float) -> None:
    """Close what has been without a browser for ``kept`` seconds, until this task is cancelled.

    ``most`` may be without one at a time; ``look`` is how often that is seen to, and ``apart`` how
    often at most what they have left is searched for, in seconds.
    """
    since: dict[str, float] = {}  # when a visit was first seen without a browser, oldest first
    swept, left = time.monotonic(), False
    while True:
        await asyncio.sleep(look)
        try:
            left |= _close_over(since, kept, most)
            ago = time.monotonic() - swept
            if (left and ago >= apart) or (_visits() and ago >= SWEPT):
                left = False
                # What they held is in circles, and small pieces would stay in free blocks.
                await asyncio.to_thread(_sweep)
                swept = time.monotonic()
        except Exception:  # the next look may do better; without one nothing is forgotten
            _LOGGER.exception("Could not look for visits that have ended")


def _close_over(since: dict[str, float], kept: float, most: int) -> bool:
    """Close those that are over and bring ``since`` up to date; whether there were any."""
    server, now, visits = runtime.get_instance(), time.monotonic(), _visits()
    alone = {visit for visit in visits if not server.is_active_session(visit)}
    for visit in since.keys() - alone:
        del since[visit]
    for visit in alone - since.keys():
        since[visit] = now
    over = {visit for visit, then in since.items() if now - then >= kept}
    over.update(list(since)[: max(0, len(since) - most)])
    for visit in over:
        server.close_session(visit)
        # The server's loop still points at the last visit: its state, and what parts of its page
        # that are drawn again by themselves were given, go from within.
        state = visits[visit].session_state
        # Its own clearing reads every widget first, which fails for a value that no browser sends.
        state._new_widget_state.states.clear()
        state.clear()
        visits[visit]._fragment_storage.clear()
    return bool(over)


def _visits() -> dict[str, AppSession]:
    # The server's public methods tell of one visit that is asked for, and list none.
    found = runtime.get_instance()._session_mgr.list_sessions()
    return {visit.session.id: visit.session for visit in found}


def _sweep() -> None:
    memory.set_aside()
    memory.overwrite_small()
    memory.give_back()


@contextlib.asynccontextmanager
async def forgetting(_app: object) -> AsyncIterator[None]:
    """For as long as the server runs."""
    task = asyncio.create_task(forget(KEPT, MOST_KEPT, LOOK, APART))
    try:
        yield
    finally:
        task.cancel()
