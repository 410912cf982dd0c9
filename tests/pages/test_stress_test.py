"""'Stress test' with two networks of random weights."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.classifier import Classifier
from core.labels import PHOTO
from core.probes import attack_path
from pages.components import footer, visit
from pages.stress import session, setting
from pages.stress.standard_and_robust import ROBUST
from tests.pages.conftest import upload, words
from tests.pages.stress.visits import address, chart_titles, drawn, opened


def test_a_new_visit_shows_an_example_under_what_messengers_do(models: Path) -> None:
    page = opened()
    said = words(page)
    assert "Until then an example" in said
    assert page.segmented_control(key="stress_view").value == "What cameras and clinics do"
    assert address(page) == {
        "attack": "jpeg", "strength": "0.50", "model": "resnet18", "seed": "0",
    }  # fmt: skip
    assert "JPEG, 50\N{NO-BREAK SPACE}% of the worst," in page.markdown[0].value
    assert "magnified" in said
    assert len(page.get("image")) + len(page.get("imgs")) > 0


def test_it_starts_with_the_model_that_judges_photos() -> None:
    page = opened()
    assert page.selectbox(key="stress_model").value == "general"
    limits = checkpoints.card("general").limits
    assert limits is not None
    assert PHOTO in limits.kinds_judged
    assert not page.warning  # its example is one that it judges


def test_the_report_s_step_has_its_curve_and_says_that_the_label_is_unknown(models: Path) -> None:
    page = opened(attack="fgsm")
    said = words(page)
    assert page.select_slider(key="stress_strength_fgsm").value == "0.003"
    assert "against the class that the model finds likelier" in said
    assert "makes the other class likelier" in chart_titles(page)
    rows = next(f.value for f in page.dataframe if "kind" in f.value)
    assert rows.groupby("kind").size().tolist() == [9, 9, 9]
    assert rows[rows["epsilon, 255ths"] == 0]["chance, %"].nunique() == 1


def test_the_switch_flips_the_picture_in_its_place(models: Path) -> None:
    page = opened(attack="jpeg", strength="1.00")
    after = drawn(page)
    page.segmented_control(key="stress_flip").set_value("Before").run()
    assert not page.exception
    assert drawn(page) != after
    assert address(page)["strength"] == "1.00"


def test_without_sweep_and_robust_model_the_page_names_the_commands(models: Path) -> None:
    said = words(opened())
    assert "python -m training.robustness --model resnet18" in said
    assert f"--name {ROBUST} --preset robust" in said


def test_the_address_sets_all_four(models: Path) -> None:
    asked = {"attack": "pgd", "strength": "2/255", "model": "baseline_cnn", "seed": "5"}
    page = opened(**asked)
    assert page.select_slider(key="stress_strength_pgd").value == "2/255"
    assert page.selectbox(key=f"stress_{setting.ATTACKS}").value == "pgd"
    assert page.selectbox(key="stress_model").value == "baseline_cnn"
    assert page.number_input(key="stress_seed").value == 5
    assert address(page) == asked


def test_nonsense_in_the_address_falls_back_and_says_so(models: Path) -> None:
    page = opened(attack="<b>", strength="nan", model="../x", seed="-3")
    notes = [note.value for note in page.info if "address" in note.value]
    assert len(notes) == 4
    assert "<b>" not in words(page)
    assert address(page)["attack"] == "jpeg"


def test_a_shift_s_address_opens_its_own_tab_and_no_curve_is_drawn(models: Path) -> None:
    page = opened(attack="jpeg", strength="0.75")
    assert page.selectbox(key=f"stress_{setting.WEATHER}").value == "jpeg"
    assert page.select_slider(key="stress_strength_jpeg").value == "0.75"
    assert "makes the other class likelier" not in chart_titles(page)
    page.segmented_control(key="stress_view").set_value("Attacks and noise").run()
    assert not page.exception
    assert address(page)["attack"] == "fgsm"


def test_moving_the_slider_computes_neither_gradient_nor_curve_again(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for owner, name in ((attack_path, "prepare"), (attack_path, "curve"), (Classifier, "look")):
        own = getattr(owner, name)
        monkeypatch.setattr(
            owner, name,
            lambda *a, _own=own, _name=name, **k: (asked.append(_name), _own(*a, **k))[1],
        )  # fmt: skip
    page = opened(attack="fgsm")
    asked.clear()
    page.select_slider(key="stress_strength_fgsm").set_value("4/255").run()
    assert asked == ["look"]
    assert address(page)["strength"] == "4/255"


def test_the_rest_of_the_page_is_drawn_before_a_curve_is_tried(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for owner, name in ((attack_path, "curve"), (footer, "show")):
        own = getattr(owner, name)
        monkeypatch.setattr(
            owner, name,
            lambda *a, _own=own, _name=name, **k: (asked.append(_name), _own(*a, **k))[1],
        )  # fmt: skip
    page = opened(attack="fgsm")
    assert asked == ["show", "curve"]
    assert "makes the other class likelier" in chart_titles(page)


def test_what_is_kept_for_a_visitor_is_bounded(models: Path) -> None:
    page = opened(attack="fgsm")
    for seed in range(1, session.MOST_KEPT + 2):
        page.number_input(key="stress_seed").set_value(seed).run()
        assert not page.exception
    assert len(page.session_state[visit.KEPT][session.KEPT]) == session.MOST_KEPT


def test_the_photo_of_another_page_is_carried_over_and_never_in_the_address(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(page, lesion)
    seen: list[visit.Sent] = []
    own = session.seen
    monkeypatch.setattr(session, "seen", lambda m, s, **k: (seen.append(s), own(m, s, **k))[1])
    page.switch_page("pages/stress_test.py").run()
    assert not page.exception
    assert not page.file_uploader
    assert {sent.data for sent in seen} == {lesion}
    assert set(address(page)) == {"attack", "strength", "model", "seed"}


def test_without_a_photo_it_starts_with_an_example(models: Path) -> None:
    page = opened()
    assert page.file_uploader
    assert "Until then an example: two shades of brown." in words(page)


def test_a_refused_file_is_told_and_not_carried(page: AppTest) -> None:
    upload(page, b"no picture")
    page.switch_page("pages/stress_test.py").run()
    assert page.file_uploader
    upload(page, b"")
    assert not page.exception
    assert page.error


def test_where_the_gradient_vanishes_the_page_says_that_no_attack_can_work(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = attack_path.prepare

    def sure(*arguments: object) -> attack_path.Subject:
        subject = own(*arguments)
        return dataclasses.replace(subject, direction=subject.direction * 0)

    monkeypatch.setattr(attack_path, "prepare", sure)
    page = opened(attack="fgsm")
    assert any("can't work here" in warning.value for warning in page.warning)


def test_without_any_model_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    assert "python -m training.train" in opened().error[0].value
