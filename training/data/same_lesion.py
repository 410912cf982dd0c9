"""Pairs of pictures that show one lesion though no metadata say so.

They were found by matching local features (SIFT, RANSAC). ``malignant_vs_benign_same_lesion.csv``
holds those of the report's set that were looked at, and is read from beside the set where it is
there; ``checkpoints/collections/`` keeps it, so that figures can be recomputed without the
pictures. ``same_lesion.csv`` there holds what ``python -m training.same_lesion`` found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core import checkpoints
from core.files import write_text
from core.results.collections import ISIC_2018, REPORT
from training.data.labelled_set import DataRejected
from training.data.lots import number_lots

FOLDER = "collections"
FILE, LOOKED_AT = "same_lesion.csv", f"{REPORT}_same_lesion.csv"
COLUMNS = ("collection", "file", "other_collection", "other_file", "inliers")
# How the list of the looked-at pairs names them where it lies beside the pictures.
_AS_LISTED = {"test_file": "file", "train_file": "other_file", "sift_inliers": "inliers"}
# What nothing may be learned from: a collection's files that begin so.
TESTS = {REPORT: "test/", ISIC_2018: ""}

Key = tuple[str, str]  # collection, file


@dataclass(frozen=True)
class Pairs:
    """``table``: ``COLUMNS``, a row a pair."""

    table: pd.DataFrame

    def keys(self) -> Iterator[tuple[Key, Key]]:
        """Both pictures of each pair."""
        for a, f, b, g in self.table[list(COLUMNS[:-1])].itertuples(index=False):
            yield (str(a), str(f)), (str(b), str(g))

    def within(self, collection: str) -> Iterator[tuple[str, str]]:
        """Both files of each pair of one collection."""
        for (a, f), (b, g) in self.keys():
            if a == b == collection:
                yield f, g

    def shown_in_tests(self, collection: str) -> set[str]:
        """Files of a collection that show a lesion of an official test picture."""
        return {
            file
            for pair in self.keys()
            for (name, file), (other, test) in (pair, pair[::-1])
            if name == collection and other in TESTS and test.startswith(TESTS[other])
        }


NONE = Pairs(pd.DataFrame(columns=list(COLUMNS)))


def read(path: Path) -> Pairs:
    """The pairs in ``path``, in our columns or as listed beside the report's set.

    Raises ``DataRejected``.
    """
    try:
        table = pd.read_csv(path, dtype=str)
    except (OSError, ValueError) as error:
        raise DataRejected(f"{path} cannot be read: {str(error).strip()}.") from error
    if set(_AS_LISTED) <= set(table):
        table = table.rename(columns=_AS_LISTED)
        table = table.assign(collection=REPORT, other_collection=REPORT)
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise DataRejected(f"{path} has no column {missing[0]!r}: it lists no pairs of pictures.")
    table = table[list(COLUMNS)]
    try:
        return Pairs(table.assign(inliers=table["inliers"].astype(float).astype(int)))
    except ValueError as error:
        raise DataRejected(f"{path}: inliers must be whole numbers.") from error


def looked_at(data: Path | None = None, root: Path | None = None) -> Pairs:
    """The report's pairs that were looked at: from beside its set in ``data``, else as kept."""
    return _first(([data / LOOKED_AT] if data else []) + _kept(LOOKED_AT, root))


def found(root: Path | None = None) -> Pairs:
    """What ``training.same_lesion`` found in all collections; none before it was run."""
    return _first(_kept(FILE, root))


def keep(data: Path, root: Path) -> Path:
    """Copy the looked-at pairs from beside the report's set to ``root``/collections."""
    path = root / FOLDER / LOOKED_AT
    write_text(path, looked_at(data, root).table.to_csv(index=False))
    return path


def merge_groups(
    groups: pd.Series, files: pd.Series, pairs: Iterable[tuple[str, str]]
) -> pd.Series:
    """``groups`` (N,) where those of two paired files are one, however far a chain of pairs goes.

    A merged group has the name of its first in the table. Pairs of other files are passed over.
    """
    row = {file: i for i, file in enumerate(files)}
    rows = [(row[f], row[g]) for f, g in pairs if f in row and g in row]
    if not rows:
        return groups
    return groups.groupby(number_lots([groups], np.array(rows))).transform("first")


def _kept(name: str, root: Path | None) -> list[Path]:
    """Where a file of ours may be: among the checkpoints in use, or those that are shipped."""
    return [folder / FOLDER / name for folder in (root or checkpoints.FOLDER, checkpoints.SHIPPED)]


def _first(paths: list[Path]) -> Pairs:
    return next((read(path) for path in paths if path.is_file()), NONE)
