"""Which weights a results file is of: it carries their SHA-256, and no other's are ever shown.

A table has a column for it, filled in its first row alone: thousands of rows would say the same. A
JSON file has a field of that name. ``python -m training.rescore`` writes both into files
from before they had it, where what is in a file shows that it is of these weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.results.card import Card
from core.results.json_files import ResultsRejected

if TYPE_CHECKING:
    import pandas as pd

COLUMN = "weights_sha256"


def check(found: str | None, path: Path, card: Card, again: str) -> None:
    """``ResultsRejected`` if ``path`` is of other weights than the card's, or doesn't say of which.

    ``again`` is the command that writes the file.
    """
    name = f"{path.parent.name}/{path.name}"
    if not found:
        raise ResultsRejected(f"{name} does not say of which weights it is: run `{again}` again.")
    if found != card.weights.sha256:
        raise ResultsRejected(f"{name} is of other weights: run `{again}` again.")


def stamped(table: pd.DataFrame, sha256: str) -> pd.DataFrame:
    """The table with the column that says of which weights it is."""
    return table.assign(**{COLUMN: [sha256, *[""] * (len(table) - 1)][: len(table)]})


def unstamped(table: pd.DataFrame, path: Path, card: Card, again: str) -> pd.DataFrame:
    """The table without that column; raises ``ResultsRejected`` as ``check`` does."""
    if COLUMN not in table:
        check(None, path, card, again)
    named = [str(value) for value in table[COLUMN].dropna().unique() if value]
    check(named[0] if len(named) == 1 else "several" if named else None, path, card, again)
    return table.drop(columns=COLUMN)
