"""A table of text as spreadsheets, R and pandas write it: separators, encodings, stray marks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

_SEPARATORS = ",;\t"  # what spreadsheets write, depending on the country
_SAMPLE = 50  # lines that tell the separator
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's own first line
_END = "\0end"  # a line of no table: if it is not read as one, a quote was never closed
# Marks without a width, of reading order and soft hyphens; two more join letters within words.
_UNSEEN = dict.fromkeys(
    (0xAD, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)
_SPACES = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_JOINERS = "\u200c\u200d"


class TableRejected(ValueError):
    """It is no table of text; ``str()`` is a clause that goes on from 'the CSV'."""


@dataclass(frozen=True)
class Delimited:
    """A header, blank where a column has no name, and rows as long, each with its line's number.

    ``rows`` can be gone through once, and raise ``TableRejected`` where the table ends being one.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


def read(file: BinaryIO) -> Delimited:
    """Read a table whose first row that holds anything is its header.

    UTF-8, with or without a mark, or UTF-16 with one; comma, semicolon or tab, by what most lines
    hold outside of quotes, or as a first line ``sep=;`` says. Cells come without the spaces and
    marks around them that nobody sees, cells beyond the header only if they are empty, rows only
    if they hold anything. Raises ``TableRejected``.
    """
    lines = _lines(file)
    sample = list(islice(lines, _SAMPLE))
    told = _SEP_LINE.fullmatch(sample[0].strip("\ufeff")) if sample else None
    separator = told[1] if told else _separator(sample)
    rows = _rows(chain(sample[1:] if told else sample, lines), separator, 1 if told else 0)
    header: list[str] = []
    for _, cells in rows:
        header = cells
        break
    while header and not header[-1]:
        header.pop()
    return Delimited(header, _as_long(rows, len(header)))


def clean(cell: str) -> str:
    """The text without what nobody sees: spaces around it, marks without a width in it."""
    if not cell.isascii():
        cell = cell.translate(_UNSEEN).translate(_SPACES).strip().strip(_JOINERS)
    return cell.strip()


def _encoding(file: BinaryIO) -> str:
    mark = file.read(2)
    file.seek(0)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _lines(file: BinaryIO) -> Iterator[str]:
    text = io.TextIOWrapper(file, encoding=_encoding(file), newline="")
    try:
        for line in text:
            if "\0" in line:
                raise TableRejected("is damaged: it is not a table of text")
            yield line
    except UnicodeError as error:
        raise TableRejected("is not UTF-8 text; save it as 'CSV UTF-8'") from error
    finally:
        text.detach()  # the file is its owner's to close


def _separator(sample: list[str]) -> str:
    """What parts the cells: in most lines, in most as often as in the first, most often there."""
    bare = [_QUOTED.sub("", line) for line in sample if line.strip(" \r\n,;\t")]

    def share(separator: str) -> tuple[int, int, int]:
        counts = [line.count(separator) for line in bare]
        return sum(map(bool, counts)), sum(n == counts[0] > 0 for n in counts), sum(counts[:1])

    return max(_SEPARATORS, key=share)


def _rows(lines: Iterable[str], separator: str, before: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(chain(lines, [_END]), delimiter=separator)
    try:
        for row in reader:
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):
                break
            cells = [clean(cell) for cell in row]
            if any(cells):
                yield reader.line_num + before, cells
    except csv.Error as error:
        raise TableRejected("is damaged: it is not a table of text") from error
    raise TableRejected("is damaged: a quotation mark is never closed")


def _as_long(rows: Iterator[tuple[int, list[str]]], length: int) -> Iterator[tuple[int, list[str]]]:
    for number, cells in rows:
        if any(cells[length:]):
            raise TableRejected(f"has more cells in line {number} than in its header")
        yield number, (cells + [""] * (length - len(cells)))[:length]
