"""What a stranger's pictures get: a collection scored by a network that learned none of it.

A recipe is trained anew without the collection, for a third of its epochs or so, and scores the
whole of it. Calibration is of the other pictures of its kind that were held out.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from core import checkpoints
from core.arrays import Floats
from core.calibration import calibrated
from core.results.card import CARD, Evaluation, write_card
from core.results.collections import HAM_OTHER, REPORT, title
from core.results.test_sets import LEFT_OUT
from core.statistics import metrics
from training.data.file_lock import writing
from training.pooled.broad_checkpoint import by_kind, figures_of, unseen
from training.pooled.broad_pool import HELD, LEARNED, NEW, TAUGHT, UNUSED, BroadPool
from training.pooled.two_heads import kind_of


def strangers(table: pd.DataFrame, name: str) -> pd.Series[bool]:
    """Which rows (N,) of a pool are of the collection ``name`` or of the archive it was drawn from.

    The report's set has a part of HAM10000, and a part of the older collections, which are one.
    """
    if name in NEW:
        return table["older"].astype(bool)
    own = table["collection"] == name
    if name == HAM_OTHER:
        own |= (table["collection"] == REPORT) & ~table["older"]
    return own


def by_labels_alone(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """A pool's table of which ``name`` is all held, and what isn't of its archive is learned.

    Learned by its label: a teacher that knows the collection would pass on what it knows of it.
    """
    out = strangers(table, name)
    use = table["use"].mask(out, HELD)
    apart = table["together"].isin(table["together"][use == HELD]) & (use != HELD)
    use = use.mask(apart | (out & (table["collection"] != name)), UNUSED)
    return table.assign(use=use.replace(TAUGHT, LEARNED))


def evaluated(
    pool: BroadPool, name: str, held_before: pd.DataFrame,
    margins: Callable[[pd.DataFrame], Floats], *, threshold: float, seed: int, command: str,
    about: str = "by a network that learned nothing of it",
) -> Evaluation:  # fmt: skip
    """Figures of the collection ``name``, all of which ``pool`` holds out.

    ``margins`` gives malignant minus benign logits (N,) of rows, by the network trained without it.
    """
    held = pool.table[figures_of(pool.table, held_before)]
    others = held[held["collection"] != name].reset_index(drop=True)
    others = unseen(others, held_before, margins)
    fitted = by_kind(others, others["logit"].to_numpy(np.float64), seed)
    rows = pool.table[(pool.table["collection"] == name) & (pool.table["use"] == HELD)]
    p = calibrated(margins(rows), fitted[kind_of(name)])
    figures = metrics.evaluate(rows["label"].to_numpy(), p, rows["person"], threshold)
    return Evaluation(
        f"{title(name)}, {about}", figures, command, name,
        pool.sets[name].sha256(), datetime.date.today().isoformat(),
    )  # fmt: skip


def note(found: Evaluation, folder: Path) -> None:
    """Put a left-out collection's figures on a card, whose weights stay as they are."""
    with writing(folder):
        card = checkpoints.card(folder.name, folder.parent)
        scores = {**card.evaluations, LEFT_OUT + found.data: found}
        write_card(dataclasses.replace(card, evaluations=scores), folder / CARD)
