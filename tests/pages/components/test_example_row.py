"""The row of real pictures: a click is a photo, and the truth is told after the answer."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.pictures.examples import read_examples
from pages.components import example_row
from tests.pages.conftest import photo_file, upload, words

BLACK = "PAT_333_702_840.jpg"


def _click(page: AppTest, file: str) -> AppTest:
    if not page.file_uploader:
        page.button(key="visit-change").click().run()
    return page.button(key=f"examples-{file}").click().run()


def test_a_click_gives_that_picture_an_answer_and_then_its_truth(page: AppTest) -> None:
    assert not page.header
    _click(page, BLACK)
    assert not page.exception
    assert len(page.header) == 1
    truth = next(one for one in page.expander if one.label == "What it turned out to be")
    assert truth.markdown[0].value == "**Malignant: melanoma (confirmed by biopsy).**"
    assert BLACK in truth.caption[0].value
    assert not truth.proto.expanded


def test_each_kind_has_its_own_pictures_and_credit(page: AppTest) -> None:
    for way, kind in example_row.KINDS.items():
        page.segmented_control(key="examples-kind").set_value(way).run()
        shown = {one.key for one in page.button if (one.key or "").startswith("examples-")}
        assert shown == {f"examples-{one.file}" for one in read_examples() if one.kind == kind}
        assert example_row.CREDITS[kind] in words(page)


def test_the_last_of_upload_and_example_counts_and_the_row_stays(
    page: AppTest, lesion: bytes
) -> None:
    _click(page, BLACK)
    upload(page, lesion)
    assert len(page.header) == 1
    assert "What it turned out to be" not in [one.label for one in page.expander]
    _click(page, BLACK)
    assert "What it turned out to be" in [one.label for one in page.expander]
    assert photo_file(page).value is None


def test_bare_skin_has_no_diagnosis_to_tell() -> None:
    bare = example_row.named("made_bare_skin.jpg")
    assert bare is not None
    assert "PAT_341_715_180.jpg: a corner of it" in example_row.known_about(bare)
    assert "mm" not in example_row.known_about(bare)
