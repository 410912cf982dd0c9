"""What networks of other folds made of the pictures that a model was trained on.

It is all that may be told of them.

``training.general`` leaves ``out_of_fold.csv`` beside the weights (a row a picture, with its fold
and the logit of a network that never saw it) and, in its run folder, the last epoch of each fold's
network: RUNS/NAME/RECIPE/fold0/last.ckpt and so on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.results.card import Card
from training.data.labelled_set import DataRejected, LabelledSet
from training.fitting import run_folder
from training.fitting.run_folder import LAST, SETTINGS
from training.scoring.review_probes import Work

FILE = "out_of_fold.csv"
NO_FOLD = -1  # of a picture that the model itself never saw, and scored
_COLUMNS = ("collection", "file", "fold", "logit")
_SCORES = "scores*.npy"  # written when a fold's last epoch is done


@dataclass(frozen=True)
class OutOfFold:
    """``table``: collection, file, fold, logit and more, a row a picture."""

    table: pd.DataFrame

    @property
    def has_folds(self) -> bool:
        """Whether other networks scored some of it; if not, the model itself never saw any."""
        return bool((self.table["fold"] != NO_FOLD).any())

    def part_of(self, data: LabelledSet) -> LabelledSet:
        """The pictures of a collection that some fold held out and scored."""
        mine = self.table["file"][self.table["collection"] == data.name]
        return data.only(data.table["file"].isin(mine))

    def logits(self, data: LabelledSet) -> NDArray[np.float64]:
        """Malignant minus benign logit (N,) of a collection's pictures."""
        return self._of(data)["logit"].to_numpy(np.float64)

    def folds(self, data: LabelledSet) -> NDArray[np.int64]:
        """Which fold (N,) held each picture out."""
        return self._of(data)["fold"].to_numpy(np.int64)

    def _of(self, data: LabelledSet) -> pd.DataFrame:
        mine = self.table[self.table["collection"] == data.name].set_index("file")
        missing = sorted(set(data.table["file"]) - set(mine.index))
        if missing:
            raise DataRejected(f"{FILE} has no row for {missing[0]} of {data.name}.")
        return mine.loc[data.table["file"]]


def read(folder: Path) -> OutOfFold | None:
    """The scores beside a model's weights; ``None`` if it has none. Raises ``DataRejected``."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype={"file": str})
    except (OSError, ValueError) as error:
        raise DataRejected(f"{folder.name}/{FILE} is damaged: {error}.") from error
    lacking = [column for column in _COLUMNS if column not in table]
    if lacking or table[list(_COLUMNS)].isna().any(axis=None):
        raise DataRejected(f"{folder.name}/{FILE} lacks {', '.join(lacking) or 'some values'}.")
    return OutOfFold(table)


def needed(folder: Path) -> OutOfFold:
    """The scores beside a model's weights. Raises ``DataRejected`` where there are none."""
    found = read(folder)
    if found is None:
        raise DataRejected(
            f"{folder.name} left no {FILE}: what it held out is not known, and figures would be of "
            "pictures that it learned."
        )
    return found


def by_fold(
    run: Path, card: Card, scored: OutOfFold, sha256: str, data: LabelledSet, work: Work
) -> pd.DataFrame:
    """``work`` on each fold's pictures, with the network that never saw them.

    ``run`` is one recipe's folder; ``data`` a collection or a part of it, ``sha256`` the whole
    collection's hash. Raises ``DataRejected`` where the folder holds another run.
    """
    fold = scored.folds(data)
    parts = []
    for k in np.unique(fold):
        folder = run / f"fold{k}"
        _check(folder, data.name, sha256, int((scored.table["fold"] == k).sum()))
        parts.append(
            work(run_folder.network(folder / LAST, card.architecture), data.only(fold == k))
        )
    return pd.concat(parts, ignore_index=True)


def _check(folder: Path, collection: str, sha256: str, held: int) -> None:
    """That the fold was learned to its end, without these pictures, by what the run says."""
    there = all((folder / name).is_file() for name in (LAST, SETTINGS))
    if not there or not any(folder.glob(_SCORES)):
        raise DataRejected(f"{folder} holds no fold that was learned to its end.")
    try:
        said = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        same = said["held"] == held and said["data"].get(collection) == sha256
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataRejected(f"{folder / SETTINGS} is damaged.") from error
    if not same:
        raise DataRejected(f"{folder} held out other pictures than {FILE} says.")
