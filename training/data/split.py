"""The split of labelled pictures into those that are trained on and those of validation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.labels import CLASSES
from core.results.card import LabelRule
from training.data.labelled_set import TEST, VALIDATION, DataRejected, LabelledSet

# The report's 264 of 2,637 training pictures.
VALIDATION_SHARE = 0.1
# How a card names a split that came with the data.
GIVEN = "as the data say"


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
    rule: LabelRule | None = None


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
                mapping=whole.mapping, rule=whole.rule,
            )  # fmt: skip
    _needs_both(whole, f"{whole.name}, but for its test")
    train, validation = split_validation(whole, seed, how, share)
    return Split(
        whole.name, whole.sha256(), train, validation, seed, mapping=whole.mapping, rule=whole.rule
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
                 how=split.how, mapping=split.mapping, rule=split.rule)  # fmt: skip


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
