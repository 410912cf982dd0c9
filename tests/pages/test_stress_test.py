"""'Stress test' with two networks of random weights, and with made-up sweeps over a test set."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.classifier import Classifier
from core.labels import PHOTO
from core.networks.lesion_network import LesionNetwork
from core.pictures.corruptions import SHIFTS
from core.pictures.examples import FIRST
from core.probes import attack_path, attacks
from core.results import robustness
from core.results.card import CARD, read_card, write_card
from core.results.of_weights import COLUMN
from core.results.stressed_example import StressedExample, read_stressed_example
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate, percent
from pages.components import example_row, footer, server_wide, visit
from pages.stress import judged, session, setting, standard_and_robust, test_set
from pages.stress.standard_and_robust import ROBUST
from tests.pages.conftest import ROOT, run_alone, upload, words

SWEEP = (
    ("none", 0.0, 0.905), ("fgsm", 0.003, 0.295), ("fgsm", 2 / 255, 0.15),
    ("fgsm normalised", 0.003, 0.71), ("gaussian", 0.003, 0.905), ("gaussian", 0.1, 0.74),
    ("sign noise", 0.003, 0.9), ("jpeg", 0.5, 0.88),
)  # fmt: skip


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


def sweep(folder: Path, rows: Sequence[tuple[str, float, float]] = SWEEP) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / CARD).is_file():
        shutil.copy(folder.parents[2] / "resnet18" / CARD, folder / CARD)
    lines = [",".join([*robustness.COLUMNS, COLUMN])]
    sha256 = read_card(folder / CARD).weights.sha256
    for change, strength, accuracy in rows:
        figures = (strength, 660, accuracy, accuracy - 0.02, accuracy + 0.02, 0.9, 0.1, 0.08, 0.12)
        lines.append(",".join([change, *map(str, figures), sha256]))
    (folder / robustness.FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def robust(tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The two networks and a third, called robust, with a sweep for one of them."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    shutil.copytree(folder / "baseline_cnn", folder / ROBUST)
    path = folder / ROBUST / CARD
    card = read_card(path)
    official = dataclasses.replace(card.evaluations["official"], title="The official 660")
    write_card(
        dataclasses.replace(card, name=ROBUST, title="Robust", evaluations={OFFICIAL: official}),
        path,
    )
    sweep(folder / "resnet18")
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    server_wide.forget()
    yield folder
    server_wide.forget()


def test_a_new_visit_shows_an_example_under_what_messengers_do(models: Path) -> None:
    page = opened()
    said = words(page)
    assert "Until then an example" in said
    assert page.segmented_control(key="stress_view").value == "What cameras and clinics do"
    assert address(page) == {
        "attack": "jpeg", "strength": "0.50", "model": "resnet18", "seed": "0",
    }  # fmt: skip
    assert "JPEG, 50 % of the worst," in page.markdown[0].value
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


def test_the_shipped_example_is_drawn_from_its_file_without_torch() -> None:
    run_alone(
        """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("streamlit_app.py", default_timeout=60)
