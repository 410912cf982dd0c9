"""A photo already taken is no dead end: a part of it is proposed, moved, checked, and given up."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.assessment.quality import LEAST_SIDE
from core.pictures.drawn_lesion import SKIN, draw_lesion
from core.pictures.spot import Box
from pages.components.not_judged import PART
from pages.components.visit import Sent
from pages.photo import part
from tests.pages.conftest import as_file, upload, words


def _far() -> bytes:
    picture = Image.new("RGB", (1200, 900), SKIN)
    picture.paste(draw_lesion(160, 160).crop((35, 35, 125, 125)), (555, 405))
    return as_file(picture, quality=95)


def _sent(page: AppTest) -> Sent:
    held = page.session_state._state.filtered_state.values()
    (sent,) = (value for value in held if isinstance(value, Sent))
    return sent


def _slider(page: AppTest, name: str) -> int:
    return int(next(one for one in page.slider if one.label == name).value)


def test_the_frame_lies_around_the_small_spot(page: AppTest) -> None:
    upload(page, _far())
    assert not page.exception
    assert _slider(page, "Left to right") == pytest.approx(50, abs=4)
    assert _slider(page, "Top to bottom") == pytest.approx(50, abs=4)
    assert 12 <= _slider(page, "Size of the part") <= 40
    assert next(one for one in page.expander if one.label == PART).proto.expanded


def test_the_part_is_the_visit_s_photo_until_one_goes_back(page: AppTest) -> None:
    upload(page, _far())
    whole = _sent(page)
    next(one for one in page.slider if one.label == "Size of the part").set_value(40).run()
    page.button(key="part-check").click().run()
    assert not page.exception
    cut = _sent(page)
    assert cut.whole == whole
    assert cut.data is not None
    with Image.open(io.BytesIO(cut.data)) as opened:
        assert opened.size == (360, 360)  # of the photo in full size, not of what is shown
    assert "a part" in words(page)
    page.button(key="part-whole").click().run()
    assert _sent(page) == whole
    assert not page.exception


def test_the_proposed_part_has_pixels_enough(page: AppTest) -> None:
    upload(page, _far())
    page.button(key="part-check").click().run()
    data = _sent(page).data
    assert data is not None
    with Image.open(io.BytesIO(data)) as opened:
        assert min(opened.size) >= LEAST_SIDE


def test_a_good_photo_keeps_the_frame_closed(page: AppTest, lesion: bytes) -> None:
    upload(page, lesion)
    assert not next(one for one in page.expander if one.label == PART).proto.expanded


def test_the_frame_is_bright_inside_and_dim_outside() -> None:
    drawn = np.asarray(
        part.framed(Image.new("RGB", (400, 200), (200, 200, 200)), Box(0.5, 0.5, 0.75, 1))
    )
    assert tuple(drawn[150, 250]) == (200, 200, 200)
    assert drawn[50, 50].max() < 100
    assert tuple(drawn[150, 200]) == (255, 255, 255)  # the line


def test_where_the_part_lies_is_said_in_words() -> None:
    assert part.in_words(Box(0.1, 0.2, 0.5, 0.75)) == (
        "from 10 to 50\N{NO-BREAK SPACE}% of the width and from 20 to 75\N{NO-BREAK SPACE}% of "
        "the height"
    )
