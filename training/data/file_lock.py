"""A file that one process at a time holds, for work that several may come to at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def claim(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold ``path`` while inside; gives ``False`` at once if another does and ``wait`` is off.

    The system lets go of it when the process ends, in whatever way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
