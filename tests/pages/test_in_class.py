from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoints, classifier
from core.pictures.drawn_lesion import draw_lesion, framed
from core.probes import attack_path, changed_picture
from core.reports import icon_array
from core.results import robustness
from core.results.card import OFFICIAL, Rate, percent
from pages.components import wording
from pages.lesson.steps import STEPS
from tests.pages.conftest import ROOT, words


def opened(address: str) -> AppTest:
    """The lesson at an address, in a new visit."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=120).run()
    app.query_params["step"] = address
    return app.switch_page("pages/in_class.py").run()


@pytest.fixture
def shipped() -> None:
    """The shipped networks: their figures are what the lesson is about."""
    st.cache_resource.clear()


def test_each_step_has_one_address_one_slider_one_picture_and_one_question(
    shipped: None,
) -> None:
    assert 6 <= len(STEPS) <= 8
    for step in STEPS:
        page = opened(step.address)
        assert not page.exception, step.address
        assert step.title in page.header[0].value
        assert step.question in words(page)
        assert len(page.slider) == 1
        assert len(page.get("image")) == 1
        assert not page.info, step.address
        before = words(page)
        page.toggle[0].set_value(True).run()
        assert not page.exception
        assert not page.info, step.address
        assert len(words(page)) > len(before) + 100  # the answer was not there before


def test_figures_of_an_answer_are_those_of_the_card(shipped: None) -> None:
    page = opened("leak")
    page.toggle[0].set_value(True).run()
    figures = checkpoints.card("resnet18").evaluations[OFFICIAL].figures
    assert percent(figures.accuracy) in words(page)
    assert "131 of 660" in words(page).replace("**", "")  # published: README's and the data's count


def test_what_a_ruler_costs_is_the_table_s(shipped: None) -> None:
    page = opened("collection")
    page.toggle[0].set_value(True).run()
    table = robustness.read("resnet18")
    assert table is not None
    row = table[(table["perturbation"] == "ruler") & (table["strength"] == 1)].iloc[0]
    ruled = Rate(row["accuracy"], row["accuracy_low"], row["accuracy_high"])
    assert f"**{percent(ruled)}**" in words(page)
    assert "right for 45.5 %" in words(page)  # 300 of 660


def test_the_frame_on_the_page_is_the_frame_that_is_judged(shipped: None) -> None:
    page = opened("collection")
    page.slider[0].set_value(40).run()
    model = classifier.load("resnet18")
    chance = wording.chance(model.probabilities([framed(draw_lesion(), 0.4)])[0])
    assert f"says: {chance} malignant" in words(page)


@pytest.mark.parametrize(("address", "change"), [("attack", "fgsm"), ("noise", "sign noise")])
def test_a_moved_drawing_is_judged_as_it_was_moved_and_not_as_rounded(
    models: Path, address: str, change: str
) -> None:
    page = opened(address)
    page.slider[0].set_value(0.25).run()
    assert not page.exception
    model = classifier.load("resnet18")
    subject = attack_path.prepare(model, model.tensor(draw_lesion()))
    moved = changed_picture.changed(subject, change, 0.25 / 255, seed=0)
    chance = wording.chance(attack_path.look(model, moved).probability)
    assert f"says: {chance} malignant" in words(page)


def test_next_leads_through_all_steps(models: Path) -> None:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.switch_page("pages/in_class.py").run()
    seen = [page.header[0].value]
    while page.button:
        page.button[0].click().run()
        assert not page.exception
        seen.append(page.header[0].value)
    assert [title.split(": ")[1] for title in seen] == [step.title for step in STEPS]


def test_an_unknown_address_is_the_first_step(models: Path) -> None:
    page = opened("<script>")
    assert not page.exception
    assert STEPS[0].title in page.header[0].value


def test_without_any_model_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.switch_page("pages/in_class.py").run()
    assert not page.exception
    assert "python -m training.train" in page.error[0].value


def test_a_thousand_people_are_a_thousand_and_hand_worked() -> None:
    # 10 ill, nine in ten found; 990 well, one in ten alarmed
    counts = [group.count for group in icon_array.screened(10, 0.9, 0.9)]
    assert counts == [9, 1, 99, 891]
    assert icon_array.draw(icon_array.screened(10, 0.9, 0.9)).size == (720, 450)


def test_a_frame_of_no_width_changes_nothing_and_a_wide_one_spares_the_middle() -> None:
    picture = draw_lesion(120, 90)
    assert framed(picture, 0.0).tobytes() == picture.tobytes()
    wide = framed(picture, 0.5)
    assert wide.getpixel((0, 0)) == (6, 6, 6)
    assert wide.getpixel((60, 45)) == picture.getpixel((60, 45))
