"""What the server has once, for all visitors: the queue, the networks, the gallery.

Not ``st.cache_resource``: any visitor may send the message that empties Streamlit's caches, and a
queue that is forgotten lets everybody in.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Thing = TypeVar("Thing")

_made: dict[Callable[[], Any], Any] = {}
_lock = threading.RLock()


def server_wide(make: Callable[[], Thing]) -> Callable[[], Thing]:
    """A function that makes its result when it is first called, and then gives the same."""

    @functools.wraps(make)
    def get() -> Thing:
        with _lock:
            if make not in _made:
                _made[make] = make()
            thing: Thing = _made[make]
            return thing

    return get


def forget() -> None:
    """Make all of it anew when it is next asked for: between tests."""
    with _lock:
        _made.clear()
