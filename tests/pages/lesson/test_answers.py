"""The lesson's findings follow from figures: with others they say the opposite."""

from __future__ import annotations

import pytest

from core.results.collections import ISIC_2017
from core.results.findings import Leak
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Figures, Rate
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


def test_what_the_leak_is_worth_is_told_for_each_origin_as_its_intervals_say() -> None:
    def leak(origin: str, seen: Rate, unseen: Rate) -> Leak:
        return Leak(origin, seen, 72, unseen, 72)

    cant = people_answers.worth([leak("A", HIGH, BOTH), leak("B", BOTH, LOW)])
    assert cant == "Of A and of B, **so few can't tell what the leak is worth**."
    apart = people_answers.worth([leak("A", HIGH, LOW), leak("B", LOW, HIGH)])
    assert "Of A, **the leak flatters the network**" in apart
    assert "of B, **those it has seen are found less often**" in apart


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "said"),
    [
        (HIGH, Rate(0.3, 0.25, 0.35), "It finds many because it calls most malignant"),
        (HIGH, Rate(0.1, 0.05, 0.15), "its alarms say nothing here"),
        (
            Rate(0.6, 0.5, 0.7),
            Rate(0.9, 0.8, 0.95),
            "60 of 100 malignant lesions malignant, and 10 ",
        ),
    ],
)
def test_what_alarms_are_worth_on_other_skin_is_told_from_both_rates(
    sensitivity: Rate, specificity: Rate, said: str
) -> None:
    figures = Figures(100, 50, HIGH, HIGH, sensitivity, specificity, LOW)
    sentence = picture_answers.alarms_at("phone photos", figures)
    assert said in sentence
    if sensitivity is not HIGH:
        assert "calls most" not in sentence


def test_a_test_without_known_lesions_is_called_lower_only_where_it_is() -> None:
    assert "40.0 points lower" in people_answers.without(HIGH, LOW)
    assert "not lower (+40.0 points)" in people_answers.without(LOW, HIGH)
