from __future__ import annotations

import pandas as pd
import pytest

from training.data.labelled_set import DataRejected, LabelledSet
from training.data.left_out import leave_out

SET = LabelledSet(
    "some_set",
    pd.DataFrame(
        {
            "file": ["a", "b", "c", "d", "e"],
            "label": [0, 1, 1, 0, 1],
            "group": ["g1", "g2", "g2", "g3", "g4"],
            "seen_in": [None, "train/7.jpg", None, None, None],
            "twice": [0, 0, 0, 1, 0],
            "collection": ["SONIC", "MSK", "MSK", "MSK", None],
        }
    ),
)


def left(*conditions: str) -> list[str]:
    return list(leave_out(SET, conditions).table["file"])


def test_without_a_condition_nothing_is_left_out() -> None:
    assert left() == ["a", "b", "c", "d", "e"]


def test_what_is_recorded_takes_every_picture_of_its_lesion_along() -> None:
    assert left("seen_in") == ["a", "d", "e"]  # c shows the lesion of b


def test_a_nought_is_no_record() -> None:
    assert left("twice") == ["a", "b", "c", "e"]


def test_conditions_add_up() -> None:
    assert left("seen_in", "collection=SONIC") == ["d", "e"]


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (["nowhere"], "'nowhere'"),
        (["path"], "'path'"),  # our own column, which metadata here don't have
        (["collection=sonic"], "collection=sonic"),
        (["twice", "seen_in", "collection=SONIC", "group=g4", "file=e"], "no column 'group'"),
        (["twice", "seen_in", "collection=SONIC", "file=e"], "no pictures left"),
    ],
)
def test_what_can_t_be_is_refused_in_a_sentence(conditions: list[str], said: str) -> None:
    with pytest.raises(DataRejected, match=said) as refusal:
        leave_out(SET, conditions)
    assert str(refusal.value).endswith(".")
