"""A file that one process at a time holds, for work that several may come to at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from training.data.labelled_set import DataRejected

LOCK = ".lock"


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


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only one of our commands that writes into ``folder``, which is made if need be.

    Raises ``DataRejected`` if another is writing there. A folder that stays empty goes again.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    lock = folder / LOCK
    file = _held(lock)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # while it is held: nobody has it in between
        file.close()
        with suppress(OSError):  # not empty: it holds what was written
            for path in made:
                path.rmdir()


def _held(lock: Path) -> IO[str]:
    """The open and locked file, which is still the one of that name."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = lock.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise DataRejected(
                f"{lock.parent} is being written by another command: wait for it to end, or give "
                "another name."
            ) from error
        if lock.exists() and lock.stat().st_ino == os.fstat(file.fileno()).st_ino:
            return file
        file.close()  # whoever held it has removed it since it was opened: once more
