"""'Skin tone': one picture on ten tones."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.pictures.examples import FIRST, read_examples
from core.pictures.skin_tone import Skin
from core.probes.ten_tones import OnTone, ToneStrip
from pages.tones.ten_tones import finding
from tests.pages.conftest import upload, words
from tests.pages.tones.visits import TONES, opened
from tests.support import past_the_stop


def test_a_picture_is_judged_on_ten_tones_by_one_model_and_by_a_second_when_chosen(
    models: Path,
) -> None:
    page = opened(TONES)
    page.button(key=f"examples-{FIRST}").click().run()
    assert not page.exception
    rows = page.dataframe[0].value
    assert rows["model"].unique().tolist() == ["resnet18"]
    assert rows["tone"].tolist() == [*range(1, 11)]
    assert "#" not in words(page).split("| ")[0]  # a colour's code says nothing to anybody
    assert rows["chance, %"].between(0, 100).all()
    pills = next(one for one in page.button_group if one.label == "Models, two at most")
    pills.set_value(["resnet18", "baseline_cnn"]).run()
    assert not page.exception
    assert page.dataframe[0].value.groupby("model").size().tolist() == [10, 10]


@pytest.mark.parametrize("skin_type", ["2", "5", "6"])
def test_ten_tones_take_the_lightest_and_the_darkest_skin_of_the_examples(
    models: Path, skin_type: str
) -> None:
    photos = [one for one in read_examples() if one.kind == "photo"]
    assert {one.fitzpatrick for one in photos} == set("23456")  # and of type I there is none
    one = next(one for one in photos if one.fitzpatrick == skin_type)
    page = opened(TONES)
    page.button(key=f"examples-{one.file}").click().run()
    assert not page.exception
    assert "No picture of skin type I is among the examples" in words(page)
    assert page.dataframe[0].value["tone"].tolist() == [*range(1, 11)]


def test_ten_tones_start_with_the_model_that_gave_the_answer(page: AppTest, lesion: bytes) -> None:
    past_the_stop.press(upload(page, lesion))
    page.selectbox(key="photo-model").select("baseline_cnn").run()
    page.switch_page("pages/skin_tone.py").run()
    page.segmented_control(key="tones").set_value(TONES).run()
    assert not page.exception
    assert page.dataframe[0].value["model"].unique().tolist() == ["baseline_cnn"]
    assert "among the examples" not in words(page)  # of one's own photo it would say nothing
    assert "Back to the answer" in [link.proto.label for link in page.get("page_link")]


def test_the_title_of_ten_tones_has_no_verdict_that_may_mean_nothing() -> None:
    def strip(*chances: float) -> ToneStrip:
        tones = tuple(
            OnTone("#000000", Image.new("RGB", (1, 1)), p, "malignant" if p > 0.5 else "benign",
                   None) for p in chances
        )  # fmt: skip
        return ToneStrip(Skin((200.0, 150.0, 120.0), 70.0, 10.0, 20.0), None, tones)

    strips = {"one": strip(0.2, 0.7), "two": strip(0.8, 0.9)}
    said = finding(strips, {"two"}).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "one: 20 % to 70 %, its answer turns with the skin, from 'looks benign' to 'looks "
        "suspicious'; two: its numbers may mean nothing here"
    )
    assert "two: 80 % to 90 %, its answer stays 'looks suspicious'" in (
        finding(strips).replace("\N{NO-BREAK SPACE}", " ")
    )


def test_an_answer_that_turns_twice_is_not_said_to_go_from_one_to_the_same() -> None:
    tones = tuple(
        OnTone("#000000", Image.new("RGB", (1, 1)), p, answer, None)
        for p, answer in ((0.1, "benign"), (0.4, "uncertain"), (0.1, "benign"))
    )  # fmt: skip
    strip = ToneStrip(Skin((200.0, 150.0, 120.0), 70.0, 10.0, 20.0), None, tones)
    assert "turns with the skin, and is 'looks benign' at both ends" in finding({"one": strip})
