"""What is said of look-alikes: how many were malignant, no proof, and 'nothing alike'."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.assessment.look_alikes import Alike
from core.pictures.reference import read_reference
from pages.photo import look_alikes
from tests.pages.conftest import words


def _page(alike: object) -> None:
    from pages.photo import look_alikes

    look_alikes.show(alike)  # type: ignore[arg-type]


def _shown(alike: Alike | None) -> AppTest:
    page = AppTest.from_function(_page, default_timeout=60, kwargs={"alike": alike}).run()
    assert not page.exception
    return page


def _captions(page: AppTest) -> list[str]:
    return [img.caption for element in page.get("image") for img in element.proto.imgs]


def test_six_are_shown_each_with_diagnosis_and_kind() -> None:
    nearest = (*read_reference()[:3], *read_reference()[-3:])
    page = _shown(Alike(nearest, 13, 20, far=False))
    assert "Of the 20 nearest, **13** were malignant. Shown are the 6 nearest." in words(page)
    assert "is no proof" in words(page)
    captions = _captions(page)
    assert captions == [look_alikes.caption(one) for one in nearest]
    assert captions[0].endswith("(dermoscopic picture)")
    assert captions[-1].endswith("(phone photo)")


def test_where_all_are_far_none_is_shown() -> None:
    page = _shown(Alike(read_reference()[:6], 13, 20, far=True))
    assert "Nothing alike" in words(page)
    assert "13" not in words(page)
    assert _captions(page) == []


@pytest.mark.parametrize("alike", [None])
def test_without_features_of_these_weights_nothing_is_said(alike: Alike | None) -> None:
    assert words(_shown(alike)) == ""
