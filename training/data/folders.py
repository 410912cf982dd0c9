"""Folders of labelled pictures: Kaggle's layout, ``metadata.csv``, ISIC's own, the splits.

Kaggle's layout is ``train/benign``, ``train/malignant`` and the same under ``test/``. Beside it, or
for any other set, a ``metadata.csv`` names one picture a row: ``file`` (relative to the folder or
to its ``images/``), ``label`` (benign or malignant) and any further columns. ``training.data.isic``
reads the ISIC Archive's own tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from core.networks.registry import CLASSES
from core.results import collections

SPLITS = ("train", "test")
# The report's 264 of 2,637 training pictures.
VALIDATION_SHARE = 0.1
# Columns of the table that are ours; what metadata call so is kept under another name.
OWN, THEIRS = ("path", "content", "group", "in_train"), "metadata_"
_NOT_PICTURES = {".csv", ".txt", ".md", ".json", ""}


class DataRejected(ValueError):
    """A data folder cannot be used; ``str()`` is a sentence that names the file."""


@dataclass(frozen=True)
class LabelledSet:
    """A table with a row a picture: path, file, label (0 or 1), group, and metadata's columns."""

    name: str
    table: pd.DataFrame

    def only(self, rows: pd.Series[bool] | NDArray[np.bool_]) -> LabelledSet:
        return LabelledSet(self.name, self.table[rows].reset_index(drop=True))

    @property
    def labels(self) -> torch.Tensor:
        """int64 (N,), 1 is malignant."""
        return torch.tensor(self.table["label"].to_numpy(np.int64))

    @property
    def has_official_split(self) -> bool:
        return "split" in self.table and set(self.table["split"]) == set(SPLITS)

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


def training_split(whole: LabelledSet, seed: int, how: str) -> Split:
    """Part the pictures that may be trained on; an official test is left out of it."""
    if whole.has_official_split:
        whole = whole.only(whole.table["split"] == "train")
    return Split(whole.name, whole.sha256(), *split_validation(whole, seed, how), seed)


def with_more(split: Split, whole: LabelledSet, more: LabelledSet) -> Split:
    """The split with the pictures of another set among those that are trained on.

    Whatever shows a lesion or has the bytes of a picture of ``whole`` that is not trained on,
    in validation or an official test, is left out of them.
    """
    apart = whole.table[~whole.table["file"].isin(split.train.table["file"])]
    seen = more.table["group"].isin(apart["group"]) | more.table["content"].isin(apart["content"])
    added = more.only(~seen)
    name = f"{split.name} + {more.name}"
    both = pd.concat([split.train.table, added.table], ignore_index=True)
    digest = hashlib.sha256(f"{split.sha256}{added.sha256()}".encode()).hexdigest()
    return Split(name, digest, LabelledSet(name, both), split.validation, split.seed, mixed=True)


def read_folder(folder: Path, both_classes: bool = True) -> LabelledSet:
    """Find the labelled pictures in ``folder``; raises ``DataRejected``.

    A picture's group is its lesion or patient where the metadata name one, else its content, so
    that a file that occurs twice is never on both sides of a split; pictures that were found to
    show one lesion are of one group (``training.data.same_lesion``). Of a set with an official test
    ``in_train`` says of each picture whether train has one that is known to show the same lesion.
    """
    from training.data import same_lesion  # which raises this module's DataRejected

    if not folder.is_dir():
        raise DataRejected(f"There is no folder {folder}. Give the data with --data FOLDER.")
    kaggle = all((folder / split).is_dir() for split in SPLITS)
    listed = folder / "metadata.csv"
    if kaggle:
        table = _scan(folder)
        if listed.is_file():
            extra = _read_metadata(listed).drop(columns=["label", "split"], errors="ignore")
            table = table.merge(extra, on="file", how="left", validate="one_to_one")
    elif listed.is_file():
        table = _read_metadata(listed)
        table["label"] = [_label(folder, row.file, row.label) for row in table.itertuples()]
        table["path"] = pd.Series([_find(folder, str(file)) for file in table["file"]])
    else:
        from training.data import isic  # which raises this module's DataRejected

        found = isic.read(folder)
        if found is None:
            raise DataRejected(
                f"{folder} holds neither train/ and test/ folders nor a metadata.csv, nor one of "
                "ISIC's own tables."
            )
        table = found
    for label, name in enumerate(CLASSES):
        if both_classes and not (table["label"] == label).any():
            raise DataRejected(f"{folder} has no {name} pictures.")
    paths = tqdm(table["path"], desc="checking pictures", unit=" pictures", leave=False, delay=5)
    content = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    table["content"] = content
    people = collections.columns(folder.resolve().name).person
    known = next((table[c] for c in people if c in table), None)
    if known is not None:
        known = known.fillna(known.groupby(content).transform("first"))  # a copy's lesion is known
    group = pd.Series(content) if known is None else known.where(known.notna(), content)
    name = folder.resolve().name
    looked_at = same_lesion.looked_at(folder.resolve().parent)
    table["group"] = same_lesion.joined(
        group, table["file"], chain(looked_at.within(name), same_lesion.found().within(name))
    )
    whole = LabelledSet(name, table)
    if whole.has_official_split:
        table["in_train"] = _in_train(table, group, looked_at.within(name))
    return whole


