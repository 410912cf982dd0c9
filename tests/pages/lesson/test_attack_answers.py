"""What the lesson says of changed pictures follows from the sweep: with others, the opposite."""

from __future__ import annotations

import pandas as pd
import pytest

from core.results.robustness import COLUMNS, FGSM, NONE, REPORTS, SIGN_NOISE
from core.statistics.estimates import Rate
from pages.lesson import attack_answers

HIGH, LOW, BOTH = Rate(0.9, 0.85, 0.95), Rate(0.5, 0.4, 0.6), Rate(0.8, 0.5, 0.99)


def test_the_title_of_a_change_names_where_least_is_right() -> None:
    # an attack of one step overshoots: its worst is not its strongest
    step = pd.DataFrame({"strength": [0.0, 2.0, 8.0], "accuracy": [90.0, 9.0, 36.0]})
    noise = pd.DataFrame({"strength": [0.0, 2.0, 8.0], "accuracy": [90.0, 91.0, 82.0]})
    alone, both = (
        attack_answers.strength_title(curves).replace("\N{NO-BREAK SPACE}", " ")
        for curves in ({FGSM: step}, {SIGN_NOISE: noise, FGSM: step})
    )
    assert alone == "One step against it: 90 % right become 9 % at 2 grey levels"
    assert both.startswith("As much at random: 90 % right become 82 % at 8 grey levels; one step")


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
    sentence = attack_answers.direction_or_size(table)
    assert said in sentence
    assert f"{100 * random:.1f}\N{NO-BREAK SPACE}%" in sentence
    assert "not measured" in attack_answers.direction_or_size(swept((FGSM, 1 / 255, 0.3)))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (0.3, "brings down what is right from"), (0.97, "Here more is right after it"),
        (0.89, "can't be told to cost anything"),
    ],
)  # fmt: skip
def test_what_the_report_s_step_costs_is_as_the_sweep_says(left: float, said: str) -> None:
    table = swept((NONE, 0.0, 0.9), (FGSM, REPORTS, left))
    assert said in attack_answers.step_costs(table)
    assert "not measured" in attack_answers.step_costs(swept((NONE, 0.0, 0.9)))


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
    sentence = attack_answers.robust_costs(standard, robust)
    assert said in sentence
    paid = 100 * (standard[0].value - robust[0].value)
    assert ("points fewer" if paid > 0 else "more of the pictures") in sentence


def test_a_step_on_a_sample_is_compared_with_the_sample_as_it_is() -> None:
    table = pd.concat([
        swept((NONE, 0.0, 0.9)), swept((NONE, 0.0, 0.7), (FGSM, REPORTS, 0.3)).assign(n=100),
    ])  # fmt: skip
    said = attack_answers.step_costs(table).replace("\N{NO-BREAK SPACE}", " ")
    assert "from 70.0 % (68.0 to 72.0) to **30.0 % (28.0 to 32.0)** (on 100 of its" in said
    mixed = pd.concat([
        swept((FGSM, 1 / 255, 0.3)), swept((SIGN_NOISE, 1 / 255, 0.9)).assign(n=100),
    ])  # fmt: skip
    assert "not measured" in attack_answers.direction_or_size(mixed)
