"""A picture that the model can't judge: no answer at first, and its warning on what follows."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Slider

from core import checkpoints, classifier
from core.assessment import picture_kind
from core.assessment.picture_kind import Gate
from core.images import open_image
from core.labels import DERMOSCOPIC
from core.pictures.drawn_lesion import draw_lesion
from core.results.card import CARD, write_card
from core.results.limits import Answers, Limits, QualityBounds
from core.statistics import estimates
from pages.components import server_wide
from pages.components.not_judged import ANYWAY, PART
from tests.pages.conftest import ROOT, as_file, upload, words
from tests.support import past_the_stop

CAN_NOT_TELL = "No answer for this picture."


@pytest.fixture
def page(
    tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    """'Check a photo' with tiny models whose gate takes nothing for skin, and all for dark."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    for name in checkpoints.available():
        wide = len(classifier.load(name).explain(draw_lesion(224, 224)).summary)
        nothing = Gate(np.zeros((4, wide)), np.array([0.0, 0.0, 0.0, 9.0]), 0.0)
        (folder / name / picture_kind.FILE).write_bytes(picture_kind.to_bytes(nothing))
        limits = Limits(
            "command", "2026-01-01", "drawings", picture_kind.FILE,
            _sha256(folder / name / picture_kind.FILE), (DERMOSCOPIC,),
            Answers(0.9, 0.95, 0.4, 0.6, 0.5, 100),
            QualityBounds(-1e9, 2.0, 3.0, 1.0, 1.0, "drawings"),
        )  # fmt: skip
        card = dataclasses.replace(checkpoints.card(name), limits=limits)
        write_card(card, folder / name / CARD)
    server_wide.forget()
    yield AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    server_wide.forget()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _warned(page: AppTest) -> list[str]:
    return [warning.value for warning in page.warning]


def test_it_gets_no_answer_but_the_reason_and_what_to_do(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion)
    assert not page.exception
    (warned,) = _warned(page)
    assert CAN_NOT_TELL in warned
    assert warned.endswith("This picture is too dark.")  # what explains all else
    assert "- Take it again with more light" in words(page)
    assert not page.header
    assert "malignant (cancerous)" not in words(page)
    assert page.get("image") or page.get("imgs")  # the picture itself
    assert page.get("download_button")  # a sheet says what the page says
    assert "see a doctor about a spot if" in words(page)


def test_shown_anyway_it_keeps_its_warning(page: AppTest, lesion: bytes) -> None:
    past_the_stop.press(upload(page, lesion))
    assert not page.exception
    chance = estimates.chance(classifier.load("resnet18").probabilities([open_image(lesion)])[0])
    assert f"malignant (cancerous) at **{chance}**" in words(page)
    (warned,) = _warned(page)
    assert "too dark. Take it again with more light" in warned
    assert "no picture that the model can judge" in words(page)
    assert page.header[0].value.endswith(f"No answer (the model's number: {chance})")
    assert "most alike to it" not in words(page)
    assert ANYWAY not in [button.label for button in page.button]
    # and through what a visitor does with the result
    page.selectbox(key="photo-model").select("baseline_cnn").run()
    assert len(page.header) == 1


def test_under_a_part_that_is_not_judged_the_frame_stays_open_where_it_was(
    page: AppTest, lesion: bytes
) -> None:
    def across() -> Slider:
        return next(one for one in page.slider if one.label == "Left to right")

    upload(page, lesion)
    across().set_value(70).run()
    page.button(key="part-check").click().run()
    assert not page.exception
    assert CAN_NOT_TELL in _warned(page)[0]
    assert ", a part" in words(page)
    assert next(one for one in page.expander if one.label == PART).proto.expanded
    assert across().value == pytest.approx(70, abs=1)
    across().set_value(30).run()
    page.button(key="part-check").click().run()
    assert not page.exception
    assert across().value == pytest.approx(30, abs=1)
    page.button(key="part-whole").click().run()  # to the photo, not to the part before
    assert ", a part" not in words(page)
    assert not page.exception


