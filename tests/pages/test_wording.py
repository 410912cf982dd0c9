"""What a program leaves in sentences by mistake stands on no page and in no view."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.lesson.steps import STEPS
from tests.bench.first_draw import VIEWS
from tests.pages.conftest import ROOT

SLIPS = re.compile(
    r"-0(?:\.0+)?(?![\d.])"  # nought has no sign
    r"|\bNone\b|\bnan\b|\binf\b|\ba (?:attack|AUC|image|older|ISIC)\b"
    r"|(?<!\.)\.\.(?!\.)|[,;:]\.|\s[,;]|(?<!al)\.,"
    r"|\(\(|\)\)|\(\)|\*\*\*\*|^\s*[-*•] [-*•] ",
    re.MULTILINE,
)
# 'change' asks two networks, for seconds; its sentences have tests of their own.
QUICK_STEPS = [step.address for step in STEPS if step.address != "change"]


def said(page: AppTest) -> str:
    """All words of a page outside of tables, and the titles and axes of its charts."""
    specs = [json.loads(chart.proto.spec)["layout"] for chart in page.get("plotly_chart")]
    titles = [
        part.get("title", {}).get("text", "")
        for layout in specs for part in (layout, layout.get("xaxis", {}), layout.get("yaxis", {}))
    ]  # fmt: skip
    kinds = ("title", "markdown", "caption", "error", "info", "warning")
    told = [element.value for kind in kinds for element in page.get(kind)]
    return "\n".join([*told, *(title.replace("<br>", " ") for title in titles)])


@pytest.mark.parametrize(
    "slip",
    ["-0.000 (-0.1 to 0.2)", "by None", "nan %", "a attack", "it ends..", "((x", "- - two", "a ,"],
)
def test_a_slip_is_found(slip: str) -> None:
    assert SLIPS.search(f"It is so: {slip}" if slip[0] != "-" else slip)


@pytest.mark.parametrize(
    "sound", ["-0.028 (-0.156 to 0.173)", "1.0 ... 2", "an attack", "f(x) (y)"]
)
def test_a_sound_sentence_is_none(sound: str) -> None:
    assert not SLIPS.search(sound)


@pytest.mark.parametrize(("name", "asked"), VIEWS, ids=str)
def test_no_view_has_a_slip(name: str, asked: dict[str, str]) -> None:
    assert _slips(name, asked) == []


@pytest.mark.parametrize("address", QUICK_STEPS)
def test_no_step_of_the_lesson_and_no_answer_has_a_slip(address: str) -> None:
    assert _slips("in_class", {"step": address}, f"answer_{address}") == []


def _slips(name: str, asked: dict[str, str], toggle: str = "") -> list[str]:
    """Every slip on a page with a little of what stands around it."""
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    for key, value in asked.items():
        page.query_params[key] = value
    page.switch_page(f"pages/{name}.py").run()
    if toggle:
        page.toggle(key=toggle).set_value(True).run()
    assert not page.exception
    text = said(page)
    assert len(text) > 100
    return [text[max(0, at.start() - 40) : at.end() + 20] for at in SLIPS.finditer(text)]
