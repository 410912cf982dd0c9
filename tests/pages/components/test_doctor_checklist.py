"""The check list: there whatever a model says, and no score is made of it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.doctor_checklist import SIGNS
from tests.pages.conftest import upload, words

ADVICE = "**Show it to a doctor**, whatever the model says."


@pytest.mark.parametrize("sign", SIGNS)
def test_one_tick_says_to_show_it_to_a_doctor(page: AppTest, sign: str) -> None:
    assert ADVICE not in words(page)
    box = next(box for box in page.checkbox if box.label == sign)
    box.check().run()
    assert not page.exception
    assert ADVICE in words(page)
    box.uncheck().run()
    assert ADVICE not in words(page)


def test_more_ticks_say_no_more_than_one(page: AppTest) -> None:
    page.checkbox(key="sign 0").check().run()
    one = words(page)
    for box in page.checkbox:
        box.check()
    page.run()
    assert words(page) == one


def test_ticks_stay_when_a_photo_comes(page: AppTest, lesion: bytes) -> None:
    page.checkbox(key="sign 4").check().run()
    upload(page, lesion)
    assert ADVICE in words(page)
    assert [box.value for box in page.checkbox] == [i == 4 for i in range(len(SIGNS))]


def test_the_list_is_the_abcde_and_names_its_sources(page: AppTest) -> None:
    assert "".join(sign[0] for sign in SIGNS[:5]) == "ABCDE"
    assert "American Academy of Dermatology" in words(page)
    assert "nhs.uk" in words(page)


def test_who_makes_a_file_at_a_click_has_the_ticks_of_then() -> None:
    def page() -> None:
        import streamlit as st

        from pages.components import doctor_checklist

        st.session_state["held"] = st.session_state.get("held", doctor_checklist.ticked())
        doctor_checklist.show()

    app = AppTest.from_function(page).run()
    held = app.session_state["held"]
    assert held == set()
    app.checkbox(key="sign 4").check().run()
    assert held == {4}  # the very set that was handed over before
    app.checkbox(key="sign 4").uncheck().run()
    assert held == set()
    assert not app.exception
