"""The table of many photos, for a spreadsheet."""

from __future__ import annotations

from core.batch.rows import Row
from core.reports import spreadsheet


def as_csv(rows: list[Row], model: str) -> bytes:
    """A row a file, for a spreadsheet."""
    table: list[tuple[str, ...]] = [
        ("file", "answer", "probability_malignant", "warnings", "model"),
    ]
    for row in rows:
        chance = "" if row.probability is None else f"{row.probability:.4f}"
        table.append((row.name, row.says, chance, " ".join(row.warnings), model))
    return spreadsheet.as_csv(table)
