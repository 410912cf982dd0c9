"""The things asked for last, and never more of them at once: for networks of 50 MB each.

A cache that forgets after it has made the next one holds one more while it makes it.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class BoundedCache(Generic[Thing]):
    """Things by name, made when they are first asked for; safe from any thread.

    Where all ``places`` are taken, what nobody has asked for longest goes before another is made.
    So it does where the ``size`` of what is kept, and of the one to be made, is more than ``room``;
    what is larger than that is kept alone. One is made at a time; what is there already is handed
    out meanwhile.
    """

    def __init__(
        self,
        make: Callable[[str], Thing],
        places: int,
        room: float = math.inf,
        size: Callable[[str], float] = lambda _name: 0.0,
    ) -> None:
        self._make, self._places, self._room, self._size = make, places, room, size
        self._kept: OrderedDict[str, Thing] = OrderedDict()  # longest unasked first
        self._looking, self._making = threading.Lock(), threading.Lock()

    def has(self, name: str) -> bool:
        """Whether it is there and need not be made."""
        with self._looking:
            return name in self._kept

    def get(self, name: str) -> Thing:
        """The thing called ``name``. Raises what making it raises; then nothing is kept of it."""
        with self._looking:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        with self._making:
            with self._looking:
                if name in self._kept:  # made while this one waited
                    return self._kept[name]
                while self._kept and not self._fits(name):
                    self._kept.popitem(last=False)
            made = self._make(name)
            with self._looking:
                self._kept[name] = made
            return made

    def _fits(self, name: str) -> bool:
        """Whether it can be made beside what is there."""
        together = sum(map(self._size, (*self._kept, name)))
        return len(self._kept) < self._places and together <= self._room
