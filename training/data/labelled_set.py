"""Pictures with their labels, and what a data folder is refused with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core.results.card import LabelRule

SPLITS = ("train", "test")
TRAIN, VALIDATION, TEST = "train", "val", "test"


class DataRejected(ValueError):
    """A data folder cannot be used; ``str()`` is a sentence that names the file."""


@dataclass(frozen=True)
class LabelledSet:
    """A table with a row a picture: path, file, label (0 or 1), group, and metadata's columns.

    ``mapping`` says in words which labels were taken as malignant and benign, where that was asked;
    ``rule`` names them.
    """

    name: str
    table: pd.DataFrame
    mapping: str = ""
    rule: LabelRule | None = None

    def only(self, rows: pd.Series[bool] | NDArray[np.bool_]) -> LabelledSet:
        return replace(self, table=self.table[rows].reset_index(drop=True))

    @property
    def labels(self) -> torch.Tensor:
        """int64 (N,), 1 is malignant."""
        return torch.tensor(self.table["label"].to_numpy(np.int64))

    @property
    def has_official_split(self) -> bool:
        """Whether some pictures are marked as test: they are never learned from."""
        return "split" in self.table and bool((self.table["split"] == TEST).any())

    def balance(self) -> str:
        malignant = int(self.table["label"].sum())
        return f"{malignant:,} malignant / {len(self.table) - malignant:,} benign"

    def sha256(self) -> str:
        """One hash over names, labels and file contents: the same hash is the same data."""
        whole = hashlib.sha256()
        for row in self.table.sort_values("file").itertuples():
            whole.update(f"{row.file}\0{row.label}\0{row.content}\n".encode())
        return whole.hexdigest()
