"""Kills and bad disks. `python -m tests.soak` kills more often."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from core.results.card import HISTORY, WEIGHTS
from tests.training import kills
from tests.training.conftest import EPOCHS, Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks and limits as Linux does")


def said(to: Path) -> str:
    return (to / "said").read_text(encoding="utf-8").strip()


def assert_as_unbroken(to: Path, unbroken: Run) -> None:
    weights = to / "checkpoints/baseline_cnn" / WEIGHTS
    assert weights.read_bytes() == (unbroken.checkpoint / WEIGHTS).read_bytes()
    history = pd.read_csv(weights.parent / HISTORY)
    assert history["epoch"].tolist() == list(range(1, EPOCHS + 1))


def finish(data: Path, to: Path) -> None:
    process = kills.start(data, to)
    process.join(200)
    assert process.exitcode == 0, said(to)


def test_a_run_killed_at_random_moments_ends_as_an_unbroken_one(
    finished: Run, training_set: Path, tmp_path: Path
) -> None:
    kills.kill_at_random(training_set, tmp_path, kills=3, seed=1, longest=1.5)
    finish(training_set, tmp_path)
    assert_as_unbroken(tmp_path, finished)


def test_a_full_disk_ends_in_a_sentence_and_the_same_command_goes_on(
    finished: Run, training_set: Path, tmp_path: Path
) -> None:
    full = kills.start(training_set, tmp_path, kills.disk_is_full_after(100_000))
    full.join(200)
    assert full.exitcode == 2
    sentence = said(tmp_path).splitlines()[-1]
    assert "cannot be read or written: File too large" in sentence
    assert "same command goes on" in sentence
    assert not list(tmp_path.rglob("*.part"))
    finish(training_set, tmp_path)
    assert_as_unbroken(tmp_path, finished)


def test_a_disk_that_fills_up_later_keeps_the_finished_epoch(
    training_set: Path, finished: Run, tmp_path: Path
) -> None:
    best = (finished.folder / "best.ckpt").stat().st_size
    last = (finished.folder / "last.ckpt").stat().st_size
    assert best < last  # so that one fits and the other doesn't
    full = kills.start(training_set, tmp_path, kills.disk_is_full_after((best + last) // 2))
    full.join(200)
    assert full.exitcode == 2
    kills.assert_whole(tmp_path)
    assert torch.load(tmp_path / "runs/baseline_cnn/best.ckpt", weights_only=True)["epoch"] == 0


def test_a_checkpoints_folder_that_is_read_only_is_told_before_an_epoch_is_trained(
    finished: Run, training_set: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    folder.chmod(0o555)
    before = kills.permissions_count if os.geteuid() == 0 else None
    refused = kills.start(training_set, tmp_path, before)
    refused.join(200)
    assert refused.exitcode == 2
    assert "Permission denied" in said(tmp_path)
    assert str(folder) in said(tmp_path)
    assert not list((tmp_path / "runs").rglob("*.ckpt"))
    folder.chmod(0o755)
    finish(training_set, tmp_path)
    assert_as_unbroken(tmp_path, finished)
