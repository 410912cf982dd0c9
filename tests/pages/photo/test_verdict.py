"""The verdict's sentences: natural frequencies follow from the card by hand-worked arithmetic."""

from __future__ import annotations

import dataclasses
import re

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.assessment.assess import Assessment
from core.assessment.quality import measure
from core.labels import DERMOSCOPIC, PHOTO, Judgement, Kind
from core.pictures.drawn_lesion import draw_lesion
from core.results.collections import PAD_UFES
from pages.components import wording
from pages.photo import verdict
from tests.pages.conftest import words

CARD = checkpoints.card("resnet18")


def found_of(answer: Judgement, kind: Kind = DERMOSCOPIC) -> Assessment:
    quality = measure(draw_lesion(64, 64))
    return Assessment(kind, answer, 0.5, (), answer, quality)


@pytest.mark.parametrize("answer", ["benign", "malignant", "uncertain"])
def test_frequencies_are_the_cards_counts_and_bayes_at_one_in_a_hundred(answer: Judgement) -> None:
    said = verdict.in_people(found_of(answer), CARD)
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
    assert verdict.in_people(found_of("benign"), dataclasses.replace(CARD, limits=None)) == ""


def test_a_photos_frequencies_are_those_of_the_photos_in_the_test() -> None:
    assert CARD.limits is not None
    checks = dict(CARD.limits.answer_checks)
    dermoscopic, photos = checks["official_test"], checks["isic2018_test_half"]
    limits = dataclasses.replace(
        CARD.limits, answers_by_kind={PHOTO: CARD.limits.answers},
        answer_checks={"official_test": dermoscopic, PAD_UFES: photos},
    )  # fmt: skip
    card = dataclasses.replace(CARD, limits=limits)
    for kind, check in ((DERMOSCOPIC, dermoscopic), (PHOTO, photos)):
        said = verdict.in_people(found_of("benign", kind), card)
        assert f"**{1000 * check.malignant_among['benign'].value:.0f}**" in said


@pytest.mark.parametrize(
    ("data", "photos"),
    [("malignant_vs_benign", False), ("malignant_vs_benign + pad_ufes_20_half", True)],
)
def test_what_it_learned_from_is_said_as_the_card_has_it(data: str, photos: bool) -> None:
    training = dataclasses.replace(CARD.training, data=data, n_train=8758)
    said = wording.trained_on(dataclasses.replace(CARD, training=training))
    assert "8,758" in said
    assert ("ordinary photos" in said) == photos


@pytest.mark.parametrize("stopped", [True, False])
def test_a_picture_the_model_can_not_judge_gets_no_frequencies_but_its_warning(
    stopped: bool,
) -> None:
    def page(stopped: bool) -> None:
        from core import checkpoints
        from core.assessment.assess import Assessment
        from core.assessment.quality import measure
        from core.pictures.drawn_lesion import draw_lesion
        from pages.photo import verdict

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
