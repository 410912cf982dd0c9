"""'Stress test' opened at an address, and what stands on it."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT


def opened(**asked: str) -> AppTest:
    """The page at an address, in a new visit."""
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    for key, value in asked.items():
        page.query_params[key] = value
    page.switch_page("pages/stress_test.py").run()
    assert not page.exception
    return page


def address(page: AppTest) -> dict[str, str]:
    """What the page tells the browser to write into its address."""
    (told,) = (
        json.loads(found.proto.json) for found in page.get("bidi_component")
        if found.proto.component_name == "address"
    )  # fmt: skip
    assert told["page"] == "stress_test"
    setting: dict[str, str] = told["setting"]
    return setting


def chart_titles(page: AppTest) -> str:
    """The titles of all charts, as one text."""
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    return " ".join(spec["layout"]["title"]["text"] for spec in specs).replace("<br>", " ")


def drawn(page: AppTest) -> bytes:
    """The picture before or after, by the address of its content."""
    place = page.get("imgs")[0] if page.get("imgs") else page.get("image")[0]
    return bytes(place.proto.SerializeToString())
