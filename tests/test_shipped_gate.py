"""What the shipped models stop: rates on their cards, and real pictures, each for its reason."""

from __future__ import annotations

import pytest

from core import checkpoints, classifier, images
from core.classifier import Classifier
from core.labels import DERMOSCOPIC, PHOTO, SKIN_KINDS, Cause
from core.pictures.examples import read_examples
from core.results.card import Card
from core.results.collections import COLLECTIONS, PAD_UFES
from core.results.limits import GateCheck
from training.assessment.gate_pictures import BESIDE_LESIONS

JUDGE_PHOTOS = [
    name for name in checkpoints.available()
    if (limits := checkpoints.card(name).limits) and set(SKIN_KINDS) <= set(limits.kinds_judged)
]  # fmt: skip
LEAST_OF_BARE_SKIN, LEAST_OF_OTHERS = 0.95, 0.99
MOST_OF_DERMOSCOPIC, MOST_OF_ATLAS = 0.02, 0.06
PROMISED_OF_PHONE = 0.04


@pytest.fixture(params=JUDGE_PHOTOS)
def card(request: pytest.FixtureRequest) -> Card:
    return checkpoints.card(request.param)


def _checks(card: Card) -> dict[str, GateCheck]:
    assert card.limits is not None
    return card.limits.gate_checks


@pytest.mark.xfail(
    reason="of 113 pictures of other people 8 pass by general, 9 by general_light; 5 may",
    strict=True,
)
def test_bare_skin_of_other_people_is_stopped(card: Card) -> None:
    assert _checks(card)["normal_skin"].stopped.value >= LEAST_OF_BARE_SKIN


def test_bare_skin_beside_lesions_of_other_people_is_stopped(card: Card) -> None:
    beside = _checks(card)[BESIDE_LESIONS].stopped
    assert beside.n > 900
    assert beside.value >= LEAST_OF_BARE_SKIN


def test_hands_things_and_scenery_of_other_people_are_stopped(card: Card) -> None:
    checks = _checks(card)
    for name in ("hand", "object", "scenery"):
        assert checks[name].stopped.value >= LEAST_OF_OTHERS, name


def test_few_pictures_of_a_lesion_are_stopped(card: Card) -> None:
    told = {DERMOSCOPIC: MOST_OF_DERMOSCOPIC, PHOTO: MOST_OF_ATLAS}
    lesions = {name: one for name, one in _checks(card).items()
               if one.truth in told and name != PAD_UFES}  # fmt: skip
    assert len(lesions) >= 7
    for name, one in lesions.items():
        assert one.stopped.value <= told[one.truth], name  # type: ignore[index]


def test_as_few_phone_photos_of_a_lesion_are_stopped_as_was_promised(card: Card) -> None:
    assert COLLECTIONS[PAD_UFES].is_photo
    assert _checks(card)[PAD_UFES].stopped.value <= PROMISED_OF_PHONE


@pytest.fixture(scope="module")
def general() -> Classifier:
    return classifier.load("general")


@pytest.mark.parametrize(
    ("file", "cause"),
    [("made_bare_skin.jpg", "no spot"), ("made_blurred.jpg", "blurred"),
     ("made_dark.jpg", "dark"), ("made_far_away.jpg", "far away"), ("made_grey.jpg", "grey"),
     ("PAT_621_3591_171.jpg", None)],
)  # fmt: skip
def test_a_real_picture_is_stopped_for_what_is_wrong_with_it_and_a_hairy_one_is_judged(
    general: Classifier, file: str, cause: Cause | None
) -> None:
    example = next(one for one in read_examples() if one.file == file)
    found = general.assess(images.open_image(example.data))
    assert found.cause == cause
    assert (found.answer == "not judged") == (cause is not None)
    if cause is None:
        assert found.warnings == ()
