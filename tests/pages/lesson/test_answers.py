"""The lesson's findings follow from figures: with others they say the opposite."""

from __future__ import annotations

import pandas as pd
import pytest

from core.results.collections import ISIC_2017
from core.results.findings import Leak
from core.results.robustness import FGSM, SIGN_NOISE
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate
from pages.lesson import people_answers, picture_answers

HIGH, LOW, BOTH = Rate(0.9, 0.85, 0.95), Rate(0.5, 0.4, 0.6), Rate(0.8, 0.5, 0.99)


@pytest.mark.parametrize(
    ("own", "older", "said"),
    [
        (HIGH, LOW, "ranks its own test well (AUC 0.90), and ISIC 2017 worse (0.50)"),
        (LOW, HIGH, "ranks ISIC 2017 better (AUC 0.90) than its own test (0.50)"),
        (HIGH, BOTH, "can't be told apart"),
    ],
)
def test_the_title_of_the_collections_follows_from_the_intervals(
    own: Rate, older: Rate, said: str
) -> None:
    assert said in picture_answers.collection_title({OFFICIAL: own, ISIC_2017: older})


def test_without_an_older_collection_the_title_claims_nothing() -> None:
    assert picture_answers.collection_title({OFFICIAL: HIGH}) == "AUC by the pictures' collection"


def test_the_title_of_a_change_names_where_least_is_right() -> None:
    # an attack of one step overshoots: its worst is not its strongest
    step = pd.DataFrame({"strength": [0.0, 2.0, 8.0], "accuracy": [90.0, 9.0, 36.0]})
    noise = pd.DataFrame({"strength": [0.0, 2.0, 8.0], "accuracy": [90.0, 91.0, 82.0]})
    assert picture_answers.strength_title({FGSM: step}) == (
        "One step against it: 90 % right become 9 % at 2 grey levels"
    )
    both = picture_answers.strength_title({SIGN_NOISE: noise, FGSM: step})
    assert both.startswith("As much at random: 90 % right become 82 % at 8 grey levels; one step")


def test_what_the_leak_is_worth_is_told_for_each_origin_as_its_intervals_say() -> None:
    def leak(origin: str, seen: Rate, unseen: Rate) -> Leak:
        return Leak(origin, seen, 72, unseen, 72)

    cant = people_answers.worth([leak("A", HIGH, BOTH), leak("B", BOTH, LOW)])
    assert cant == "Of A and of B, **so few can't tell what the leak is worth**."
    apart = people_answers.worth([leak("A", HIGH, LOW), leak("B", LOW, HIGH)])
    assert "Of A, **the leak flatters the network**" in apart
    assert "of B, **those it has seen are found less often**" in apart
