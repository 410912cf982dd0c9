"""Pictures with their labels, and the split into those that are learned from and those held out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core.labels import CLASSES

SPLITS = ("train", "test")
TRAIN, VALIDATION, TEST = "train", "val", "test"
# The report's 264 of 2,637 training pictures.
VALIDATION_SHARE = 0.1
# How a card names a split that came with the data.
GIVEN = "as the data say"


class DataRejected(ValueError):
    """A data folder cannot be used; ``str()`` is a sentence that names the file."""


@dataclass(frozen=True)
class LabelledSet:
    """A table with a row a picture: path, file, label (0 or 1), group, and metadata's columns.

    ``mapping`` says in words which labels were taken as malignant and benign, where that was asked.
    """

    name: str
    table: pd.DataFrame
    mapping: str = ""

    def only(self, rows: pd.Series[bool] | NDArray[np.bool_]) -> LabelledSet:
        return LabelledSet(self.name, self.table[rows].reset_index(drop=True), self.mapping)

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


@dataclass(frozen=True)
class Split:
    """A set parted into training and validation pictures, by which seed, and the hash of both.

    ``mixed`` where pictures of another set were put to the first's: its classes may be otherwise
    balanced, so both are shown equally often, as validation nearly has them.
    """

    name: str
    sha256: str
    train: LabelledSet
    validation: LabelledSet
    seed: int
    mixed: bool = False
    how: str = ""  # where the data came with it
    mapping: str = ""


def training_split(
    whole: LabelledSet, seed: int, how: str, share: float = VALIDATION_SHARE
) -> Split:
    """Part the pictures that may be trained on: as the data say, else by ``split_validation``.

    What is marked as test is never among them. Raises ``DataRejected``.
    """
    if "split" in whole.table:
        whole = whole.only(whole.table["split"] != TEST)
        if not len(whole.table):
            raise DataRejected(f"{whole.name}: every picture is marked as test.")
        held = (whole.table["split"] == VALIDATION).to_numpy()
        if held.any():
            train, validation = whole.only(~held), whole.only(held)
            for part, title in ((train, "train"), (validation, "val")):
                _needs_both(part, f"{whole.name}, split {title}")
            return Split(
                whole.name, whole.sha256(), train, validation, seed, how=GIVEN,
                mapping=whole.mapping,
            )  # fmt: skip
    _needs_both(whole, f"{whole.name}, but for its test")
    train, validation = split_validation(whole, seed, how, share)
    return Split(
        whole.name, whole.sha256(), train, validation, seed, mapping=whole.mapping
    )  # fmt: skip


def _needs_both(part: LabelledSet, what: str) -> None:
    for label, name in enumerate(CLASSES):
        if not (part.table["label"] == label).any():
            raise DataRejected(f"{what} has no {name} pictures.")


def with_more(split: Split, whole: LabelledSet, more: LabelledSet) -> Split:
    """The split with the pictures of another set among those that are trained on.

    Whatever shows a lesion or has the bytes of a picture of ``whole`` that is not trained on,
    in validation or an official test, is left out of them, and so is its own test.
    """
    if more.has_official_split:
        more = more.only(more.table["split"] != TEST)
    apart = whole.table[~whole.table["file"].isin(split.train.table["file"])]
    seen = more.table["group"].isin(apart["group"]) | more.table["content"].isin(apart["content"])
    added = more.only(~seen)
    name = f"{split.name} + {more.name}"
    both = pd.concat([split.train.table, added.table], ignore_index=True)
    digest = hashlib.sha256(f"{split.sha256}{added.sha256()}".encode()).hexdigest()
    return Split(name, digest, LabelledSet(name, both), split.validation, split.seed, mixed=True,
                 how=split.how, mapping=split.mapping)  # fmt: skip


def split_validation(
    whole: LabelledSet, seed: int, how: str, share: float = VALIDATION_SHARE
) -> tuple[LabelledSet, LabelledSet]:
    """Part a share of the training pictures off for validation; returns (train, validation).

    ``lesion`` keeps the pictures of a lesion on one side and both classes in proportion;
    ``report`` draws pictures at random, as the report did. Both give 2,373 / 264 on its 2,637.
    """
    table = whole.table
    random = np.random.default_rng(seed)
    wanted = round(len(table) * share)
    chosen = np.zeros(len(table), dtype=bool)
    if how == "report":
        chosen[random.permutation(len(table))[:wanted]] = True
    elif how == "lesion":
        labels = table["label"].to_numpy()
        malignant = round(wanted * float(labels.mean()))
        left = np.array([wanted - malignant, malignant])
        kind = table.groupby("group")["label"].transform("max")  # patients may have both
        for label in (0, 1):
            groups = [rows.index for _, rows in table[kind == label].groupby("group")]
            for position in random.permutation(len(groups)):
                counts = np.bincount(labels[groups[position]], minlength=2)
                if (counts <= left).all():  # a lesion too large for what is left is passed
                    chosen[groups[position]] = True
                    left -= counts
    else:
        raise ValueError(f"how must be 'lesion' or 'report', not {how!r}")
    if not chosen.any() or chosen.all():
        raise DataRejected(
            f"{whole.name} has too few pictures ({len(table)}) to part validation off."
        )
    return whole.only(~chosen), whole.only(chosen)