page.switch_page("pages/stress_test.py").run()
page.select_slider(key="stress_strength_jpeg").set_value("1.00").run()
assert not page.exception
assert "JPEG, 100 % of the worst," in page.markdown[0].value
assert page.get("imgs") or page.get("image")
assert "torch" not in sys.modules
"""
    )


def test_what_the_file_says_of_the_example_is_what_the_network_says() -> None:
    server_wide.forget()
    page = opened(attack="jpeg", strength="1.00")
    told, picture = page.markdown[0].value, drawn(page)
    record = read_stressed_example(checkpoints.card("general"), checkpoints.FOLDER)
    assert record is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judged, "read_stressed_example", lambda *_: None)
        asked = opened(attack="jpeg", strength="1.00")
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
    assert "2 % to 98 %" in _with_record(monkeypatch, true)
    assert "98 %" not in _with_record(monkeypatch, true | changed)


def _with_record(monkeypatch: pytest.MonkeyPatch, fields: dict[str, object]) -> str:
    """The first sentence where the file says 0.02 as it is, and 0.98 under the messenger."""
    record = StressedExample(
        schema=1, command="", date="", weights_sha256="", file="", probability=0.02,
        under={"jpeg": (0.02, 0.98)}, **fields,
    )  # fmt: skip
    monkeypatch.setattr(judged, "read_stressed_example", lambda *_: record)
    return str(opened(attack="jpeg", strength="0.50").markdown[0].value)


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


def test_standard_and_robust_stand_side_by_side_with_what_it_costs(robust: Path) -> None:
    page = opened()
    assert ROBUST not in words(page)  # a second network is only for whoever asks for it
    page.session_state[standard_and_robust.KEY] = True
    said = words(page.run())
    assert not page.exception
    assert f"| Robust ({ROBUST}) |" in said
    assert "not measured" in said  # the standard one's card here has no official test
    assert percent(checkpoints.card(ROBUST).evaluations["official_test"].figures.accuracy) in said


def test_the_headline_and_the_curves_are_the_file_s(robust: Path) -> None:
    page = opened(attack="jpeg")
    said = words(page)
    assert f"**{percent(Rate(0.295, 0.275, 0.315))}** if that is in pixel units" in said
    assert f"**{percent(Rate(0.71, 0.69, 0.73))}** if it is added after normalisation" in said
    assert "0.0007" in said  # 0.003 times the mean of 0.229, 0.224 and 0.225
    assert "understates the danger 4 times" in said
    assert "But neither reading gives it." in said  # the report's 74.1 % is above 73
    rows = next(f.value for f in page.dataframe if "flips, %" in f.value)
    assert rows["accuracy"].tolist() == [90.5, 29.5, 15.0]
    assert rows["strength"].tolist() == [0, 0.765, 2]


def test_where_pixel_units_fit_the_report_better_the_headline_says_that(robust: Path) -> None:
    rows = (("none", 0.0, 0.9), ("fgsm", 0.003, 0.75), ("fgsm normalised", 0.003, 0.88))
    sweep(robust / "resnet18", rows)
    said = words(opened(attack="jpeg"))
    assert "nearer to the first" in said
    assert "understates" not in said


def test_the_report_s_own_recipe_has_the_first_word(robust: Path) -> None:
    rows = (("none", 0.0, 0.88), ("fgsm", 0.003, 0.03), ("fgsm normalised", 0.003, 0.25))
    sweep(robust / "benchmark" / "report" / "resnet18", rows)
    said = words(opened(attack="jpeg"))
    assert f"**{percent(Rate(0.25, 0.23, 0.27))}** if it is added after normalisation" in said
    assert (
        f"falls from {percent(Rate(0.905, 0.885, 0.925))} to" in said
    )  # the shipped one, after it


def test_the_shift_that_costs_most_is_named_where_all_were_scored(robust: Path) -> None:
    rows = [("none", 0.0, 0.9), *((shift, 1.0, 0.8) for shift in SHIFTS)]
    partly = [row for row in rows if row[0] != "pen"]
    sweep(robust / "resnet18", [*partly, ("pen", 1.0, 0.4)])
    sweep(robust / ROBUST, partly)
    tables = test_set.read(["resnet18", ROBUST], robust)
    said = test_set.worst_shifts(tables)
    assert f"**{percent(Rate(0.4, 0.38, 0.42))}** (pen mark)" in said
    assert ROBUST not in said
    assert said in words(opened(attack="jpeg"))
    assert test_set.worst_shifts({}) == ""


def test_every_change_of_the_sweep_can_be_drawn(robust: Path) -> None:
    page = opened(attack="jpeg")
    for change in ("sign noise", "gaussian", "fgsm normalised", "jpeg"):
        (box,) = (one for one in page.selectbox if one.label == "Change")
        box.set_value(change).run()
        assert not page.exception
        assert len(page.dataframe[0].value) >= 1


def test_the_change_over_the_test_set_is_in_the_address_and_opens_from_it(robust: Path) -> None:
    page = opened(attack="jpeg", over="gaussian")
    assert page.selectbox(key=setting.OVER_KEY).value == "gaussian"
    assert "Gaussian noise at its worst" in chart_titles(page)
    assert address(page)["over"] == "gaussian"
    page.selectbox(key=setting.OVER_KEY).set_value("fgsm").run()
    assert "over" not in address(page)
    odd = opened(attack="jpeg", over="<b>")
    assert not odd.exception
    assert odd.selectbox(key=setting.OVER_KEY).value == "fgsm"
    assert "over" not in address(odd.run())


def test_a_damaged_sweep_costs_itself_alone(robust: Path) -> None:
    (robust / "resnet18" / robustness.FILE).write_text("perturbation\nfgsm\n", encoding="utf-8")
    page = opened(attack="jpeg")
    assert any("robustness.csv lacks" in warning.value for warning in page.warning)
    assert str(robust) not in words(page)
    assert "python -m training.robustness" in words(page)


def test_without_any_model_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    assert "python -m training.train" in opened().error[0].value
