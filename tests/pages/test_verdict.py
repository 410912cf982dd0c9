"""The verdict's sentences: natural frequencies follow from the card by hand-worked arithmetic."""

from __future__ import annotations

import dataclasses
import re

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from pages.components import verdict
from tests.pages.conftest import words

CARD = checkpoints.card("resnet18")


@pytest.mark.parametrize("answer", ["benign", "malignant", "uncertain"])
def test_frequencies_are_the_cards_counts_and_bayes_at_one_in_a_hundred(answer: str) -> None:
    said = verdict.in_people(answer, CARD)  # type: ignore[arg-type]
    numbers = [int(number) for number in re.findall(r"\*\*(\d+)\*\*", said)]
    assert CARD.limits is not None
    test = CARD.limits.answer_checks["official_test"]
    given = test.given[answer]
    # of 100,000 people 1,000 have a malignant lesion
    sick = 1_000 * given["malignant"].value
    well = 99_000 * given["benign"].value
    assert numbers == [
        pytest.approx(1000 * test.malignant_among[answer].value, abs=0.5),
        pytest.approx(1000 * sick / (sick + well), abs=0.5),
    ]
    assert numbers[1] < numbers[0]  # half of the test is malignant, one in a hundred of a practice


def test_a_model_without_limits_says_no_frequencies() -> None:
    assert verdict.in_people("benign", dataclasses.replace(CARD, limits=None)) == ""


@pytest.mark.parametrize("stopped", [True, False])
def test_a_picture_the_model_can_not_judge_gets_no_frequencies_but_its_warning(
    stopped: bool,
) -> None:
    def page(stopped: bool) -> None:
        from core import checkpoints
        from core.assessment import Assessment
        from core.drawn_example import draw_lesion
        from core.photo_quality import measure
        from pages.components import verdict

        found = Assessment(
            kind="photo" if stopped else "dermoscopic",
            answer="not judged" if stopped else "malignant", probability=0.9,
            warnings=("It is a phone photo.",) if stopped else (), shown_anyway="malignant",
            quality=measure(draw_lesion(224, 224)),
        )  # fmt: skip
        verdict.show(found, "malignant", False, checkpoints.card("resnet18"))

    shown = AppTest.from_function(page, kwargs={"stopped": stopped}).run()
    assert not shown.exception
    said = words(shown)
    assert ("Of 1,000 pictures" in said) is not stopped
    assert ("no picture that the model can judge" in said) is stopped
    assert [warning.value for warning in shown.warning] == ["It is a phone photo."] * stopped
    assert "Looks suspicious to this model" in said
