"""Which file each line of a table means: by its own full name, or not at all.

A name as it may be shown is never used for this: it is shortened, and two files may share it.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

FOLDER = "images"  # beside a table, where pictures may be


def places(paths: Sequence[str], files: Iterable[str], folder: str = "") -> dict[str, int]:
    """The place in ``paths`` of each of ``files`` that is there.

    ``paths`` have forward slashes. A file is relative to ``folder``, which the table is in, to
    ``images/`` beside it or to where ``paths`` begin. What is written alike letter by letter comes
    first; then spaces, capitals and how accents are put together don't count, then an ending that
    the table leaves out; and never a name that two paths have. Two files may mean one path, which
    is for the caller to refuse.
    """
    left = {place: _as_written(path) for place, path in enumerate(paths)}
    tried = {file: _tried(folder, file) for file in files}
    found: dict[str, int] = {}
    for of_path, of_file in _ALIKE:
        if not tried:
            break
        named: dict[str, list[int]] = defaultdict(list)
        for place, path in left.items():
            named[of_path(path)].append(place)
        placed = {file: _place(map(of_file, names), named) for file, names in tried.items()}
        here = {file: place for file, place in placed.items() if place is not None}
        found |= here
        taken = set(here.values())
        left = {place: path for place, path in left.items() if place not in taken}
        tried = {file: names for file, names in tried.items() if file not in here}
    return found


def _place(tried: Iterable[str], named: Mapping[str, list[int]]) -> int | None:
    for name in tried:
        if name in named:
            return named[name][0] if len(named[name]) == 1 else None
    return None


def _tried(folder: str, file: str) -> tuple[str, ...]:
    path = _as_written(file.replace("\\", "/"))
    if path.startswith("/"):
        return (path,)
    beside = "" if _as_written(folder) == "." else f"{_as_written(folder)}/"
    return tuple(dict.fromkeys((beside + path, f"{beside}{FOLDER}/{path}", path)))


def _as_written(path: str) -> str:
    return str(PurePosixPath(path))


def _as_read(path: str) -> str:
    """Without what the eye can't see."""
    seen = path
    if not path.isascii():
        text = unicodedata.normalize("NFKC", path)
        seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return "/".join([" ".join(part.split()) for part in seen.split("/")])


def _in_capitals(path: str) -> str:
    return _as_read(path).casefold()


def _without_ending(path: str) -> str:
    whole = PurePosixPath(_in_capitals(path))
    return str(whole.with_suffix("") if whole.name else whole)  # of spaces alone nothing is left


# How a path and a file, both as written, are compared, the strictest first.
_ALIKE: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (str, str),
    (_as_read, _as_read),
    (_in_capitals, _in_capitals),
    (_without_ending, _in_capitals),
)
