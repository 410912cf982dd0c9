from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import binomtest
from sklearn import metrics as sk

from core import classifier
from core.results.card import CARD, Calibration, read_card, write_card
from tests.training.scored_sets import (
    HAM_ONLY,
    LABELS,
    LEAK_FREE,
    LISTED_LABELS,
    MODEL,
    ROWS,
    TEST_FILES,
    kaggle_set,
    listed_set,
    tree,
)
from training import evaluate

RATES = ("accuracy", "auc", "sensitivity", "specificity", "ece")
Models = Callable[..., Path]
Json = dict[str, Any]


def centred(folder: Path, images: list[Image.Image]) -> classifier.Classifier:
    """Calibrates the model so that half of ``images`` score above its operating point, 0.4.

    Random weights answer alike for every picture, and figures of that could hardly be wrong.
    """
    path = folder / MODEL / CARD
    margins = classifier.load(MODEL).margins(images)
    slope = 1.5 / float(margins.std())
    intercept = float(np.log(0.4 / 0.6)) - slope * float(np.median(margins))
    write_card(
        dataclasses.replace(read_card(path), calibration=Calibration("platt", slope, intercept)),
        path,
    )
    return classifier.load(MODEL)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Json:
    assert evaluate.main(["--model", MODEL, *arguments]) == 0
    line: Json = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return line


def assert_figures(found: Json, labels: list[int], p: NDArray[np.float64]) -> None:
    """Against scikit-learn and SciPy on the same probabilities."""
    y = np.array(labels)
    answers = (p >= 0.4).astype(int)
    assert found["n"] == len(y)
    assert found["malignant"] == int(y.sum())
    for name, right, n in (
        ("accuracy", answers == y, len(y)),
        ("sensitivity", answers[y == 1] == 1, int((y == 1).sum())),
        ("specificity", answers[y == 0] == 0, int((y == 0).sum())),
    ):
        if n == 0:
            assert found[name] is None
            continue
        interval = binomtest(int(right.sum()), n).proportion_ci(method="wilson")
        assert found[name] == pytest.approx(
            {"value": right.mean(), "low": interval.low, "high": interval.high}
        )
    if len(set(labels)) < 2:
        assert found["auc"] is None
    else:
        assert found["auc"]["value"] == pytest.approx(sk.roc_auc_score(y, p))
        assert found["auc"]["low"] <= found["auc"]["value"] <= found["auc"]["high"]
        assert found["auc"]["low"] < found["auc"]["high"]
    gaps = [
        abs(p[inside].mean() - y[inside].mean()) * inside.mean()
        for low in np.arange(10) / 10
        if (inside := (p >= low) & (p < low + 0.1)).any()
    ]
    assert found["ece"]["value"] == pytest.approx(sum(gaps), abs=1e-9)
    assert 0 <= found["ece"]["low"] <= found["ece"]["high"] <= 1


# Figures


def test_the_last_line_has_every_figure_with_its_interval(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, drawn = listed_set(tmp_path)
    p = centred(root, drawn).probabilities(drawn)
    found = printed(capsys, "--data", str(folder))
    assert (found["model"], found["data"]) == (MODEL, "some_set")
    for name in RATES:
        assert found[name].keys() == {"value", "low", "high"}
    assert 0 < found["sensitivity"]["value"] < 1
    assert 0 < found["specificity"]["value"] < 1
    assert_figures(found, LISTED_LABELS, p)
    assert "groups" not in found
    assert "parts" not in found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["left", "right", None], {"left": 0, "right": 1, "not recorded": 2}),
        ([1, 2, None], {"1": 0, "2": 1, "not recorded": 2}),
        ([3, 1, 2], {"3": 0, "1": 1, "2": 2}),
    ],
    ids=["words", "numbers with gaps", "numbers"],
)
def test_each_group_has_the_figures_of_its_own_pictures(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    values: list[Any], expected: dict[str, int],
) -> None:  # fmt: skip
    root = models()
    column = pd.Series([values[i % 3 if i < 20 else 0] for i in range(ROWS)], dtype="object")
    folder, drawn = listed_set(tmp_path, side=list(column))
    metadata = pd.read_csv(folder / "metadata.csv", dtype=str)  # 1 stands there as 1, not as 1.0
    metadata["side"] = [None if v is None else str(v) for v in column]
    metadata.to_csv(folder / "metadata.csv", index=False)
    p = centred(root, drawn).probabilities(drawn)
    found = printed(capsys, "--data", str(folder), "--group", "side")
    assert found["groups"].keys() == expected.keys()
    for name, place in expected.items():
        rows = [i for i in range(ROWS) if (i % 3 if i < 20 else 0) == place]
        assert_figures(found["groups"][name], [LISTED_LABELS[i] for i in rows], p[rows])
    assert_figures(found, LISTED_LABELS, p)


