"""Tables beside pictures, read as a page reads a visitor's: any separator, with known columns."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.pictures import file_kinds
from core.results.card import LabelRule
from core.tables import delimited, layouts, listed_files
from core.tables.delimited import Delimited, TableRejected
from core.tables.missing import is_missing
from training.data.label_rule import Mapping, heeded, mapped, refuse
from training.data.labelled_set import DataRejected

FILE, LABEL, SPLIT = "file", "label", "split"
# Columns of a set's table that are ours; what metadata call so is kept under another name.
OWN, THEIRS = ("path", "content", "group", "in_train"), "metadata_"


def read_table(path: Path) -> pd.DataFrame:
    """Every row of a table; names of pictures are text, numbers numbers. ``DataRejected`` else."""
    try:
        with path.open("rb") as file:
            table = delimited.read(file)
            if not table.header:
                raise TableRejected("is empty")
            names = dict.fromkeys((c for c in table.header if c.casefold() in layouts.FILES), str)
            # pandas tells numbers from text; 0012 is a picture's name, not 12
            return pd.read_csv(_Plain(table), dtype=names, low_memory=False)
    except TableRejected as refusal:
        raise DataRejected(f"{path} {refusal}.") from refusal
    except (OSError, ValueError) as error:
        raise DataRejected(f"{path} cannot be read: {str(error).strip()}.") from error


def listed(path: Path, rule: LabelRule) -> tuple[pd.DataFrame, pd.DataFrame, Mapping]:
    """A ``metadata.csv`` with its column ``file``, its labels, and how these were read.

    The second has ``label`` (0, 1 or missing) and ``word``, which the table has for it. Rows of a
    collection's own table that say that nobody knows are left out. Raises ``DataRejected``.
    """
    raw = read_table(path)
    table = _named(raw, path)
    if not len(table):
        raise DataRejected(f"{path} lists no pictures.")
    rule = heeded(rule, table.get(rule.column or LABEL))
    column = rule.column or LABEL
    if column in table:
        labels, mapping = mapped(table[column], rule, path)
        return table, _labels(labels, table[column]), mapping
    try:
        # Of a collection's own table the columns are known; of one's own a person says it.
        if rule.column or rule.given or any(str(name).casefold() == FILE for name in raw):
            raise TableRejected(f"has no column {column!r}")
        layout = layouts.find([str(name) for name in raw.columns])
    except TableRejected as refusal:
        raise DataRejected(
            f"{path} has no column {column!r}. Its columns: {_columns(table)}. Name the one that "
            "holds the labels with --label-column."
        ) from refusal
    words = table[layout.label].map(lambda cell: "" if pd.isna(cell) else str(cell))
    known = ~words.map(layout.leaves_out)
    table, words = table[known].reset_index(drop=True), words[known].reset_index(drop=True)
    left_out = "" if known.all() else f" Left out, of unknown label: {(~known).sum():,}."
    labels = [layout.meaning(word) for word in words]
    return table, _labels(labels, words), Mapping(layout.in_words() + left_out)


def _labels(labels: list[int | None], words: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({LABEL: pd.array(labels, dtype="Int64"), "word": words})


def with_files(path: Path) -> pd.DataFrame:
    """A table with a column ``file`` in which each picture is named once, and ``label`` if any."""
    return _named(read_table(path), path)


def _named(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    for own in (FILE, LABEL, SPLIT):
        if sum(str(name).casefold() == own for name in table.columns) > 1:
            raise DataRejected(f"{path} has two columns called {own!r}.")
    ours = {n: n.casefold() for n in map(str, table.columns) if n.casefold() in (LABEL, SPLIT)}
    table = table.rename(columns={n: o for n, o in ours.items() if o not in table})
    if FILE not in table:
        known = {str(name).casefold(): name for name in table.columns}
        name = next((known[name] for name in layouts.FILES if name in known), None)
        if name is None:
            raise DataRejected(
                f"{path} has no column 'file'. Its columns: {_columns(table)}. Call the one that "
                f"names the pictures 'file'. What collections call it is read as well: "
                f"{layouts.WOULD_DO}."
            )
        table = table.rename(columns={name: FILE})
    if table[FILE].isna().any():
        raise DataRejected(f"{path} has {int(table[FILE].isna().sum())} rows without a file name.")
    refuse(path, "files that are listed twice",
           [str(f) for f in table[FILE][table[FILE].duplicated()].unique()])  # fmt: skip
    return table.rename(columns={name: THEIRS + name for name in OWN})


def places(folder: Path, files: list[str]) -> list[Path | None]:
    """Where each file that a table in ``folder`` names is; what is written otherwise is sought."""
    found: dict[str, Path] = {}
    for file in files:
        for path in (folder / file, folder / listed_files.FOLDER / file):
            if file not in found and path.is_file():
                found[file] = path
    missing = [file for file in files if file not in found]
    if missing:
        taken = set(found.values())
        there = [
            p for p in sorted(folder.rglob("*"))
            if p.is_file() and p not in taken and not file_kinds.is_litter(p.relative_to(folder))
        ]  # fmt: skip
        paths = [p.relative_to(folder).as_posix() for p in there]
        meant = listed_files.places(paths, missing)
        found |= {file: there[place] for file, place in meant.items()}
    whole = {file: os.path.normpath(path) for file, path in found.items()}
    often = Counter(whole.values())
    refuse(folder, "files that are listed in two ways",
           [file for file, path in whole.items() if often[path] > 1])  # fmt: skip
    return [found.get(file) for file in files]


def _columns(table: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in table.columns)


class _Plain(io.TextIOBase):
    """A table written anew with commas, row by row, for pandas."""

    def __init__(self, table: Delimited) -> None:
        self._rows = self._written(table)
        self._left = ""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        while size is None or size < 0 or len(self._left) < size:
            row = next(self._rows, None)
            if row is None:
                break
            self._left += row
        end = len(self._left) if size is None or size < 0 else size
        part, self._left = self._left[:end], self._left[end:]
        return part

    @staticmethod
    def _written(table: Delimited) -> Iterator[str]:
        line = io.StringIO()
        writer = csv.writer(line)
        writer.writerow(table.header)
        for _, cells in table.rows:
            writer.writerow(["" if is_missing(name, cell) else cell
                             for name, cell in zip(table.header, cells, strict=True)])  # fmt: skip
            if line.tell() > 2**16:
                yield line.getvalue()
                line.seek(0)
                line.truncate()
        yield line.getvalue()
