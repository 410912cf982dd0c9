"""Each picture's score with the groups of whom it shows: figures of groups at any threshold."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from core.fairness import groups as fairness
from core.fairness.review import Review
from core.results import scored_models
from core.results.card import CARD, read_card
from core.results.collections import REPORT
from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = "collections"  # the folder that training.people writes
EVERYBODY = "all"  # the group that ``training.fairness`` puts all pictures into
MOVED = ("sensitivity", "specificity")  # what depends on the threshold
# Whose people a set's are, where they are not under its own name.
_PEOPLE_OF = {OFFICIAL: REPORT}


def read_scores(review: Review, root: Path) -> pd.DataFrame:
    """Every picture that a review is of, a row each.

    Columns: file, label (0 or 1), probability, person and ``RECORDED``.

    Raises ``ResultsRejected`` where the files are missing or show other pictures than the review.
    """
    folder = root / review.model
    card = read_card(folder / CARD)
    scored = Result(card, folder).predictions(review.collection)
    name = _PEOPLE_OF.get(review.collection, review.collection)
    path = root / PEOPLE / f"{name}.csv"
    known = scored_models.read_table(path, ("file", *fairness.RECORDED), numeric=False)
    scored["label"] = (scored["label"] == "malignant").astype(int)
    scored = scored.rename(columns={"group": "person"})[["file", "label", "probability", "person"]]
    table = scored.merge(known[["file", *fairness.RECORDED]], on="file")
    if len(table) != review.groups[0].n:
        raise ResultsRejected(f"{PEOPLE}/{path.name} and the review show different pictures.")
    return table


def moved(review: Review, table: pd.DataFrame, by: str, threshold: float) -> Review:
    """The review with what depends on the threshold as it is at another, for the groups ``by``."""

    def of(group: str) -> pd.DataFrame:
        return table if by == EVERYBODY else table[table[by] == group]

    groups = tuple(
        dataclasses.replace(
            group,
            sensitivity=fairness.figure(of(group.group), "sensitivity", threshold),
            specificity=fairness.figure(of(group.group), "specificity", threshold),
        )
        for group in review.groups
        if group.by == by
    )
    gaps = tuple(
        fairness.gap(
            of(gap.first), of(gap.second), gap.measure, (by, gap.first, gap.second), threshold
        )
        for gap in review.gaps
        if gap.by == by and gap.measure in MOVED
    )
    return dataclasses.replace(review, threshold=threshold, groups=groups, gaps=gaps)
