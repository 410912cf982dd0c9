"""Two commands never write into one model's folder at once."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.scored_sets import MODEL, listed_set, tree
from training.data.file_lock import writing


@pytest.mark.parametrize("command", ["fairness", "map_check", "robustness", "limits"])
def test_a_model_that_another_command_writes_to_is_left_alone_with_a_sentence(
    models: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    root, (folder, _) = models(), listed_set(tmp_path)
    before = tree(root)
    main = importlib.import_module(f"training.{command}").main
    with writing(root / MODEL):
        assert main(["--model", MODEL, "--data", str(folder)]) == 2
    assert f"{MODEL} is being written by another command" in capsys.readouterr().err
    assert main(["--model", "resnet999", "--data", str(folder)]) == 2
    assert "resnet999" in capsys.readouterr().err
    assert tree(root) == before
