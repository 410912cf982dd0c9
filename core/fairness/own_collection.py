"""Somebody's own pictures with labels and groups: a zip that holds them and one CSV.

The CSV has the columns ``file`` (relative to itself, or to ``images/`` beside it), ``label``
(benign or malignant), if wanted ``person`` (who is shown: pictures of one person come as one), and
any columns of groups. Everything stays in memory; what is refused says so in one sentence.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.fairness import listed_files
from core.fairness.groups import LEAST, NOT_RECORDED
from core.labels import CLASSES
from core.pictures import file_kinds
from core.pictures.archive import (
    ArchiveRejected,
    Limits,
    PhotoArchive,
    PhotoFile,
    open_archive,
)
from core.pictures.display_names import display_name

if TYPE_CHECKING:
    import pandas as pd

LIMITS = Limits(pictures=500)
MAX_TABLE = 2**20  # bytes of a CSV: 2 KB for each of 500 pictures
MOST_GROUPS = 12  # in one column; more are neither seen in a chart nor large enough
VALUE_LENGTH = 40  # of a group's or a column's name
FILE, LABEL, PERSON = "file", "label", "person"
SCORE = "probability"  # what the model's column will be called
_OWN = (FILE, LABEL, PERSON)
_SEPARATORS = ",;\t"  # what spreadsheets write, depending on the country
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


def read(data: bytes, limits: Limits = LIMITS) -> OwnCollection:
    """Check a zip before a picture of it is unpacked. Raises ``ArchiveRejected``."""
    archive = open_archive(data, limits)
    sheet = _one_table(archive)
    header, rows = _cells(sheet)
    listed = _by_file(header, rows)
    archive, places = listed_files.matched(archive, list(listed))
    if not places:
        raise CollectionRejected(
            f"No file that the CSV names is in the archive, not even {_names(list(listed)[:1])}."
        )
    _check_one_each(places)
    kept = sorted(places, key=lambda file: places[file])
    names = archive.names
    table = _table(header, [(file, names[places[file]], listed[file]) for file in kept])
    columns, too_many = _columns(table)
    missing = [file for file in listed if file not in places]
    unlisted = [name for place, name in enumerate(names) if place not in set(places.values())]
    notes = (
        *_told(missing, "that the CSV names {is} not in the archive and {is} left out"),
        *_told(unlisted, "in the archive {is} not in the CSV and {is} left out"),
        *filter(None, [file_kinds.left_out(archive.left_out)]),
        *too_many,
        *([] if PERSON in header else [_NOBODY]),
        *_one_class(table),
    )
    return OwnCollection(table, columns, archive.only([places[file] for file in kept]), notes)


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


def _cells(sheet: PhotoFile) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows that hold something with their line numbers."""
    try:
        text = sheet.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CollectionRejected("The CSV is not UTF-8 text; save it as 'CSV UTF-8'.") from error
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise CollectionRejected("The CSV is damaged: it is not a table of text.") from error
    rows = [(number, row) for number, row in found if any(row)]
    if len(rows) < 2:
        raise CollectionRejected("The CSV lists no pictures.")
    header = [_short(name) if name else "" for name in rows[0][1]]
    header = [name.lower() if name.lower() in _OWN else name for name in header]
    header = [f"{name} in the CSV" if name == SCORE else name for name in header]
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise CollectionRejected(f"The CSV has two columns called '{twice[0]}'.")
    for needed in (FILE, LABEL):
        if needed not in header:
            raise CollectionRejected(
                f"The CSV has no column '{needed}'. It needs file, label and at least one of "
                f"groups; it has {_names([name for name in header if name])}."
            )
    if not [name for name in header if name and name not in _OWN]:
        raise CollectionRejected("The CSV has no column of groups, beside file and label.")
    return header, rows[1:]


def _by_file(header: list[str], rows: list[tuple[int, list[str]]]) -> dict[str, dict[str, str]]:
    """Each row's cells by column, by the file it names."""
    listed: dict[str, dict[str, str]] = {}
    for number, row in rows:
        if len(row) > len(header):
            raise CollectionRejected(f"Line {number} of the CSV has more cells than its header.")
        cells = dict.fromkeys(header, "") | dict(zip(header, row, strict=False))
        file = cells[FILE]
        if not file:
            raise CollectionRejected(f"Line {number} of the CSV names no file.")
        if file in listed:
            raise CollectionRejected(f"The CSV lists {_names([file])} twice.")
        cells[LABEL] = cells[LABEL].lower()
        if cells[LABEL] not in CLASSES:
            raise CollectionRejected(
                f"Line {number} of the CSV has the label '{_short(cells[LABEL])}', "
                "which is neither benign nor malignant."
            )
        listed[file] = cells
    return listed


def _check_one_each(places: dict[str, int]) -> None:
    files: dict[int, str] = {}
    for file, place in places.items():
        if place in files:
            raise CollectionRejected(f"The CSV lists {_names([files[place], file])}: one picture.")
        files[place] = file


def _table(header: list[str], rows: list[tuple[str, str, dict[str, str]]]) -> pd.DataFrame:
    """``rows`` are the file that the CSV names, the picture's name to show, and the cells."""
    import pandas as pd

    columns = [name for name in header if name and name not in _OWN]
    table = pd.DataFrame(
        {
            FILE: [name for _, name, _ in rows],
            LABEL: [CLASSES.index(cells[LABEL]) for *_, cells in rows],
            # A picture without a person is a person of its own; the file's name is nobody's.
            PERSON: [
                f"person {cells[PERSON]}" if cells.get(PERSON) else f"file {file}"
                for file, _, cells in rows
            ],
        }
    )
    for name in columns:
        table[name] = [_short(cells[name]) if cells[name] else NOT_RECORDED for *_, cells in rows]
    return table


def _columns(table: pd.DataFrame) -> tuple[tuple[str, ...], list[str]]:
    """The columns with few enough values, and a sentence for each of the others."""
    good, said = [], []
    for name in table.columns[len(_OWN) :]:
        values = table[name][table[name] != NOT_RECORDED].nunique()
        if not values:
            said.append(f"The column '{name}' is empty.")
        elif values > MOST_GROUPS:
            said.append(
                f"The column '{name}' has {values} different values; at most {MOST_GROUPS} groups "
                "can be compared, so numbers such as ages need bands."
            )
        else:
            good.append(str(name))
    if not good:
        raise CollectionRejected(" ".join(said))
    return tuple(good), said


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


def _told(files: list[str], what: str) -> list[str]:
    if not files:
        return []
    one = len(files) == 1
    said = what.replace("{is}", "is" if one else "are")
    few = _names(files[:_NAMED]) + (" and more" if len(files) > _NAMED else "")
    return [f"{len(files)} file{'' if one else 's'} {said}: {few}."]


def _names(names: list[str]) -> str:
    return ", ".join(display_name(name) for name in names)


def _short(text: str) -> str:
    """A value or column as it may be shown."""
    name = display_name(text)
    return name if len(name) <= VALUE_LENGTH else name[: VALUE_LENGTH - 1] + "…"
