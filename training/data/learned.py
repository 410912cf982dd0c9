"""Which pictures a model has learned from, or was chosen by: the hashes of their files.

They are kept beside its weights, so that figures on pictures it knows are noticed. A picture that
was saved anew has another hash: then ``training.same_lesion`` is what can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.files import write_text
from core.results.card import Card
from core.results.of_weights import stamped, unstamped
from training.data.labelled_set import DataRejected, LabelledSet

FILE = "learned.csv"
COLUMNS = ("content", "part")
TRAIN, VALIDATION = "train", "validation"
# Of 64 hexadecimal digits: two of a billion pictures share so many once in forty such sets.
DIGITS = 16


@dataclass(frozen=True)
class Known:
    """How many of some pictures a model has learned from, and was chosen and calibrated by."""

    of: int
    learned: int
    chosen_by: int

    @property
    def any(self) -> bool:
        return bool(self.learned or self.chosen_by)

    def told(self, model: str) -> str:
        """In one sentence."""
        parts = ((self.learned, "has learned from"), (self.chosen_by, "was chosen by"))
        ways = " and ".join(f"{n:,} that it {way}" for n, way in parts if n)
        return f"Of these {self.of:,} pictures {model} knows {ways}: figures on them say little."


def write(folder: Path, train: LabelledSet, validation: LabelledSet, card: Card) -> None:
    """learned.csv: sorted, without a picture's name."""
    parts = {TRAIN: train.table["content"], VALIDATION: validation.table["content"]}
    table = pd.concat(
        [pd.DataFrame({"content": c.str[:DIGITS], "part": part}) for part, c in parts.items()]
    ).drop_duplicates("content")
    table = stamped(table.sort_values("content"), card.weights.sha256)
    write_text(folder / FILE, table.to_csv(index=False))


def parts(folder: Path, card: Card) -> pd.Series[str] | None:
    """The part that each picture was in, by the beginning of its hash.

    ``None`` where nobody has kept that. Raises ``DataRejected`` for a damaged file, and
    ``ResultsRejected`` for one of other weights.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=str)
        part = table.set_index("content")["part"]
    except (OSError, ValueError, KeyError) as error:
        raise DataRejected(f"{path} is damaged.") from error
    unstamped(table, path, card, "python -m training.rescore --data FOLDER")
    return part


def inherit(folder: Path, start: Path, card: Card) -> None:
    """Add what the model whose weights a run started from knows, where that was kept.

    ``start`` is its file of weights. What either has learned from counts as learned from.
    """
    before = start.parent / FILE
    if not start.is_file() or not before.is_file():
        return
    own = pd.read_csv(folder / FILE, dtype=str)[list(COLUMNS)]
    older = pd.read_csv(before, dtype=str)[list(COLUMNS)]
    table = pd.concat([own, older]).sort_values(list(COLUMNS)).drop_duplicates("content")
    write_text(folder / FILE, stamped(table, card.weights.sha256).to_csv(index=False))


def known(folder: Path, data: LabelledSet, card: Card) -> Known | None:
    """How many of a set's pictures a model knows; ``None`` and errors as ``parts`` has them."""
    part = parts(folder, card)
    if part is None:
        return None
    met = data.table["content"].str[:DIGITS].map(part)
    return Known(len(met), int((met == TRAIN).sum()), int((met == VALIDATION).sum()))
