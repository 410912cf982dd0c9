"""Tables for a spreadsheet: no cell of them starts a formula, whatever a file is called."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# Characters that a spreadsheet takes for the start of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[Sequence[str | int | float | None]]) -> bytes:
    """UTF-8 with the mark that tells spreadsheets so. Numbers stay numbers; ``None`` is empty."""
    text = io.StringIO()
    table = csv.writer(text)
    for row in rows:
        table.writerow([_text(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
