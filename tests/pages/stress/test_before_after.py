"""The page's first sentence, with chances that say one thing and the other."""

from __future__ import annotations

import pandas as pd
import pytest
from PIL import Image

from core.labels import Answer
from core.results.limits import Answers
from pages.stress import before_after, curve, test_set
from pages.stress.judged import BeforeAndAfter
from pages.stress.setting import Setting


def told(change: str, strength: str, before: float, after: float) -> str:
    picture = Image.new("RGB", (2, 2))
    answers: list[Answer] = ["malignant" if p >= 0.5 else "benign" for p in (before, after)]
    shown = BeforeAndAfter(
        before=picture, after=picture, difference=picture, factor=1, chances=(before, after),
        answers=(answers[0], answers[1]),
    )  # fmt: skip
    return before_after.sentence(shown, Setting(change, strength, "resnet18", 0))


def test_a_step_that_no_eye_sees_and_that_turns_the_answer_round() -> None:
    said = told("fgsm", "0.003", 0.13, 0.98)
    assert said.startswith("A change that no eye can see (FGSM, the one-step attack, 0.77 of 255")
    assert "turns the answer round: from benign to malignant" in said
    assert "13 % to 98 %" in said


def test_a_step_that_leaves_the_answer_is_not_said_to_turn_it() -> None:
    said = told("fgsm", "0.003", 0.13, 0.2)
    assert "leaves the answer as it is: benign" in said
    assert "turns" not in said


@pytest.mark.parametrize(
    ("change", "strength", "amount"),
    [("fgsm", "8/255", "8 of 255 grey levels"), ("jpeg", "0.50", "50 % of the worst"),
     ("gaussian", "0.1", "standard deviation 0.1")],
)  # fmt: skip
def test_what_may_be_seen_is_not_called_unseen(change: str, strength: str, amount: str) -> None:
    said = told(change, strength, 0.9, 0.1)
    assert "no eye" not in said
    assert amount in said
    assert "from malignant to benign" in said


@pytest.mark.parametrize(
    ("epsilon", "said"),
    [(None, "No step of FGSM up to 8/255"), (0.003, "A step of 0.77/255 flips this verdict, 1 ")],
)
def test_the_smallest_flip_is_told_or_that_there_is_none(epsilon: float | None, said: str) -> None:
    assert curve.flip(epsilon).startswith(said)


def test_a_curve_over_the_test_set_is_titled_by_its_lowest_points() -> None:
    rows = pd.DataFrame(
        {"model": ["a", "a", "a", "b", "b"], "strength": [0, 2, 8, 0, 1],
         "accuracy": [90.5, 9.2, 35.6, 88, 86]}
    )  # fmt: skip
    assert test_set.fall(rows, "FGSM").replace("\N{NO-BREAK SPACE}", " ") == (
        "FGSM at its worst: a from 90 to 9 %; b from 88 to 86 %"
    )


@pytest.mark.parametrize(
    ("chance", "answer", "said"),
    [(0.05, "benign", "looks benign"), (0.43, "benign", "can't tell"),
     (0.51, "malignant", "can't tell"), (0.9, "malignant", "looks suspicious")],
)  # fmt: skip
def test_the_likelier_class_is_not_mistaken_for_the_answer_of_three(
    chance: float, answer: Answer, said: str
) -> None:
    cuts = Answers(0.9, 0.95, benign_up_to=0.16, malignant_from=0.69, suspicious_from=0.16, n=9)
    likelier = f"{100 * chance:.0f} % malignant, so '{answer}' is likelier"
    assert before_after.answer_in_words(chance, answer, None) == f"{likelier}."
    told = before_after.answer_in_words(chance, answer, cuts)
    assert told == f"{likelier}; 'Check a photo' would say \"{said}\"."
