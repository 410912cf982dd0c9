from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import classifier
from core.images import open_image
from core.pictures import isic_gallery
from pages.components import wording
from pages.components.isic_gallery import AGAIN, Shelf, shelf
from tests.pages.conftest import ROOT, words
from tests.support.isic_api import StandIn, a_picture


def opened() -> AppTest:
    """'Check a photo' with the drawing chosen, once the archive has answered."""
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    shelf().wait()
    return page.button_group[0].set_value("Try a drawing").run()


def test_a_gallery_photo_is_judged_with_its_diagnosis_and_attribution_beside(
    isic_api: StandIn, models: Path
) -> None:
    page = opened()
    assert not page.exception
    assert "This is a **drawing**" in words(page)
    page.button_group[1].set_value("Picture 2").run()
    assert not page.exception
    told = [text.value for text in page.text]
    assert told == [
        "Known diagnosis: Malignant: Melanoma, NOS",
        f"{isic_gallery.IDS[1]}, CC-0, by A clinic, naïvely, ISIC Archive",
    ]
    assert "This is a **drawing**" not in words(page)
    picture = open_image(isic_gallery.fetch()[1].data)
    chance = classifier.load("resnet18").probabilities([picture])[0]
    assert f"at **{wording.chance(chance)}**" in words(page)


def test_without_the_archive_there_is_the_drawing_alone(models: Path) -> None:
    page = opened()
    assert not page.exception
    assert len(page.button_group) == 1
    assert "This is a **drawing**" in words(page)
    assert "ISIC Archive" not in words(page)


def test_the_first_page_does_not_wait_for_a_silent_archive(isic_api: StandIn, models: Path) -> None:
    isic_api.silent = True
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.button_group[0].set_value("Try a drawing").run()
    assert "This is a **drawing**" in words(page)  # drawn while the archive is still silent
    assert shelf().content() == {}
    isic_api.over.set()
    shelf().wait()


def test_the_archives_words_are_never_markdown(isic_api: StandIn, models: Path) -> None:
    isic_api.told[isic_gallery.IDS[0]]["attribution"] = "![x](http://elsewhere/pixel.png)"
    page = opened()
    page.button_group[1].set_value("Picture 1").run()
    assert "elsewhere" not in words(page)
    assert any("elsewhere" in text.value for text in page.text)


def test_the_archive_is_asked_once_and_after_nothing_came_a_while_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[tuple[isic_gallery.Specimen, ...]] = [(), (a_specimen(),)]
    monkeypatch.setattr(isic_gallery, "fetch", lambda: answers.pop(0))
    now = [0.0]
    shelf = Shelf(lambda: now[0])
    for moment in (0.0, 1.0, AGAIN - 1, AGAIN, 9 * AGAIN):
        now[0] = moment
        shelf.ask()
        shelf.wait()
        assert bool(shelf.content()) == (moment >= AGAIN)
    assert answers == []  # the third fetch would have failed


def a_specimen() -> isic_gallery.Specimen:
    return isic_gallery.Specimen("ISIC_1", "Benign: Nevus", "nobody", a_picture())


@pytest.fixture(autouse=True)
def _no_shelf_from_before() -> None:
    st.cache_resource.clear()