def test_no_part_can_be_too_small_to_be_opened(page: AppTest) -> None:
    upload(page, as_file(draw_lesion(100, 80)))
    size = next(one for one in page.slider if one.label == "Size of the part")
    size.set_value(size.min).run()
    page.button(key="part-check").click().run()
    assert not page.exception
    assert not page.error  # it would have been refused, and the photo with it
    assert ", a part" in words(page)


def test_the_choice_is_for_one_photo(page: AppTest, lesion: bytes) -> None:
    past_the_stop.press(upload(page, lesion))
    assert len(page.header) == 1
    upload(page, as_file(draw_lesion(320, 240, seed=5)))
    assert CAN_NOT_TELL in _warned(page)[0]
    assert not page.header


ELSEWHERE = {
    "pages/stress_test.py": "moves the model's number",
    "pages/skin_tone.py": "The ten are the Monk scale",
}


@pytest.mark.parametrize("script", list(ELSEWHERE))
def test_other_pages_ask_the_same_gate_with_the_same_words(
    page: AppTest, lesion: bytes, script: str
) -> None:
    upload(page, lesion)
    first = _warned(page)
    _go_to(page, script)
    assert _warned(page) == first
    assert "- Take it again with more light" in words(page)
    assert not re.search(ELSEWHERE[script], words(page))
    assert PART not in [link.proto.label for link in page.get("page_link")]  # a part is as dark
    past_the_stop.press(page)
    assert not page.exception
    assert "too dark. Take it again with more light" in _warned(page)[0]
    assert re.search(ELSEWHERE[script], words(page))
    assert PART not in [link.proto.label for link in page.get("page_link")]
    # what was wanted here is for this photo, on whatever page
    page.switch_page("pages/check_a_photo.py").run()
    assert len(page.header) == 1


def _go_to(page: AppTest, script: str) -> None:
    page.switch_page(script).run()
    if script == "pages/skin_tone.py":
        page.segmented_control(key="tones").set_value("One picture, ten tones").run()
    assert not page.exception


def test_of_two_models_on_ten_tones_the_second_one_s_doubts_are_told(
    page: AppTest, lesion: bytes
) -> None:
    name = "baseline_cnn"
    write_card(
        dataclasses.replace(checkpoints.card(name), limits=None), checkpoints.FOLDER / name / CARD
    )
    server_wide.forget()
    past_the_stop.press(upload(page, lesion))
    _go_to(page, "pages/skin_tone.py")
    pills = next(one for one in page.button_group if one.label == "Models, two at most")
    pills.set_value(["resnet18", name]).run()
    assert f"**{name}**: This model can't tell what kind of picture" in words(page)
    assert "**resnet18**:" not in words(page)  # the first one's gate stands above


def test_an_example_is_of_a_kind_that_the_model_judges(page: AppTest) -> None:
    page.switch_page("pages/stress_test.py").run()
    assert "Until then an example: brown and black, a hair." in words(page)


def test_a_stopped_picture_has_no_sliders_on_the_stress_test_but_another_model_may_judge_it(
    page: AppTest, lesion: bytes
) -> None:
    upload(page, lesion)
    page.switch_page("pages/stress_test.py").run()
    assert not page.exception
    assert not page.select_slider
    assert not page.number_input
    assert [one.key for one in page.selectbox][:1] == ["stress_model"]
    past_the_stop.press(page)
    assert page.select_slider(key="stress_strength_jpeg").value == "0.50"


def test_only_a_picture_with_an_answer_is_sent_on_to_the_tests_of_one(
    page: AppTest, lesion: bytes
) -> None:
    asked = {"Does it hold under stress?", "On ten skin tones"}
    upload(page, lesion)
    assert not asked & {link.proto.label for link in page.get("page_link")}
    past_the_stop.press(page)
    assert asked <= {link.proto.label for link in page.get("page_link")}


def test_what_was_set_on_the_stress_test_is_there_again_after_a_stopped_picture(
    page: AppTest, lesion: bytes
) -> None:
    upload(page, lesion)
    page.query_params["attack"] = "darker"
    page.query_params["strength"] = "0.75"
    page.switch_page("pages/stress_test.py").run()
    assert not page.select_slider
    page.run()  # a further run must not forget it
    past_the_stop.press(page)
    assert page.selectbox(key="stress_What cameras and clinics do").value == "darker"
    assert page.select_slider(key="stress_strength_darker").value == "0.75"
