"""How a model does on the groups of somebody's own collection, and the figures to take home."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING

from core.batch.rows import Row
from core.fairness.groups import NOT_RECORDED, gaps_of, group_figures, groups_of
from core.fairness.review import SCHEMA, Review
from core.labels import Judgement
from core.results.card import Card

if TYPE_CHECKING:
    import pandas as pd

STOPPED: Judgement = "not judged"
COLLECTION, TITLE = "own", "Your own collection"
COMMAND = "the page 'Skin tone', your own collection"


def scored(table: pd.DataFrame, rows: Sequence[Row], with_stopped: bool = False) -> pd.DataFrame:
    """The collection's first pictures with their ``probability``, without those not read.

    Those that the model's gate stopped get no answer: they count only ``with_stopped``. ``rows``
    are of the same pictures in the same order, or fewer of them after a stop.
    """
    chances = [
        nan if row.probability is None or (row.answer == STOPPED and not with_stopped)
        else row.probability
        for row in rows
    ]  # fmt: skip
    found = table.iloc[: len(rows)].assign(probability=chances)
    return found.dropna(subset=["probability"])


def review(table: pd.DataFrame, by: str, card: Card, threshold: float) -> Review:
    """Figures of every group of the column ``by``, and the gap of each to the largest.

    ``table`` is of ``scored``, with at least one row.
    """
    groups = groups_of(table, by, threshold)
    named = [group for group in groups if group.group != NOT_RECORDED]
    gaps = []
    if named:
        largest = max(named, key=lambda group: group.people).group
        for group in named:
            if group.group != largest:
                gaps += gaps_of(table, by, largest, group.group, threshold)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Review(
        SCHEMA, card.name, COLLECTION, TITLE, threshold, "of this collection", COMMAND,
        "", today, (group_figures(table, "all", "all", threshold), *groups), tuple(gaps),
    )  # fmt: skip
