from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from core import checkpoints
from core.results.card import HISTORY, WEIGHTS
from tests.training.conftest import BATCHES, EPOCHS, Run, TrainAgain, card, last, train_arguments
from training.data.same_lesion import COLUMNS, FILE, FOLDER

REPOSITORY = Path(__file__).resolve().parents[2]


def assert_same_result(run: Run, unbroken: Run) -> None:
    assert run.status == 0, run.said
    weights = [r.checkpoint / WEIGHTS for r in (run, unbroken)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    states = [last(r) for r in (run, unbroken)]
    for key, value in states[1]["state_dict"].items():
        assert torch.equal(states[0]["state_dict"][key], value), key
    histories = [
        pd.read_csv(r.checkpoint / HISTORY).drop(columns="seconds") for r in (run, unbroken)
    ]
    pd.testing.assert_frame_equal(*histories)
    cards = [card(r) for r in (run, unbroken)]
    assert cards[0].calibration == cards[1].calibration
    assert cards[0].training.best_epoch == cards[1].training.best_epoch


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Makes the run that comes next stop by Ctrl-C at an epoch's batch."""
    from training.fitting.module import LesionModule

    step = LesionModule.training_step

    def at(epoch: int, batch: int) -> None:
        def stopping(module: LesionModule, given: Any, batch_idx: int) -> torch.Tensor:
            if (module.current_epoch, batch_idx) == (epoch, batch):
                monkeypatch.setattr(LesionModule, "training_step", step)
                raise KeyboardInterrupt
            return step(module, given, batch_idx)

        monkeypatch.setattr(LesionModule, "training_step", stopping)

    return at


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Call it to listen; the list then fills with the epoch of each batch that is trained on."""
    from training.fitting.module import LesionModule

    def listen() -> list[int]:
        step, epochs = LesionModule.training_step, []

        def listening(module: LesionModule, given: Any, batch_idx: int) -> torch.Tensor:
            epochs.append(module.current_epoch)
            return step(module, given, batch_idx)

        monkeypatch.setattr(LesionModule, "training_step", listening)
        return epochs

    return listen


@pytest.mark.parametrize(("epoch", "batch"), [(1, 1), (2, 0)])
def test_a_run_that_was_stopped_and_goes_on_ends_as_an_unbroken_one(
    finished: Run, training_set: Path, train_again: TrainAgain, stop: Any, trained: Any,
    epoch: int, batch: int,
) -> None:  # fmt: skip
    stop(epoch, batch)
    stopped = train_again(training_set)
    assert stopped.status != 0
    assert not stopped.checkpoints.exists()
    assert last(stopped)["epoch"] == epoch - 1
    epochs = trained()
    assert_same_result(train_again(training_set), finished)
    # the epoch that was not finished is done again, and none before it
    assert epochs == [e for e in range(epoch, EPOCHS) for _ in range(BATCHES)]


def test_a_run_whose_folder_was_moved_while_it_stood_still_ends_as_an_unbroken_one(
    finished: Run, training_set: Path, train_again: TrainAgain, stop: Any, trained: Any,
    tmp_path: Path,
) -> None:  # fmt: skip
    stop(2, 0)
    train_again(training_set, "--runs", str(tmp_path / "before")).runs.mkdir()
    (tmp_path / "before" / "baseline_cnn").rename(tmp_path / "runs" / "baseline_cnn")
    epochs = trained()
    assert_same_result(train_again(training_set), finished)
    assert set(epochs) == {2}


def test_a_stop_by_hand_says_how_to_go_on(
    training_set: Path, train_again: TrainAgain, stop: Any
) -> None:
    stop(0, 1)
    stopped = train_again(training_set)
    assert stopped.status == 130  # 128 + SIGINT, as shells have it
    assert stopped.said.strip().endswith(
        "Stopped. The same command goes on after the last finished epoch."
    )


def test_a_stop_by_the_system_says_how_to_go_on_and_is_no_success(
    training_set: Path, train_again: TrainAgain, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.fitting.module import LesionModule

    step = LesionModule.training_step

    def stopping(module: LesionModule, given: Any, batch_idx: int) -> torch.Tensor:
        os.kill(os.getpid(), signal.SIGTERM)  # what `kill`, Docker and batch systems send
        return step(module, given, batch_idx)

    monkeypatch.setattr(LesionModule, "training_step", stopping)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # in case nobody listens
    try:
        stopped = train_again(training_set)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not stopped.checkpoints.exists()
    assert stopped.status == 143  # 128 + SIGTERM
    assert "The same command goes on after the last finished epoch." in stopped.said


# The second time that last.ckpt is to be written, half of it is, and then nothing more happens.
STALLS = """
import sys, time
from pathlib import Path
write, seen = Path.write_bytes, []
def stall(path, data):
    if path.name.startswith("last.ckpt"):
        seen.append(path)
    if len(seen) == 2:
        write(path, data[:len(data) // 2])
        Path(sys.argv[1]).touch()
        time.sleep(600)
    return write(path, data)
Path.write_bytes = stall
from training import train
raise SystemExit(train.main(sys.argv[2:]))
"""


@pytest.mark.timeout(600)  # a process of its own, which may have to share the machine
def test_a_run_killed_while_it_writes_goes_on_from_the_epoch_before(
    finished: Run, training_set: Path, train_again: TrainAgain, trained: Any, tmp_path: Path
) -> None:
    stalled = tmp_path / "stalled"
    arguments = train_arguments(training_set, tmp_path)
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", STALLS, str(stalled), *arguments],
            cwd=REPOSITORY, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            until = time.monotonic() + 400
            while not stalled.exists():
                said = (tmp_path / "log").read_text()
                assert process.poll() is None, said
                assert time.monotonic() < until, said
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == -signal.SIGKILL
    whole = torch.load(tmp_path / "runs/baseline_cnn/last.ckpt", weights_only=True)
    assert whole["epoch"] == 0
    assert not list((tmp_path / "checkpoints").rglob("card.json"))
    epochs = trained()
    assert_same_result(train_again(training_set), finished)
    assert set(epochs) == set(range(1, EPOCHS))


def test_the_same_command_after_the_end_trains_no_more(
    finished: Run, training_set: Path, train_again: TrainAgain, trained: Any
) -> None:
    first = train_again(training_set)
    before = last(first)
    written = (first.folder / "last.ckpt").read_bytes()
    epochs = trained()
    again = train_again(training_set)
    assert epochs == []
    assert (first.folder / "last.ckpt").read_bytes() == written
    assert before["epoch"] == EPOCHS - 1
    assert_same_result(again, finished)
    assert card(again).training.seconds == card(first).training.seconds


def test_another_seed_is_refused_by_name_until_restart_is_given(
    training_set: Path, train_again: TrainAgain, stop: Any
) -> None:
    stop(1, 0)
    train_again(training_set)
    refused = train_again(training_set, "--seed", "4")
    assert refused.status == 2
    assert "other settings: seed 4, the run has 3. Give --restart" in refused.said
    assert last(refused)["epoch"] == 0
    restarted = train_again(training_set, "--seed", "4", "--epochs", "1", "--restart")
    assert restarted.status == 0
    assert card(restarted).training.seed == 4
    assert len(pd.read_csv(restarted.checkpoint / HISTORY)) == 1


def test_a_run_is_not_resumed_once_more_pictures_are_known_to_show_one_lesion(
    training_set: Path, train_again: TrainAgain, stop: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stop(1, 0)
    train_again(training_set)
    name, root = training_set.name, tmp_path / "found"
    rows = [f"{name},train/benign/{i}.png,{name},train/benign/{i + 1}.png,20" for i in range(9)]
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / FILE).write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    monkeypatch.setattr(checkpoints, "FOLDER", root)
    refused = train_again(training_set)
    assert refused.status == 2
    assert "other settings: which pictures are held out. Give --restart" in refused.said
    assert last(refused)["epoch"] == 0


def test_an_unreadable_picture_does_not_cost_the_unfinished_run_of_that_name(
    kaggle: Callable[..., Path], training_set: Path, train_again: TrainAgain, stop: Any
) -> None:
    stop(1, 0)
    before = last(train_again(training_set))
    folder = kaggle(train=(12, 12))
    (folder / "train/benign/3.png").write_text("no picture")
    run = train_again(folder, "--restart")
    assert run.status == 2
    assert str(folder / "train/benign/3.png") in run.said.strip().splitlines()[-1]
    assert not run.checkpoints.exists()
    assert last(run)["epoch"] == before["epoch"] == 0
