"""Which picture of an archive each line of a table means: by its own full name, or not at all.

A name as it may be shown is never used for this: it is shortened, and two pictures may share it.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from core.pictures.archive import PhotoArchive
from core.pictures.member_names import ENCODINGS

FOLDER = "images"  # beside a table, where pictures may be


def matched(archive: PhotoArchive, files: Sequence[str]) -> tuple[PhotoArchive, dict[str, int]]:
    """The archive, and the place in it of the picture that each file of its one table means.

    A file is relative to the table, to ``images/`` beside it or to the archive. What is written
    alike letter by letter comes first; then spaces, capitals and how accents are put together don't
    count, then an ending that the table leaves out; and never a name that two pictures have. Two
    files may mean one picture, which is for the caller to refuse.
    Where names don't say which code page they are in, the table tells: the archive comes back with
    its names read in the one in which most files are found.
    """
    best = archive, _places(archive, files)
    if archive.names_are_guessed:
        for encoding in ENCODINGS:
            if len(best[1]) == len(files):
                break
            tried = archive.read_in(encoding)
            found = _places(tried, files)
            if len(found) > len(best[1]):
                best = tried, found
    return best


def _places(archive: PhotoArchive, files: Sequence[str]) -> dict[str, int]:
    folder = PurePosixPath(archive.table_paths()[0]).parent
    left = dict(enumerate(archive.paths))
    found: dict[str, int] = {}
    for of_picture, of_file in _ALIKE:
        places: dict[str, list[int]] = defaultdict(list)
        for place, path in left.items():
            places[of_picture(path)].append(place)
        tried = {file: [of_file(name) for name in _tried(folder, file)]
                 for file in files if file not in found}  # fmt: skip
        placed = {file: _place(names, places) for file, names in tried.items()}
        here = {file: place for file, place in placed.items() if place is not None}
        found |= here
        for place in set(here.values()):
            del left[place]
    return found


def _place(tried: Iterable[str], places: dict[str, list[int]]) -> int | None:
    for name in tried:
        if name in places:
            return places[name][0] if len(places[name]) == 1 else None
    return None


def _tried(folder: PurePosixPath, file: str) -> Iterable[str]:
    path = PurePosixPath(file.replace("\\", "/"))
    return (str(folder / path), str(folder / FOLDER / path), str(path))


def _as_written(path: str) -> str:
    return str(PurePosixPath(path))


def _as_read(path: str) -> str:
    """Without what the eye can't see."""
    text = unicodedata.normalize("NFKC", path)
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return "/".join(" ".join(part.split()) for part in PurePosixPath(seen).parts)


def _in_capitals(path: str) -> str:
    return _as_read(path).casefold()


def _without_ending(path: str) -> str:
    return str(PurePosixPath(_in_capitals(path)).with_suffix(""))


# How a picture's name and a file's are compared, the strictest first.
_ALIKE: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (_as_written, _as_written),
    (_as_read, _as_read),
    (_in_capitals, _in_capitals),
    (_without_ending, _in_capitals),
)
