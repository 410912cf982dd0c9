"""What a first visit of 'Stress test' costs, and the example that is drawn from its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core import checkpoints
from core.networks.lesion_network import LesionNetwork
from core.pictures.examples import FIRST
from core.probes import attacks
from core.results.stressed_example import StressedExample, read_stressed_example
from core.statistics.estimates import chance
from pages.components import example_row, server_wide
from pages.stress import curve, judged, setting
from tests.pages.conftest import run_alone
from tests.pages.stress.visits import chart_titles, drawn, opened


def test_a_first_visit_costs_two_passes_and_no_gradient(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for owner, name in (
        (LesionNetwork, "early_and_late_features"), (attacks, "gradient_and_logits")
    ):  # fmt: skip
        own = getattr(owner, name)
        monkeypatch.setattr(
            owner, name,
            lambda *a, _own=own, _name=name, **k: (asked.append(_name), _own(*a, **k))[1],
        )  # fmt: skip
    page = opened()
    assert asked == 2 * ["early_and_late_features"]  # before, and after; the gate takes the first
    page.segmented_control(key="stress_view").set_value(setting.ATTACKS).run()
    assert not page.exception
    assert "gradient_and_logits" in asked


@pytest.mark.parametrize("model", checkpoints.available())
@pytest.mark.parametrize("change", list(setting.CHANGES))
def test_an_attack_on_the_shipped_example_is_drawn_at_once_with_its_curve(
    monkeypatch: pytest.MonkeyPatch, change: str, model: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(judged.loaded_models, "classifier", asked.append)
    page = opened(attack=change, model=model)
    assert asked == []  # no network
    record = read_stressed_example(checkpoints.card(model), checkpoints.FOLDER)
    assert record is not None
    after = record.changed(change, setting.strengths(change)[setting.usual(change)])
    assert after is not None
    assert f"to {chance(after)})" in page.markdown[0].value
    assert curve.flip(record.flip) in chart_titles(page)


def test_the_shipped_attack_is_drawn_without_torch() -> None:
    run_alone(
        """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("streamlit_app.py", default_timeout=60)
page.query_params["attack"] = "pgd"
page.switch_page("pages/stress_test.py").run()
assert not page.exception
assert "PGD, three steps" in page.markdown[0].value
assert page.get("plotly_chart")
assert "torch" not in sys.modules
"""
    )


def test_the_shipped_example_is_drawn_from_its_file_without_torch() -> None:
    run_alone(
        """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("streamlit_app.py", default_timeout=60)
page.switch_page("pages/stress_test.py").run()
page.select_slider(key="stress_strength_jpeg").set_value("1.00").run()
assert not page.exception
assert "JPEG, 100\N{NO-BREAK SPACE}% of the worst," in page.markdown[0].value
assert page.get("imgs") or page.get("image")
assert "torch" not in sys.modules
"""
    )


@pytest.mark.parametrize(("change", "strength"), [("jpeg", "1.00"), ("sign noise", "1/255")])
def test_what_the_file_says_of_the_example_is_what_the_network_says(
    change: str, strength: str
) -> None:
    server_wide.forget()
    page = opened(attack=change, strength=strength)
    told, picture = page.markdown[0].value, drawn(page)
    record = read_stressed_example(checkpoints.card("general"), checkpoints.FOLDER)
    assert record is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judged, "read_stressed_example", lambda *_: None)
        asked = opened(attack=change, strength=strength)
    assert asked.markdown[0].value == told
    assert drawn(asked) == picture


@pytest.mark.parametrize(
    "changed",
    [{"picture_sha256": "0" * 64}, {"seed": 7}, {"strengths": (0.0, 0.9)}],
    ids=["another picture", "another seed", "another strength"],
)
def test_the_file_of_another_picture_or_setting_is_not_believed(
    models: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, object]
) -> None:
    example = example_row.named(FIRST)
    assert example is not None
    sha256 = hashlib.sha256(example.data).hexdigest()
    true = {"picture_sha256": sha256, "seed": 0, "strengths": (0.0, 0.5)}
    assert "2\N{NO-BREAK SPACE}% to 98\N{NO-BREAK SPACE}%" in _with_record(monkeypatch, true)
    assert "98\N{NO-BREAK SPACE}%" not in _with_record(monkeypatch, true | changed)


def _with_record(monkeypatch: pytest.MonkeyPatch, fields: dict[str, object]) -> str:
    """The first sentence where the file says 0.02 as it is, and 0.98 under the messenger."""
    record = StressedExample(
        schema=2, command="", date="", weights_sha256="", file="", probability=0.02,
        directions_sha256="", flip=None, under={"jpeg": (0.02, 0.98)}, epsilons=(), attacked={},
        sigmas=(), noisy=(), **fields,
    )  # fmt: skip
    monkeypatch.setattr(judged, "read_stressed_example", lambda *_: record)
    return str(opened(attack="jpeg", strength="0.50").markdown[0].value)
