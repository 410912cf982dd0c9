"""The table of somebody's own collection: which pictures, with which labels, of which groups."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.fairness.groups import NOT_RECORDED
from core.pictures.display_names import display_name, named_apart
from core.tables import delimited, layouts
from core.tables.delimited import TableRejected
from core.tables.layouts import FILE, LABEL, PERSON, Layout
from core.tables.missing import is_missing

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 50
MOST_GROUPS = 12  # in one column; more are neither seen in a chart nor large enough
VALUE_LENGTH = 40  # of a group's or a column's name
SCORE = "probability"  # what the model's column will be called
_OWN = (FILE, LABEL, PERSON)


@dataclass(frozen=True)
class Line:
    """A picture's line: ``label`` is 0 or 1, ``person`` empty where nobody is named."""

    label: int
    person: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class OwnTable:
    """``lines`` by the file that each names; ``columns`` of groups, as they are shown.

    ``unknown`` are files of which the table says that nobody knows whether they are malignant.
    """

    layout: Layout
    columns: tuple[str, ...]
    lines: Mapping[str, Line]
    unknown: tuple[str, ...]


def read(data: bytes) -> OwnTable:
    """Read a CSV. Raises ``TableRejected``."""
    table = delimited.read(io.BytesIO(data))
    groups, layout = _header(table.header)
    found: dict[str, Line] = {}
    unknown: dict[str, None] = {}
    for number, row in table.rows:
        cells = dict(zip(table.header, row, strict=True))
        file, word = cells[layout.file], cells[layout.label]
        if not file:
            raise TableRejected(f"names no file in line {number}")
        if file in found or file in unknown:
            raise TableRejected(f"lists {names([file])} twice")
        label = layout.meaning(word)
        if label is not None:
            person = cells[layout.person] if layout.person else ""
            found[file] = Line(
                label, "" if is_missing(layout.person, person) else person,
                tuple(NOT_RECORDED if is_missing(n, cells[n]) else cells[n] for n in groups),
            )  # fmt: skip
        elif layout.leaves_out(word):
            unknown[file] = None
        else:
            raise TableRejected(_no_label(number, word, layout))
    if not found:
        told = f"says of no picture whether it is malignant, in '{layout.label}'"
        raise TableRejected(told if unknown else "lists no pictures")
    shown = (f"{name} in the CSV" if name in (SCORE, *_OWN) else name for name in groups)
    return OwnTable(layout, tuple(_shown(shown)), found, tuple(unknown))


def is_one(data: bytes) -> bool:
    """Whether a text begins as a table with columns that are known: a licence does not."""
    try:
        layouts.find(delimited.read(io.BytesIO(data)).header)
    except TableRejected:
        return False
    return True


def frame(rows: Sequence[tuple[str, str, Line]], columns: Sequence[str]) -> pd.DataFrame:
    """file, label (0 or 1), person and ``columns``; ``rows`` have the name to show and the file."""
    import pandas as pd

    table: dict[str, list[str] | list[int]] = {
        FILE: [name for name, _, _ in rows],
        LABEL: [line.label for *_, line in rows],
        # A picture without a person is a person of its own; the file's name is nobody's.
        PERSON: [
            f"person {line.person}" if line.person else f"file {file}" for _, file, line in rows
        ],
    }
    for place, name in enumerate(columns):
        cells = [line.groups[place] for *_, line in rows]
        values = list(dict.fromkeys(cells))
        shown = dict(zip(values, _shown(values), strict=True))
        table[name] = [shown[cell] for cell in cells]
    return pd.DataFrame(table)


def groups(table: pd.DataFrame) -> tuple[tuple[str, ...], list[str]]:
    """The columns with few enough values, and sentences on the others."""
    good, empty, many = [], [], {}
    for name in map(str, table.columns[len(_OWN) :]):
        values = table[name][table[name] != NOT_RECORDED].nunique()
        if not values:
            empty.append(name)
        elif values > MOST_GROUPS:
            many[name] = values
        else:
            good.append(name)
    said = [*_of_columns(empty, "{is} empty"), *_of_columns(
        [f"{name}" for name in many],
        f"{{has}} {' and '.join(map(str, many.values()))} different values; at most {MOST_GROUPS} "
        "groups can be compared, so numbers such as ages need bands",
    )]  # fmt: skip
    return tuple(good), said


def _of_columns(names: list[str], what: str) -> list[str]:
    if not names:
        return []
    one = len(names) == 1
    told = " and ".join(f"'{name}'" for name in names)
    return [
        f"The column{'' if one else 's'} {told} "
        + what.replace("{is}", "is" if one else "are").replace("{has}", "has" if one else "have")
        + "."
    ]


def names(files: Sequence[str]) -> str:
    """Files, columns or words as a sentence has them."""
    return ", ".join(display_name(name) for name in files)


def _shown(texts: Iterable[str]) -> list[str]:
    """Values or columns as they may be shown, no two alike."""
    return named_apart(texts, VALUE_LENGTH, keep_end=False)


def _header(header: list[str]) -> tuple[list[str], Layout]:
    """The columns of groups, and the others."""
    if len(header) > MOST_COLUMNS:
        needed = layouts.needed(header)
        keep = f"; keep {names(needed)} and columns of groups" if needed else ""
        raise TableRejected(f"has {len(header):,} columns, and the limit is {MOST_COLUMNS}{keep}")
    if not header:
        raise TableRejected("lists no pictures")
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise TableRejected(f"has two columns called '{names(twice[:1])}'")
    named = [name for name in header if name]
    try:
        layout = layouts.find(named)
    except TableRejected as refusal:
        raise TableRejected(
            f"{refusal}. It needs file, label and at least one of groups; it has "
            f"{names(named)}. What collections call these is read as well: {layouts.WOULD_DO}"
        ) from refusal
    for own in (layout.file, layout.label, layout.person):
        if own and sum(own.casefold() == name.casefold() for name in named) > 1:
            raise TableRejected(f"has two columns called '{names([own])}'")
    groups = [name for name in named if name not in (layout.file, layout.label, layout.person)]
    if not groups:
        raise TableRejected("has no column of groups, beside file and label")
    return groups, layout


def _no_label(number: int, word: str, layout: Layout) -> str:
    if not word:
        return f"has no label in line {number}"
    said = (
        f"has the label '{names([word])}' in line {number}, which is neither "
        f"{' nor '.join((*layout.benign, *layout.malignant))}"
    )
    if layout.label == LABEL and word in ("0", "1"):
        said += "; a column 'malignant' with 0 and 1 says which is which"
    return said
