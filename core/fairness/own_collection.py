"""Somebody's own pictures with labels and groups: a zip that holds them and one table.

The CSV has the columns ``file`` (relative to itself, or to ``images/`` beside it), ``label``
(benign or malignant) or those of a collection that ``core.tables.layouts`` knows, if wanted
``person`` (who is shown: pictures of one person come as one), and any columns of groups.
Everything stays in memory; what is refused says so in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from core.fairness import own_table
from core.fairness.groups import LEAST
from core.fairness.own_table import names
from core.labels import CLASSES
from core.pictures import file_kinds
from core.pictures.archive import (
    ArchiveLimits,
    ArchiveRejected,
    PhotoArchive,
    PhotoFile,
    open_archive,
)
from core.pictures.member_names import ENCODINGS
from core.tables import listed_files
from core.tables.delimited import TableRejected
from core.tables.layouts import LABEL

if TYPE_CHECKING:
    import pandas as pd

LIMITS = ArchiveLimits(pictures=500)
MAX_TABLE = 2**20  # bytes of a CSV: 2 KB for each of 500 pictures
# Lines of a table that are compared with names in one code page after another, a tenth of a second
# each; a longer table is of a whole collection, whose names are plain.
_MOST_TRIED = 5_000
_NAMED = 3  # files told by name where many are concerned

_NOBODY = (
    "The CSV has no column 'person': each picture counts as another person, and where that is not "
    "so the intervals are too narrow."
)


class CollectionRejected(ArchiveRejected):
    """The archive is no collection; ``str()`` is a sentence for whoever chose it."""


@dataclass(frozen=True)
class OwnCollection:
    """Somebody's own pictures with their labels, as an archive holds them.

    ``table``: file, label (0 or 1), person and ``columns`` of groups, a row a picture of
    ``archive``, in its order. ``notes`` are sentences on what was left out and what is missing.
    """

    table: pd.DataFrame
    columns: tuple[str, ...]
    archive: PhotoArchive
    notes: tuple[str, ...]


def read(data: bytes, limits: ArchiveLimits = LIMITS) -> OwnCollection:
    """Check a zip before a picture of it is unpacked. Raises ``ArchiveRejected``."""
    archive = open_archive(data, limits)
    if not archive.table_paths():
        archive = archive.with_texts(own_table.is_one, MAX_TABLE)
    sheet = _one_table(archive)
    try:
        table = own_table.read(sheet.data)
    except TableRejected as refusal:
        raise CollectionRejected(f"The CSV {refusal}.") from refusal
    files = list(table.lines)
    archive, places = _matched(archive, files)
    if not places:
        raise CollectionRejected(
            f"No file that the CSV names is in the archive, not even {names(files[:1])}."
        )
    _check_one_each(places)
    kept = sorted(places, key=lambda file: places[file])
    shown, taken = archive.names, set(places.values())
    pictures = own_table.frame(
        [(shown[places[file]], file, table.lines[file]) for file in kept], table.columns
    )
    groups, not_groups = own_table.groups(pictures)
    if not groups:
        raise CollectionRejected(" ".join(not_groups))
    missing = [file for file in files if file not in places]
    unlisted = [name for place, name in enumerate(shown) if place not in taken]
    notes = (
        *([] if table.layout.is_plain else [f"Of the CSV, {table.layout.in_words()}"]),
        *_told(table.unknown, f"of which '{table.layout.label}' does not tell {{is}} left out"),
        *_told(missing, "that the CSV names {is} not in the archive and {is} left out"),
        *_told(unlisted, "in the archive {is} not in the CSV and {is} left out"),
        *filter(None, [file_kinds.left_out(archive.left_out)]),
        *not_groups,
        *([] if table.layout.person else [_NOBODY]),
        *_one_class(pictures),
    )
    return OwnCollection(pictures, groups, archive.only([places[file] for file in kept]), notes)


def small_groups(table: pd.DataFrame, by: str) -> list[str]:
    """A sentence for each group that has too few people of a class for all figures."""
    said = []
    for value, part in table.groupby(by):
        people = part["person"].nunique()
        counts = [part["person"][part["label"] == label].nunique() for label in (0, 1)]
        if people < LEAST:
            shown = "1 person" if people == 1 else f"{people} people"
            said.append(
                f"'{value}' is a group of {shown}: from fewer than {LEAST} nothing can be told."
            )
        elif min(counts) < LEAST:
            lacking = " and ".join(
                f"{count} with {name} lesions"
                for name, count in zip(CLASSES, counts, strict=True)
                if count < LEAST
            )
            said.append(
                f"'{value}' has only {lacking}: no figure that needs at least {LEAST} of them."
            )
    return said


def _one_table(archive: PhotoArchive) -> PhotoFile:
    sheets = list(archive.tables())
    if len(sheets) != 1:
        raise CollectionRejected(
            f"This archive holds {len(sheets) or 'no'} CSV file{'s' * (len(sheets) > 1)}; "
            "one is needed, with the columns file, label and at least one of groups."
        )
    if sheets[0].refusal:
        raise CollectionRejected(f"The CSV: {sheets[0].refusal}")
    if len(sheets[0].data) > MAX_TABLE:
        raise CollectionRejected("The CSV is over the limit of 1 MB.")
    return sheets[0]


def _matched(archive: PhotoArchive, files: Sequence[str]) -> tuple[PhotoArchive, dict[str, int]]:
    """The archive, and the place in it of the picture that each file of its one table means.

    Where names don't say which code page they are in, the table tells: the archive comes back with
    its names read in the one in which most files are found.
    """
    best = archive, _places(archive, files)
    if archive.names_are_guessed and len(files) <= _MOST_TRIED:
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
    return listed_files.places(archive.paths, files, str(folder))


def _check_one_each(places: dict[str, int]) -> None:
    files: dict[int, str] = {}
    for file, place in places.items():
        if place in files:
            raise CollectionRejected(f"The CSV lists {names([files[place], file])}: one picture.")
        files[place] = file


def _one_class(table: pd.DataFrame) -> list[str]:
    labels = set(table[LABEL])
    if labels == {1}:
        return [
            "All pictures are malignant: a model that always says malignant would find every one, "
            "and only benign pictures can show that it does."
        ]
    if labels == {0}:
        return [
            "All pictures are benign: a model that never raises alarm would be right every time, "
            "and only malignant pictures can show what it misses."
        ]
    return []


def _told(files: Sequence[str], what: str) -> list[str]:
    if not files:
        return []
    one = len(files) == 1
    said = what.replace("{is}", "is" if one else "are")
    few = names(files[:_NAMED]) + (" and more" if len(files) > _NAMED else "")
    return [f"{len(files)} file{'' if one else 's'} {said}: {few}."]
