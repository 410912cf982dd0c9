"""Pictures are of one lot where a label or a pair joins them, however far a chain goes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.data.lots import number_lots


def test_labels_and_pairs_join_across_a_chain() -> None:
    lesion = pd.Series(["a", "a", "b", "c", "d"])
    lots = number_lots([lesion], np.array([[1, 2]]))
    assert lots[0] == lots[1] == lots[2]
    assert len(set(lots.tolist())) == 3


def test_what_no_pair_joins_is_parted_by_its_labels_alone() -> None:
    person, content = pd.Series(["p", "p", "q", "r", "s"]), pd.Series(list("abbcd"))
    lots = number_lots([person, content], np.empty((0, 2), dtype=np.int64))
    assert lots[0] == lots[1] == lots[2]  # the first two by their person, the next by its content
    assert len(set(lots.tolist())) == 3
