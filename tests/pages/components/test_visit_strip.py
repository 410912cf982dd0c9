"""One photo for the whole visit: it goes along, it can be changed, and it can be forgotten."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.pictures.drawn_lesion import draw_lesion
from pages.components import uploader, visit
from tests.pages.conftest import as_file, upload, words

PAGES = ("many_photos", "compare_models", "skin_tone", "stress_test", "about", "check_a_photo")


def _strip(page: AppTest) -> set[str]:
    return {one.key for one in page.button if (one.key or "").startswith("visit-")}


def _held(page: AppTest) -> list[object]:
    """All that the visit's session holds."""
    return list(page.session_state._state.filtered_state.values())


def test_there_is_no_strip_without_a_photo(page: AppTest) -> None:
    assert _strip(page) == set()
    assert len(page.file_uploader) == 1


@pytest.mark.parametrize("name", PAGES)
def test_the_photo_goes_along_to_every_page_and_back(
    page: AppTest, lesion: bytes, name: str
) -> None:
    upload(page, lesion)
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception
    assert _strip(page) == {"visit-change", "visit-forget"}
    page.switch_page("pages/check_a_photo.py").run()
    assert len(page.header) == 1
    assert not page.file_uploader


def test_where_no_photo_is_taken_another_is_chosen_on_the_first_page(
    page: AppTest, lesion: bytes
) -> None:
    upload(page, lesion)
    page.switch_page("pages/about.py").run()
    page.button(key="visit-change").click().run()
    assert page.title[0].value == "Check a photo"
    assert len(page.file_uploader) == 1


def test_a_forgotten_photo_leaves_nothing_in_the_visit(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion)
    page.button(key="visit-forget").click().run()
    assert _strip(page) == set()
    assert not page.header
    assert not any(isinstance(value, visit.Sent | bytes) for value in _held(page))
    assert visit.KEPT not in page.session_state


def test_while_another_is_asked_for_the_one_there_is_keeps_its_answer(
    page: AppTest, lesion: bytes
) -> None:
    upload(page, lesion)
    page.button(key="visit-change").click().run()
    assert len(page.header) == 1
    assert len(page.file_uploader) == 1
    page.button(key="visit-change").click().run()  # keep it
    assert not page.file_uploader


def test_another_photo_takes_its_place(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion)
    other = as_file(draw_lesion(320, 240, seed=5))
    upload(page, other)
    (sent,) = (value for value in _held(page) if isinstance(value, visit.Sent))
    assert sent.data == other
    assert not page.file_uploader


def test_a_refused_photo_is_not_the_visit_s(page: AppTest) -> None:
    upload(page, b"no picture")
    assert page.error
    assert _strip(page) == set()
    assert uploader.PROMISE.format("The photo is") in words(page)
