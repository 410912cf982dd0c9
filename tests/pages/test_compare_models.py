from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.networks.registry import ARCHITECTURES
from core.results.card import (
    CARD,
    HISTORY,
    HISTORY_COLUMNS,
    PREDICTION_COLUMNS,
    PREDICTIONS,
    Evaluation,
    write_card,
)
from core.results.of_weights import COLUMN, stamped
from core.statistics import curves, metrics
from core.statistics.estimates import Rate
from core.statistics.paired_test import McNemar
from pages.comparison import one_model, two_models, views
from tests.pages.conftest import ROOT, run_alone, words

N = 200


@pytest.fixture
def scored(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The two models with histories and predictions; resnet18 is much the better one."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(models, folder)
    random = np.random.default_rng(0)
    labels = np.arange(N) % 2
    for name, noise in (("resnet18", 0.5), ("baseline_cnn", 3.0)):
        p = 1 / (1 + np.exp(-(2 * labels - 1 + random.normal(0, noise, N))))
        table = pd.DataFrame({
            "file": [f"{i}.jpg" for i in range(N)], "group": [f"L{i // 2}" for i in range(N)],
            "label": np.where(labels == 1, "malignant", "benign"), "logit": 0.0, "probability": p,
        })  # fmt: skip
        target = folder / name / PREDICTIONS / "official_test.csv"
        target.parent.mkdir(exist_ok=True)
        sha256 = checkpoints.card(name, folder).weights.sha256
        stamped(table[list(PREDICTION_COLUMNS)], sha256).to_csv(target, index=False)
        figures = metrics.evaluate(labels, p, table["group"])
        entry = Evaluation("Official test set", figures, "command", "drawn", "0", "2026-01-01")
        card = dataclasses.replace(
            checkpoints.card(name, folder), evaluations={"official_test": entry}
        )
        write_card(card, folder / name / CARD)
        history = pd.DataFrame(np.ones((3, len(HISTORY_COLUMNS))), columns=list(HISTORY_COLUMNS))
        history["epoch"] = [1, 2, 3]
        stamped(history, sha256).to_csv(folder / name / HISTORY, index=False)
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    return folder


def _open(view: str | None = None) -> AppTest:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.switch_page("pages/compare_models.py").run()
    if view is not None:
        page.segmented_control(key=views.KEY).set_value(view).run()
    assert not page.exception
    return page


VIEWS = [
    "Findings", "Table", "Size", "Learning", "One model", "Two models", "Left open",
    "The report's claims",
]  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws(scored: Path, view: str) -> None:
    page = _open(view)
    assert not page.warning


def test_a_network_without_results_says_how_to_run_it(scored: Path) -> None:
    said = words(_open("Table"))
    table = {name for name, entry in ARCHITECTURES.items() if entry.variant_of is None}
    for name in table - {"resnet18", "baseline_cnn"}:
        assert f"--only {name} --data" in said
    assert "--only resnet18 --data" not in said


def test_the_tables_figures_are_the_cards(scored: Path) -> None:
    table = _open("Table").dataframe[0].value
    row = table[table["model"] == "resnet18"].iloc[0]
    test = checkpoints.card("resnet18").evaluations["official_test"].figures
    assert row["accuracy, official test"] == pytest.approx(100 * test.accuracy.value)
    assert row["parameters"] == checkpoints.card("resnet18").weights.parameters
    assert row["start"]  # never without its starting point


def test_the_threshold_slider_moves_the_words(scored: Path) -> None:
    page = _open("One model")
    # whom the report is about, and the lesson
    assert "resnet18" in page.selectbox(key="one-model").value
    table = pd.read_csv(scored / "resnet18" / "predictions" / "official_test.csv")
    sick = table["label"] == "malignant"
    for threshold in (0.2, 0.8):
        page.slider(key="one-threshold-resnet18").set_value(threshold).run()
        missed = 100 * (table["probability"][sick] < threshold).mean()
        assert f"Of 100 malignant lesions it misses {missed:.0f}." in words(page)


def test_two_models_that_differ_are_told_apart(scored: Path) -> None:
    page = _open("Two models")
    assert "resnet18 is better, in its answers and in its ranking." in words(page)
    tables = [
        pd.read_csv(scored / name / "predictions" / "official_test.csv")["probability"]
        for name in ("baseline_cnn", "resnet18")
    ]
    labels = np.arange(N) % 2
    gap = metrics.auc(labels, tables[0]) - metrics.auc(labels, tables[1])
    assert f"minus resnet18: {gap:+.3f}" in words(page)


def test_a_model_can_not_be_told_apart_from_itself(scored: Path) -> None:
    page = _open("Two models")
    page.selectbox(key="second-model").select_index(0).run()
    assert "can't tell baseline_cnn and baseline_cnn apart" in words(page)


@pytest.mark.parametrize(
    ("p", "low", "high", "said"),
    [
        (0.5, -0.01, 0.02, "can't tell a and b apart"),
        (0.01, 0.01, 0.02, "a is better"),
        (0.01, -0.01, 0.02, "a answers better"),
        (0.5, -0.03, -0.01, "b ranks better"),
        (0.01, -0.03, -0.01, "a answers better"),
    ],
)
def test_the_sentence_follows_the_intervals(p: float, low: float, high: float, said: str) -> None:
    gap = Rate((low + high) / 2, low, high)
    assert said in two_models.in_a_sentence(McNemar(9, 2, p), gap, "a", "b")
    assert "a on 9, b on 2" in two_models.only_one_title(McNemar(9, 2, p), "a", "b")


@pytest.mark.parametrize(
    ("view", "key", "other"),
    [
        ("One model", "one-model", "Baseline CNN"), ("Two models", "first-model", "ResNet18"),
        ("Two models", "second-model", "Baseline CNN"),
    ],
)  # fmt: skip
def test_a_choice_within_a_view_opens_from_the_address(
    scored: Path, view: str, key: str, other: str
) -> None:
    options = _open(view).selectbox(key=key).options
    option = next(option for option in options if option.startswith(other))
    again = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    again.query_params[views.KEY], again.query_params[key] = view, option
    again.switch_page("pages/compare_models.py").run()
    assert not again.exception
    assert again.selectbox(key=key).value == option


@pytest.mark.parametrize(("view", "key"), [("Size", "size"), ("Learning", "learning")])
def test_a_choice_of_several_opens_from_the_address(scored: Path, view: str, key: str) -> None:
    chosen = _open(view).multiselect(key=key).value[:1]
    again = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    again.query_params[views.KEY], again.query_params[key] = view, chosen
    again.switch_page("pages/compare_models.py").run()
    assert not again.exception
    assert again.multiselect(key=key).value == chosen


def test_an_alarm_is_worth_what_bayes_says() -> None:
    # sensitivity 0.9 and specificity 0.9 at 1 %: 0.009 / (0.009 + 0.099) = 8 of 100
    counts = curves.Confusion(
        true_positives=90, false_negatives=10, true_negatives=90, false_positives=10
    )
    assert "of 100 alarms 8 are right" in one_model.in_words(counts)


def _spoil_card(folder: Path, **changes: object) -> None:
    path = folder / "resnet18" / CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_card_of_a_future_schema_loses_its_row_alone(scored: Path) -> None:
    _spoil_card(scored, schema=99)
    page = _open("Table")
    assert "schema 99" in page.warning[0].value
    assert str(scored) not in page.warning[0].value
    assert "baseline_cnn" in set(page.dataframe[0].value["model"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged"),
        (",".join(HISTORY_COLUMNS) + "\n", "no rows"),
        ("epoch,val_loss\n1,2\n", "lacks"),
        (",".join(HISTORY_COLUMNS) + "\n" + ",".join("x" * 8) + "\n", "no number"),
    ],
)
def test_a_bad_history_is_told_and_the_others_are_drawn(scored: Path, text: str, said: str) -> None:
    (scored / "resnet18" / HISTORY).write_text(text)
    page = _open("Learning")
    assert [said in warning.value for warning in page.warning] == [True]
    assert len(page.get("plotly_chart")) == 2


def test_a_history_of_one_epoch_and_one_with_gaps_are_drawn(scored: Path) -> None:
    for name, row in (("resnet18", "1" + ",0.5" * 7), ("baseline_cnn", "1" + "," * 7)):
        sha256 = checkpoints.card(name, scored).weights.sha256
        heads = ",".join([*HISTORY_COLUMNS, COLUMN])
        (scored / name / HISTORY).write_text(f"{heads}\n{row},{sha256}\n")
    page = _open("Learning")
    assert not page.warning
    assert len(page.get("plotly_chart")) == 2


@pytest.mark.parametrize("value", ["nan", "1.5", "-0.1"])
def test_a_probability_that_can_not_be_is_told(scored: Path, value: str) -> None:
    path = scored / "resnet18" / PREDICTIONS / "official_test.csv"
    table = pd.read_csv(path).astype({"probability": object})
    table.loc[3, "probability"] = value
    table.to_csv(path, index=False)
    page = _open("Two models")
    assert "can't be" in page.warning[0].value


def test_without_results_every_view_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    for view in VIEWS:
        page = _open(view)
        assert "python -m training.benchmark" in words(page) or "not run" in words(page).lower()


def test_the_page_needs_no_torch() -> None:
    script = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "at = AppTest.from_file('streamlit_app.py', default_timeout=60).run()\n"
        "at.switch_page('pages/compare_models.py').run()\n"
        "for view in ('Size', 'Learning', 'One model', 'Two models', 'Left open'):\n"
        "    at.segmented_control(key='compare').set_value(view).run()\n"
        "    assert not at.exception\n"
        "sys.exit('torch' in sys.modules)"
    )
    run_alone(script)


def test_predictions_and_histories_of_other_weights_are_told_and_not_drawn(scored: Path) -> None:
    for path in (scored / "resnet18" / HISTORY,
                 scored / "resnet18" / PREDICTIONS / "official_test.csv"):  # fmt: skip
        table = pd.read_csv(path, dtype={COLUMN: str})
        table.loc[0, COLUMN] = "e" * 64
        table.to_csv(path, index=False)
    for view, again in (("Learning", "training.train"), ("Two models", "training.evaluate")):
        page = _open(view)
        assert "is of other weights: run `python -m" in page.warning[0].value
        assert again in page.warning[0].value
