from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.results.card import WEIGHTS
from tests.training.scored_sets import MODEL, listed_set, tree
from training import evaluate

REPOSITORY = Path(__file__).resolve().parents[2]
Models = Callable[..., Path]


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert evaluate.main(list(arguments)) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in error
    sentence = error.strip().splitlines()[-1].split("\r")[-1]
    assert sentence.endswith(".")
    return sentence


def test_an_unknown_model_is_refused_with_those_at_hand(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models()
    sentence = refusal(capsys, "--model", "resnet999", "--data", str(tmp_path))
    assert "'resnet999'" in sentence
    assert "baseline_cnn, resnet18" in sentence


def test_a_missing_folder_is_refused_by_name(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models()
    missing = str(tmp_path / "nowhere")
    assert missing in refusal(capsys, "--model", MODEL, "--data", missing)


@pytest.mark.parametrize("column", ["fitzpatrick", "path", "content", "group"])
def test_a_column_that_metadata_do_not_have_is_refused_by_name(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    models()
    folder, _ = listed_set(tmp_path)  # the last three columns are our own
    sentence = refusal(capsys, "--model", MODEL, "--data", str(folder), "--group", column)
    assert repr(column) in sentence


def test_an_unreadable_picture_is_refused_by_name_and_nothing_is_saved(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models()
    folder, _ = listed_set(tmp_path)
    broken = folder / "images" / "23.png"
    broken.write_bytes(broken.read_bytes()[:300])
    before = tree(tmp_path)
    assert str(broken) in refusal(capsys, "--model", MODEL, "--data", str(folder), "--save")
    assert tree(tmp_path) == before


def test_damaged_weights_are_refused_by_name(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, _ = listed_set(tmp_path)
    weights = root / MODEL / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    assert repr(MODEL) in refusal(capsys, "--model", MODEL, "--data", str(folder))


def test_the_module_runs_in_a_process_of_its_own() -> None:
    # Imports that only work after somebody else's show up here and nowhere else.
    done = subprocess.run(
        [sys.executable, "-m", "training.evaluate", "--help"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--group COLUMN" in done.stdout