def _in_train(
    table: pd.DataFrame, group: pd.Series, pairs: Iterable[tuple[str, str]]
) -> pd.Series[bool]:
    """Whether train has a picture of the same lesion: by the metadata, a copy, or a pair that was
    looked at. A pair that only a program found is no reason to leave a picture out of a test."""
    from training.data import same_lesion

    lesion = same_lesion.joined(group, table["file"], pairs)
    known = lesion.isin(lesion[table["split"] == "train"])
    if "lesion_in_both_splits" in table:
        known |= table["lesion_in_both_splits"] == 1
    return known


def split_validation(whole: LabelledSet, seed: int, how: str) -> tuple[LabelledSet, LabelledSet]:
    """Part a tenth of the training pictures off for validation; returns (train, validation).

    ``lesion`` keeps the pictures of a lesion on one side and both classes in proportion;
    ``report`` draws pictures at random, as the report did. Both give 2,373 / 264 on its 2,637.
    """
    table = whole.table
    random = np.random.default_rng(seed)
    wanted = round(len(table) * VALIDATION_SHARE)
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


def _scan(folder: Path) -> pd.DataFrame:
    rows = []
    for split in SPLITS:
        for kind in sorted(path for path in (folder / split).iterdir() if path.is_dir()):
            if kind.name not in CLASSES:
                raise DataRejected(f"{kind} is a label that is neither benign nor malignant.")
        for label, name in enumerate(CLASSES):
            files = sorted(
                path
                for path in (folder / split / name).glob("*")
                if path.suffix.lower() not in _NOT_PICTURES and not path.name.startswith(".")
            )
            if not files:
                raise DataRejected(f"{folder / split / name} is missing or has no pictures.")
            rows += [
                {
                    "file": f"{split}/{name}/{path.name}",
                    "path": path,
                    "split": split,
                    "label": label,
                }
                for path in files
            ]
    return pd.DataFrame(rows)


def _read_metadata(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype={"file": str})  # 0012 is a name, not 12
    except (OSError, ValueError) as error:
        raise DataRejected(f"{path} cannot be read: {str(error).strip()}.") from error
    for column in ("file", "label"):
        if column not in table:
            raise DataRejected(f"{path} has no column {column!r}.")
    if table["file"].isna().any():
        raise DataRejected(f"{path} has a row without a file name.")
    twice = table["file"][table["file"].duplicated()]
    if len(twice):
        raise DataRejected(f"{path} lists {twice.iloc[0]} twice.")
    if not len(table):
        raise DataRejected(f"{path} lists no pictures.")
    return table.rename(columns={name: THEIRS + name for name in OWN})


def _label(folder: Path, file: object, label: object) -> int:
    if label not in CLASSES:
        raise DataRejected(
            f"{folder / 'metadata.csv'} labels {file} as {label!r}, neither benign nor malignant."
        )
    return CLASSES.index(str(label))


def _find(folder: Path, file: str) -> Path:
    for path in (folder / file, folder / "images" / file):
        if path.is_file():
            return path
    raise DataRejected(f"{folder / 'metadata.csv'} lists {file}, which is not there.")
