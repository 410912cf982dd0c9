"""Visits to 'Skin tone'."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT

GLANCE, PEOPLE = "At a glance", "Over people"
TONES = "One picture, ten tones"


def opened(view: str = GLANCE) -> AppTest:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    page.switch_page("pages/skin_tone.py").run()
    if view != GLANCE:
        page.segmented_control(key="tones").set_value(view).run()
    assert not page.exception
    return page
