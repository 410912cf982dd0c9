"""A stopped picture has one reason: of all that is unusual, what explains the rest."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core import classifier
from core.assessment.assess import Assessment, assess, of_part
from core.assessment.picture_kind import BARE_SKIN, ELSE, Content
from core.assessment.quality import Quality, measure
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, Kind
from core.pictures.drawn_lesion import SKIN, draw_lesion
from core.pictures.examples import read_examples
from core.results.limits import Answers, Limits, QualityBounds

# as measured on real pictures by `python -m training.limits`
BOUNDS = QualityBounds(-4.5, 0.3, 0.81, 0.25, 0.0, "real pictures")
LIMITS = Limits(
    "command", "2026-01-01", "drawings", "limits.safetensors", "0" * 64, (DERMOSCOPIC, PHOTO),
    Answers(0.9, 0.95, 0.4, 0.6, 0.5, 100), BOUNDS,
)  # fmt: skip


def _judged(
    picture: Image.Image, kind: Kind = PHOTO, bare: bool = False, limits: Limits = LIMITS
) -> Assessment:
    contents: dict[Kind, Content] = {DERMOSCOPIC: "dermoscopic", PHOTO: "photo", NOT_SKIN: ELSE}
    content = BARE_SKIN if bare else contents[kind]
    return assess(content, "benign", 0.1, measure(picture), limits)


def _example(file: str) -> Image.Image:
    path = next(one.path for one in read_examples() if one.file == file)
    with Image.open(path) as opened:
        return opened.convert("RGB")


@pytest.mark.parametrize(
    ("file", "cause", "words"),
    [
        ("made_blurred.jpg", "blurred", "too blurred. Hold still"),
        ("made_dark.jpg", "dark", "too dark. Take it again with more light"),
        ("made_far_away.jpg", "far away", "too small in this picture. Go closer"),
        ("made_bare_skin.jpg", "no spot", "No spot was found"),
        ("PAT_333_1469_499.jpg", "not skin", "does not look like skin"),
    ],
)
def test_what_quality_finds_comes_before_not_skin(file: str, cause: str, words: str) -> None:
    found = _judged(_example(file), NOT_SKIN)
    assert found.cause == cause
    assert found.answer == "not judged"
    assert words in found.warnings[0]


def test_a_screenshot_is_told_that_it_is_no_skin_and_nothing_of_its_flash() -> None:
    screen = np.full((800, 400, 3), 255, np.uint8)
    screen[100:110, 40:300] = screen[140:150, 40:250] = 30
    found = _judged(Image.fromarray(screen), NOT_SKIN)
    assert found.cause == "not skin"
    assert not any("flash" in sentence or "light" in sentence for sentence in found.warnings[1:])


def test_a_blurred_picture_of_something_else_is_not_skin() -> None:
    sky = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    blue = Image.merge("RGB", [band.point(lambda v, k=k: 90 + v // k) for k, band in
                               zip((6, 3, 2), sky.split(), strict=True)])  # fmt: skip
    assert _judged(blue.filter(ImageFilter.GaussianBlur(9)), NOT_SKIN).cause == "not skin"


def test_bare_skin_is_stopped_where_the_gate_knows_it() -> None:
    plain = _example("made_bare_skin.jpg")
    assert _judged(plain, PHOTO, bare=True).cause == "no spot"
    assert _judged(plain, PHOTO).answer == "benign"


def test_a_lesion_that_the_gate_takes_for_bare_skin_has_no_other_reason() -> None:
    assert _judged(_example("PAT_756_1496_480.jpg"), PHOTO, bare=True).cause == "no spot"


def test_a_kind_that_the_model_does_not_judge_keeps_the_other_warnings() -> None:
    own = dataclasses.replace(LIMITS, kinds_judged=(DERMOSCOPIC,))
    found = _judged(_example("made_blurred.jpg"), PHOTO, limits=own)
    assert found.cause == "another kind"
    assert "ordinary photo of skin" in found.warnings[0]
    assert any("blurred" in sentence for sentence in found.warnings[1:])


@pytest.mark.parametrize(
    ("size", "stopped", "told"),
    [((400, 300), False, False), ((448, 200), False, False), ((600, 200), False, True),
     ((800, 100), True, False)],
)  # fmt: skip
def test_a_long_picture_is_warned_about_and_a_very_long_one_stopped(
    size: tuple[int, int], stopped: bool, told: bool
) -> None:
    found = _judged(draw_lesion(400, 400).resize(size))
    assert (found.cause == "stretched") == stopped
    assert any("squeezed to a square" in sentence for sentence in found.warnings) == told


@pytest.mark.parametrize("kind", [PHOTO, DERMOSCOPIC])
def test_a_grey_picture_of_a_lesion_is_stopped_for_its_colours_and_a_part_is_as_grey(
    kind: Kind,
) -> None:
    found = _judged(_example("made_grey.jpg"), kind)
    assert (found.cause, found.answer, found.part_helps) == ("grey", "not judged", False)
    assert found.warnings[0].startswith("This picture has no colours")
    assert sum("colours" in sentence for sentence in found.warnings) == 1


def test_a_melanoma_without_its_colours_is_not_called_benign() -> None:
    model = classifier.load("general")
    colours = _example("PAT_801_1518_78.jpg")
    grey = colours.convert("L").convert("RGB")
    found = model.assess_prepared([model.prepare(one) for one in (colours, grey)])
    assert found[0].answer != "not judged"
    assert found[1].answer == "not judged"
    assert found[1].cause == "grey"


def test_a_hairy_lesion_gets_its_answer_without_a_warning() -> None:
    hairy = _judged(_example("PAT_621_3591_171.jpg"))
    assert (hairy.answer, hairy.warnings) == ("benign", ())


def test_what_has_no_colours_for_it_is_dark_is_told_about_the_light() -> None:
    grey = _example("made_grey.jpg").point(lambda value: value // 6)
    assert _judged(grey).cause == "dark"


def test_every_example_in_colour_has_colours_enough() -> None:
    for one in read_examples():
        assert measure(_example(one.file)).is_grey == (one.file == "made_grey.jpg"), one.file


def test_a_stop_has_one_reason_and_no_warning_that_says_it_again() -> None:
    found = _judged(_example("made_dark.jpg"), NOT_SKIN)
    assert sum("dark" in sentence for sentence in found.warnings) == 1


@pytest.mark.parametrize(
    ("file", "bare", "helps"),
    [("made_blurred.jpg", False, False), ("made_blurred.jpg", True, False),
     ("made_dark.jpg", False, False), ("made_dark.jpg", True, False),
     ("made_far_away.jpg", False, True), ("made_far_away.jpg", True, True),
     ("made_bare_skin.jpg", True, True), ("PAT_621_3591_171.jpg", False, False)],
)  # fmt: skip
def test_a_part_is_proposed_where_the_whole_is_no_use_but_never_for_light_or_focus(
    file: str, bare: bool, helps: bool
) -> None:
    assert _judged(_example(file), PHOTO, bare=bare).part_helps is helps


def test_a_part_is_proposed_where_the_lesion_is_cut_off_or_the_picture_stretched() -> None:
    lesion = _example("PAT_621_3591_171.jpg")
    cut = measure(lesion.crop((lesion.width // 2, 0, lesion.width, lesion.height)))
    found = assess("photo", "benign", 0.1, dataclasses.replace(cut, rim=0.2), LIMITS)
    assert any("cut off" in one for one in found.warnings)
    assert found.part_helps
    assert _judged(draw_lesion(400, 400).resize((800, 100))).part_helps


def test_no_part_of_a_photo_is_another_kind_of_picture() -> None:
    own = dataclasses.replace(LIMITS, kinds_judged=(DERMOSCOPIC,))
    assert not _judged(_example("made_far_away.jpg"), PHOTO, limits=own).part_helps


def test_plain_skin_has_skin_colours_and_a_screen_has_none() -> None:
    def of(colour: tuple[int, int, int]) -> Quality:
        return measure(Image.new("RGB", (300, 300), colour))

    assert of(SKIN).is_skin
    assert of((84, 52, 41)).is_skin  # dark skin
    assert not of((250, 250, 250)).is_skin
    assert not of((40, 90, 200)).is_skin


def test_a_small_part_is_told_to_be_larger_and_never_to_be_the_original() -> None:
    found = _judged(draw_lesion(90, 90))
    assert any("not a thumbnail" in one for one in found.warnings)
    part = of_part(found)
    assert [one for one in part.warnings if "90 x 90" in one] == [
        "This part has few pixels (90 x 90): choose a larger one, or go closer and take another "
        "picture."
    ]
    assert not any("thumbnail" in one for one in part.warnings)
    assert len(part.warnings) == len(found.warnings)
    large = _judged(draw_lesion(300, 300))
    assert of_part(large).warnings == large.warnings
