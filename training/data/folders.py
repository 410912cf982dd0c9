"""Folders of labelled pictures: Kaggle's layout, ``metadata.csv``, ISIC's own, the splits.

Kaggle's layout is ``train/benign``, ``train/malignant`` and the same under ``test/``. Beside it, or
for any other set, a ``metadata.csv`` names one picture a row: ``file`` (relative to the folder or
to its ``images/``), ``label`` (benign or malignant) and any further columns. ``training.data.isic``
reads the ISIC Archive's own tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from core.labels import CLASSES
from core.results import collections
from training.data import isic, same_lesion
from training.data.labelled_set import SPLITS, DataRejected, LabelledSet

# Columns of the table that are ours; what metadata call so is kept under another name.
OWN, THEIRS = ("path", "content", "group", "in_train"), "metadata_"
_NOT_PICTURES = {".csv", ".txt", ".md", ".json", ""}


def read_folder(folder: Path, both_classes: bool = True) -> LabelledSet:
    """Find the labelled pictures in ``folder``; raises ``DataRejected``.

    A picture's group is its lesion or patient where the metadata name one, else its content, so
    that a file that occurs twice is never on both sides of a split; pictures that were found to
    show one lesion are of one group (``training.data.same_lesion``). Of a set with an official test
    ``in_train`` says of each picture whether train has one that is known to show the same lesion.
    """

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

    lesion = same_lesion.joined(group, table["file"], pairs)
    known = lesion.isin(lesion[table["split"] == "train"])
    if "lesion_in_both_splits" in table:
        known |= table["lesion_in_both_splits"] == 1
    return known


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
