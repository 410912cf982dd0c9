"""What a stranger's pictures get: an older collection scored by a network that learned none of it.

A recipe is trained anew without the collection, for a third of its epochs or so, and scores the
whole of it. Calibration is of the other pictures that were held out.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

import numpy as np
import pandas as pd

from core.arrays import Floats
from core.calibration import calibrated
from core.labels import DERMOSCOPIC
from core.results.card import Evaluation
from core.results.collections import title
from core.statistics import metrics
from training.pooled.broad_checkpoint import by_kind, figures_of, unseen
from training.pooled.broad_pool import HELD, BroadPool


def evaluated(
    pool: BroadPool, name: str, held_before: pd.DataFrame,
    margins: Callable[[pd.DataFrame], Floats], *, threshold: float, seed: int, command: str,
) -> Evaluation:  # fmt: skip
    """Figures of the collection ``name``, all of which ``pool`` holds out.

    ``margins`` gives malignant minus benign logits (N,) of rows, by the network trained without it.
    """
    held = pool.table[figures_of(pool.table)]
    others = held[held["collection"] != name].reset_index(drop=True)
    others = unseen(others, held_before, margins)
    fitted = by_kind(others, others["logit"].to_numpy(np.float64), seed)
    rows = pool.table[(pool.table["collection"] == name) & (pool.table["use"] == HELD)]
    p = calibrated(margins(rows), fitted[DERMOSCOPIC])
    figures = metrics.evaluate(rows["label"].to_numpy(), p, rows["person"], threshold)
    return Evaluation(
        f"{title(name)}, by a network that learned nothing of it", figures, command, name,
        pool.sets[name].sha256(), datetime.date.today().isoformat(),
    )  # fmt: skip
