"""Figures of a set that was scored tell how far they are while they take their time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.statistics import intervals
from tests.training.scored_sets import MODEL, listed_set
from training import evaluate
from training.scoring import evaluations

Models = Callable[..., Path]


def test_figures_that_take_their_time_tell_how_far_they_are(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    models()
    folder, _ = listed_set(tmp_path, site=["arm" if i % 2 else "leg" for i in range(24)])
    own, made = evaluations.tqdm, []

    def at_once(**asked: object) -> object:
        made.append(own(**(asked | {"delay": 0, "mininterval": 0})))
        return made[-1]

    monkeypatch.setattr(evaluations, "tqdm", at_once)
    assert evaluate.main(["--model", MODEL, "--data", str(folder), "--group", "site"]) == 0
    assert "figures and their intervals: 100%" in capsys.readouterr().err
    (bar,) = made
    assert bar.n == bar.total == 3 * 3 * intervals.RESAMPLES  # the whole and two groups