def test_intervals_are_drawn_by_patient(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, drawn = listed_set(tmp_path, patient_id=["P1"] * ROWS)
    p = centred(root, drawn).probabilities(drawn)
    found = printed(capsys, "--data", str(folder))
    # whoever draws the one patient there is always draws the same pictures
    for name in ("auc", "ece"):
        assert found[name]["low"] == found[name]["value"] == found[name]["high"]
    assert found["auc"]["value"] == pytest.approx(sk.roc_auc_score(LISTED_LABELS, p))


@pytest.mark.parametrize(
    ("label", "absent"), [("benign", "sensitivity"), ("malignant", "specificity")]
)
def test_a_folder_of_one_class_has_no_auc_and_no_rate_of_the_other(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str], label: str, absent: str
) -> None:
    root = models()
    folder, drawn = listed_set(tmp_path)
    metadata = pd.read_csv(folder / "metadata.csv")
    metadata["label"] = label
    metadata.to_csv(folder / "metadata.csv", index=False)
    p = centred(root, drawn).probabilities(drawn)
    found = printed(capsys, "--data", str(folder))
    assert found["auc"] is None
    assert found[absent] is None
    assert_figures(found, [int(label == "malignant")] * ROWS, p)


def test_a_column_of_metadata_that_is_called_as_one_of_ours_is_theirs(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    values = ["left" if i < 10 else "right" for i in range(ROWS)]
    folder, drawn = listed_set(tmp_path, group=values, lesion_id=[f"L{i}" for i in range(ROWS)])
    centred(root, drawn)
    found = printed(capsys, "--data", str(folder), "--group", "group")
    assert {key: figures["n"] for key, figures in found["groups"].items()} == {
        "left": 10,
        "right": 14,
    }


# Kaggle's layout


def test_of_kaggles_layout_only_test_is_scored_whole_and_in_parts(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, drawn = kaggle_set(tmp_path)
    p = centred(root, drawn).probabilities(drawn)
    found = printed(capsys, "--data", str(folder))
    assert_figures(found, LABELS, p)
    assert {key: part["n"] for key, part in found["parts"].items()} == {
        "leak_free": 14,
        "ham10000_only": 14,
    }
    for key, rows in (("leak_free", LEAK_FREE), ("ham10000_only", HAM_ONLY)):
        assert_figures(found["parts"][key], [LABELS[i] for i in rows], p[rows])


def test_without_metadata_the_official_test_set_has_no_parts(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, drawn = kaggle_set(tmp_path, with_metadata=False)
    p = centred(root, drawn).probabilities(drawn)
    found = printed(capsys, "--data", str(folder))
    assert_figures(found, LABELS, p)
    assert "parts" not in found


def test_a_part_without_pictures_is_left_out(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models()
    folder, _ = kaggle_set(tmp_path)
    metadata = pd.read_csv(folder / "metadata.csv")
    metadata["image_id"] = None
    metadata.to_csv(folder / "metadata.csv", index=False)
    found = printed(capsys, "--data", str(folder))
    assert found["parts"].keys() == {"leak_free"}


# What is kept


def test_without_save_nothing_is_written(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models()
    kaggle_set(tmp_path)
    before = tree(tmp_path)
    printed(capsys, "--data", str(tmp_path / "malignant_vs_benign"))
    assert tree(tmp_path) == before


def test_save_puts_figures_on_the_card_and_predictions_beside_it(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, drawn = kaggle_set(tmp_path)
    model = centred(root, drawn)
    before = tree(tmp_path)
    found = printed(capsys, "--data", str(folder), "--save")
    changed = {path for path, data in tree(tmp_path).items() if before.get(path) != data}
    written = f"checkpoints/{MODEL}/predictions/official_test.csv"
    assert changed == {f"checkpoints/{MODEL}/card.json", written}

    table = pd.read_csv(tmp_path / written)
    assert table.columns.tolist() == [
        "file", "label", "group", "logit", "probability", "weights_sha256",
    ]  # fmt: skip
    assert table["file"].tolist() == TEST_FILES
    known = [f"HAM_{'malignant' if i > 8 else 'benign'}_{i % 9}" for i in HAM_ONLY]
    assert table["group"][HAM_ONLY].tolist() == known
    assert table["group"].nunique() == 18
    assert table["label"].tolist() == [file.split("/")[1] for file in TEST_FILES]
    np.testing.assert_allclose(table["probability"], model.probabilities(drawn), atol=1e-5)
    np.testing.assert_allclose(table["logit"], model.margins(drawn), atol=1e-5)

    card = read_card(root / MODEL / CARD)
    new = {"official_test", "leak_free", "ham10000_only"}
    assert card.evaluations.keys() == model.card.evaluations.keys() | new
    assert dataclasses.replace(card, evaluations=model.card.evaluations) == model.card
    assert {key: card.evaluations[key].figures.n for key in new} == {
        "official_test": 18, "leak_free": 14, "ham10000_only": 14,
    }  # fmt: skip
    official = card.evaluations["official_test"]
    figures = dataclasses.asdict(official.figures)
    assert figures == {key: found[key] for key in figures}
    assert figures.keys() == {"n", "malignant", "average_precision", *RATES}
    assert official.command == (
        f"python -m training.evaluate --model {MODEL} --data malignant_vs_benign --save"
    )
    assert official.data == "malignant_vs_benign"
    hashes = {card.evaluations[key].data_sha256 for key in new}
    assert len(hashes) == 3  # each part is data of its own


def test_figures_of_a_listed_folder_are_kept_under_its_name(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, _ = listed_set(tmp_path)
    for _ in range(2):  # a second time replaces the first
        found = printed(capsys, "--data", str(folder), "--save")
    card = read_card(root / MODEL / CARD)
    assert card.evaluations["some_set"].figures.n == ROWS
    assert card.evaluations["some_set"].figures.accuracy.value == found["accuracy"]["value"]
    assert [p.name for p in (root / MODEL / "predictions").iterdir()] == ["some_set.csv"]
