"""Files that are replaced in one step: a reader sees the old one or the new one."""

from __future__ import annotations

import contextlib
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` with ``text`` in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` with ``data`` in one step: written beside, then renamed.

    An ``OSError``, as on a full disk, leaves what was there and nothing beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            beside.unlink(missing_ok=True)
        if error.errno is not None:  # a message alone has no place for a name
            error.filename = str(path)
        raise
