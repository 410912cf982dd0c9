"""The lesson's findings follow from figures: with others they say the opposite."""

from __future__ import annotations

import pandas as pd
import pytest

from core.results.collections import ISIC_2017
from core.results.findings import Leak
from core.results.robustness import COLUMNS, FGSM, NONE, REPORTS, SIGN_NOISE
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


def test_the_title_of_a_change_names_where_least_is_right() -> None:
    # an attack of one step overshoots: its worst is not its strongest
    step = pd.DataFrame({"strength": [0.0, 2.0, 8.0], "accuracy": [90.0, 9.0, 36.0]})
    noise = pd.DataFrame({"strength": [0.0, 2.0, 8.0], "accuracy": [90.0, 91.0, 82.0]})
    alone, both = (
        picture_answers.strength_title(curves).replace("\N{NO-BREAK SPACE}", " ")
        for curves in ({FGSM: step}, {SIGN_NOISE: noise, FGSM: step})
    )
    assert alone == "One step against it: 90 % right become 9 % at 2 grey levels"
    assert both.startswith("As much at random: 90 % right become 82 % at 8 grey levels; one step")


def test_what_the_leak_is_worth_is_told_for_each_origin_as_its_intervals_say() -> None:
    def leak(origin: str, seen: Rate, unseen: Rate) -> Leak:
        return Leak(origin, seen, 72, unseen, 72)

    cant = people_answers.worth([leak("A", HIGH, BOTH), leak("B", BOTH, LOW)])
    assert cant == "Of A and of B, **so few can't tell what the leak is worth**."
    apart = people_answers.worth([leak("A", HIGH, LOW), leak("B", LOW, HIGH)])
    assert "Of A, **the leak flatters the network**" in apart
    assert "of B, **those it has seen are found less often**" in apart


def swept(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """A sweep of kinds with strength and accuracy, each two points to either side."""
    return pd.DataFrame(
        [(kind, strength, 660, right, right - 0.02, right + 0.02, 0.9, 0.1, 0.08, 0.12)
         for kind, strength, right in rows],
        columns=list(COLUMNS),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("against", "random", "said"),
    [
        (0.3, 0.9, "is the **direction** of a change, not its size"),
        (0.9, 0.3, "Noise costs this network **more** than a step against it"),
        (0.88, 0.9, "**can't tell** which costs more"),
    ],
)
def test_direction_or_size_is_as_the_sweep_says(against: float, random: float, said: str) -> None:
    table = swept((FGSM, 1 / 255, against), (SIGN_NOISE, 1 / 255, random))
    sentence = picture_answers.direction_or_size(table)
    assert said in sentence
    assert f"{100 * random:.1f}\N{NO-BREAK SPACE}%" in sentence
    assert "not measured" in picture_answers.direction_or_size(swept((FGSM, 1 / 255, 0.3)))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (0.3, "brings down what is right from"), (0.97, "Here more is right after it"),
        (0.89, "can't be told to cost anything"),
    ],
)  # fmt: skip
def test_what_the_report_s_step_costs_is_as_the_sweep_says(left: float, said: str) -> None:
    table = swept((NONE, 0.0, 0.9), (FGSM, REPORTS, left))
    assert said in picture_answers.step_costs(table)
    assert "not measured" in picture_answers.step_costs(swept((NONE, 0.0, 0.9)))


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


@pytest.mark.parametrize(
    ("standard", "robust", "said"),
    [
        ((HIGH, LOW), (LOW, HIGH), "withstands a step of one grey level better (+40.0 points)"),
        ((LOW, HIGH), (HIGH, LOW), "withstands a step of one grey level worse (-40.0 points)"),
        ((HIGH, LOW), (HIGH, BOTH), "can't be told to withstand"),
    ],
)
def test_what_robustness_costs_is_told_either_way(
    standard: tuple[Rate, Rate], robust: tuple[Rate, Rate], said: str
) -> None:
    sentence = picture_answers.robust_costs(standard, robust)
    assert said in sentence
    paid = 100 * (standard[0].value - robust[0].value)
    assert ("points fewer" if paid > 0 else "more of the pictures") in sentence


def test_a_test_without_known_lesions_is_called_lower_only_where_it_is() -> None:
    assert "40.0 points lower" in people_answers.without(HIGH, LOW)
    assert "not lower (+40.0 points)" in people_answers.without(LOW, HIGH)
