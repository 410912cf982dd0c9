"""The page's first sentence, with chances that say one thing and the other."""

from __future__ import annotations

import pandas as pd
import pytest
from PIL import Image

from core.labels import Judgement
from pages.stress import before_after, curve, test_set
from pages.stress.judged import BeforeAndAfter
from pages.stress.setting import Setting

ANSWERS: dict[float, Judgement] = {
    0.05: "benign", 0.13: "benign", 0.4: "uncertain", 0.9: "malignant", 0.98: "malignant",
}  # fmt: skip


def told(change: str, strength: str, before: float, after: float, *, stopped: bool = False) -> str:
    picture = Image.new("RGB", (2, 2))
    answers = ANSWERS[before], ANSWERS[after]
    shown = BeforeAndAfter(
        before=picture, after=picture, difference=picture, factor=1, chances=(before, after),
        answers=("not judged", "not judged") if stopped else answers, likelier="benign",
    )  # fmt: skip
    return before_after.sentence(shown, Setting(change, strength, "resnet18", 0))


def test_a_step_that_no_eye_sees_and_that_changes_the_answer() -> None:
    said = told("fgsm", "0.003", 0.13, 0.98)
    assert said.startswith("A change that no eye can see (FGSM, the one-step attack, 0.77 of 255")
    assert "changes the answer: from 'looks benign' to 'looks suspicious'" in said
    assert "13\N{NO-BREAK SPACE}% to 98\N{NO-BREAK SPACE}%" in said


def test_a_step_that_leaves_the_answer_is_not_said_to_turn_it() -> None:
    said = told("fgsm", "0.003", 0.13, 0.05)
    assert "leaves the answer as it is: 'looks benign'" in said
    assert "changes" not in said


def test_an_answer_that_becomes_none_is_called_as_on_every_page() -> None:
    assert "from 'looks benign' to 'can't tell'" in told("jpeg", "1.00", 0.13, 0.4)


def test_a_picture_that_is_not_judged_has_a_number_and_no_answer() -> None:
    said = told("jpeg", "1.00", 0.13, 0.98, stopped=True)
    assert "moves the model's number from 13\N{NO-BREAK SPACE}% to 98\N{NO-BREAK SPACE}%" in said
    assert "no answer" in said
    assert "looks" not in said


@pytest.mark.parametrize(
    ("change", "strength", "amount"),
    [("fgsm", "8/255", "8 of 255 grey levels"), ("jpeg", "0.50", "50\N{NO-BREAK SPACE}% of the "
    "worst"),
     ("gaussian", "0.1", "standard deviation 0.1")],
)  # fmt: skip
def test_what_may_be_seen_is_not_called_unseen(change: str, strength: str, amount: str) -> None:
    said = told(change, strength, 0.9, 0.13)
    assert "no eye" not in said
    assert amount in said
    assert "from 'looks suspicious' to 'looks benign'" in said


@pytest.mark.parametrize(
    ("epsilon", "said"),
    [
        (None, "No step of FGSM up to 8/255"),
        (0.003, "A step of 0.77/255 makes the other class likelier, 1 "),
    ],
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
    [(0.05, "benign", "5\N{NO-BREAK SPACE}% malignant, **looks benign**."),
     (0.51, "uncertain", "51\N{NO-BREAK SPACE}% malignant, **can't tell**."),
     (0.9, "malignant", "90\N{NO-BREAK SPACE}% malignant, **looks suspicious**."),
     (0.9, "not judged", "90\N{NO-BREAK SPACE}% malignant, **not judged**.")],
)  # fmt: skip
def test_a_chance_is_called_by_one_of_the_four_words(
    chance: float, answer: Judgement, said: str
) -> None:
    assert before_after.answer_in_words(chance, answer) == said
