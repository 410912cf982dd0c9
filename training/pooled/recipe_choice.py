"""Which recipe of ``training.general`` is shipped: the one whose worst group is ranked best."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.arrays import Floats, Mask
from core.files import write_text
from core.results import recipes
from core.results.collections import FITZPATRICK
from core.results.recipes import GroupAuc, Recipes, TriedRecipe
from core.statistics import metrics
from training.pooled.options import PooledOptions

# Whose AUC is compared: collections, and the Fitzpatrick pairs of the one that has all three.
TYPED = FITZPATRICK
LEAST_OF_A_CLASS = 10


def _groups(table: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
    """Names and rows of the groups with enough of both classes."""
    keys = {name: table["collection"] == name for name in table["collection"].unique()}
    typed = table["collection"] == TYPED
    keys |= {f"{TYPED} / {pair}": typed & (table["fitzpatrick"] == pair)
             for pair in sorted(table["fitzpatrick"][typed].unique())}  # fmt: skip
    for key, rows in keys.items():
        if np.bincount(table["label"][rows], minlength=2).min() >= LEAST_OF_A_CLASS:
            yield key, rows.to_numpy()


def aucs(table: pd.DataFrame, logit: Floats) -> dict[str, float]:
    """AUC of each group of the pool's rows by their logits (N,)."""
    p = 1 / (1 + np.exp(-logit))
    return {key: round(metrics.auc(table["label"][rows], p[rows]), 4)
            for key, rows in _groups(table)}  # fmt: skip


def chosen(
    table: pd.DataFrame, fold: NDArray[np.int64], scores: dict[str, Floats],
    compared: int, left: int | None = None,
) -> str:  # fmt: skip
    """The recipe whose worst group is best on the compared folds without ``left``.

    The first recipe if no fold remains to compare on.
    """
    rows = fold < compared
    if left is not None:
        rows &= fold != left
    if not rows.any():
        return next(iter(scores))

    def worst(name: str) -> float:
        return min(aucs(table[rows], scores[name][rows]).values(), default=float("nan"))

    return max(scores, key=worst)


def by_group(table: pd.DataFrame, logit: Floats) -> tuple[GroupAuc, ...]:
    """AUC of each group with its interval by person."""
    p = 1 / (1 + np.exp(-logit))
    groups = []
    for key, rows in _groups(table):
        found = metrics.evaluate(table["label"][rows], p[rows], table["person"][rows])
        if found.auc is not None:
            groups.append(GroupAuc(key, found.n, found.malignant, found.auc))
    return tuple(groups)


@dataclasses.dataclass(frozen=True)
class Compared:
    """Recipes' logits (N,) of pictures that they held out, ``nan`` elsewhere.

    ``fold`` (N,) is the one that held a picture out. All recipes have scored the first ``count`` of
    ``folds``; ``options`` and the ``recorded`` command are those that compare them.
    """

    table: pd.DataFrame
    fold: NDArray[np.int64]
    scores: dict[str, Floats]
    count: int
    folds: int
    options: PooledOptions
    recorded: str

    def recipes(self, told: dict[str, tuple[str, int]], scored: int) -> Recipes:
        """Each recipe's figures, the best, and by which of them each fold is scored.

        ``told`` says of a recipe what it is and its epochs; ``scored`` how many folds are scored.
        """
        model, side = self.options.model, self.options.side
        rows = self.fold < self.count
        tried = tuple(
            TriedRecipe(model, name, *told[name], by_group(self.table[rows], own[rows]),
                        self.recorded, self.folds, self.count, side)
            for name, own in self.scores.items()
        )  # fmt: skip
        best, *scored_by = (chosen(self.table, self.fold, self.scores, self.count, k)
                            for k in (None, *range(scored)))  # fmt: skip
        today = datetime.date.today().isoformat()
        return Recipes(recipes.SCHEMA, self.recorded, today, model, best, self.folds,
                       self.count, tuple(scored_by), tried)  # fmt: skip

    def kept(self, found: Recipes, best: Floats) -> Floats:
        """The logits (N,) that figures are made of.

        ``best``, the best recipe's, but on compared folds those of the recipe that each is scored
        by.
        """
        kept = best.copy()
        for k, name in enumerate(found.fold_scored_by[: self.count]):
            kept[self.fold == k] = self.scores[name][self.fold == k]
        return kept


def _what(one: TriedRecipe) -> tuple[str, str, int, int, int]:
    return one.network, one.recipe, one.side, one.folds, one.scored


def write(folder: Path, found: Recipes, compared_only: bool = False) -> None:
    """Replace the file of a model; what other networks or recipes had in it stays.

    With ``compared_only`` what it says of the shipped model stays too.
    """
    before = recipes.read_recipes(folder.name, folder.parent)
    new = {_what(one) for one in found.tried}
    kept = [one for one in before.tried if _what(one) not in new] if before else []
    told = before if before and compared_only else found
    whole = dataclasses.replace(told, tried=(*kept, *found.tried))
    text = json.dumps(dataclasses.asdict(whole), indent=1, allow_nan=False) + "\n"
    write_text(folder / recipes.FILE, text)
