from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.results import map_check
from core.results.map_check import MapCheck, MapCheckStage
from core.statistics.estimates import Rate, decimal, percent
from pages.cards import card
from tests.pages.conftest import ROOT, words


def test_every_model_has_its_card_with_the_figures_of_its_file(page: AppTest, models: Path) -> None:
    page.switch_page("pages/about.py").run()
    assert not page.exception
    names = checkpoints.available()
    assert len(names) == len(list(models.iterdir()))
    choice = page.segmented_control(key="card")
    assert sorted(choice.options) == names
    for name in names:
        page.segmented_control(key="card").set_value(name).run()
        card = checkpoints.card(name)
        assert name in page.subheader[0].value
        (table,) = page.dataframe
        for evaluation in card.evaluations.values():
            said = table.value.set_index("pictures").loc[evaluation.title]
            assert said["accuracy"] == percent(evaluation.figures.accuracy)
            assert said["ECE"] == decimal(evaluation.figures.ece)
        assert card.weights.sha256[:16] in words(page)
        assert card.licence in words(page)


def test_the_limits_and_licences_are_named(page: AppTest) -> None:
    page.switch_page("pages/about.py").run()
    for needed in (
        "does not diagnose",
        "1. ",
        "5. ",
        "CC BY-NC 4.0",
        "HAM10000",
        "also in training",
    ):
        assert needed in words(page)


def test_a_figure_that_the_labels_do_not_allow_is_a_dash() -> None:
    assert percent(None) == decimal(None) == "–"


def test_nought_has_no_sign() -> None:
    said = decimal(Rate(-0.0004, -0.0016, 0.0004)).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "0.000 (-0.002 to 0.000)"


CHECK = MapCheck(
    1, "python -m training.map_check --model tiny", "2026-01-01", "drawings", "f" * 64, 60, 3, 0,
    (MapCheckStage("fc", Rate(0.812, 0.7, 0.9), 180), MapCheckStage("conv1 and bn1", None, 0)),
    Rate(0.333, 0.2, 0.4),
)  # fmt: skip


def test_the_map_check_stands_on_the_card_with_its_files_figures() -> None:
    said = card.maps_forget(CHECK)
    assert "0.333" in said
    assert "60 validation pictures" in said
    first, last = card.likenesses(CHECK)
    assert first == ["fc", decimal(Rate(0.812, 0.7, 0.9)), "180"]
    assert last == ["conv1 and bn1", "–", "0"]
    pooled = dataclasses.replace(CHECK, collections={"isic2017": 40, "nci_moles_to_melanoma": 20})
    said = card.maps_forget(pooled)
    of = "40 of ISIC 2017, older collections; 20 of NCI, moles to melanoma"
    assert f"60 pictures that it did not learn from ({of})" in said
    assert "validation" not in said


def test_only_a_check_of_these_weights_is_shown(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(models, folder)
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    own = dataclasses.replace(CHECK, weights_sha256=checkpoints.card("baseline_cnn").weights.sha256)
    for name in ("baseline_cnn", "resnet18"):  # to the second it does not belong
        text = json.dumps(dataclasses.asdict(own))
        (folder / name / map_check.FILE).write_text(text, encoding="utf-8")
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.switch_page("pages/about.py").run()
    for name, shown in (("baseline_cnn", 1), ("resnet18", 0)):
        page.segmented_control(key="card").set_value(name).run()
        assert not page.exception
        assert words(page).count(CHECK.command) == shown
        tables = "".join(html.value for html in page.get("html"))
        assert tables.count('role="columnheader">drawn afresh down to') == shown
    (folder / "resnet18" / map_check.FILE).write_text("{", encoding="utf-8")
    page.run()
    assert not page.exception
    assert "map_check.json is damaged" in page.warning[0].value
