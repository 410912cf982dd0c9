"""Tables for a spreadsheet: no cell of them starts a formula, whatever a file is called."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from core.tables.formulas import harmless


def as_csv(rows: Iterable[Sequence[str | int | float | None]]) -> bytes:
    """UTF-8 with the mark that tells spreadsheets so. Numbers stay numbers; ``None`` is empty."""
    text = io.StringIO()
    table = csv.writer(text)
    for row in rows:
        table.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")
