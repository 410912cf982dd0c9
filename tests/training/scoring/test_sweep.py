"""Sets of any size: the same rows by one process and two, and after any stop."""

from __future__ import annotations

import dataclasses
import errno
import io
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from core import classifier
from core.calibration import calibrated
from core.results.card import Calibration
from core.results.of_weights import COLUMN
from tests.training.conftest import LABELS, write_listed
from tests.training.scored_sets import MODEL, listed_set
from training.data.file_lock import claim
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.scoring import sweep
from training.scoring.sweep import Processes, append_whole, margins_of_set

Models = Callable[..., Path]
REPOSITORY = Path(__file__).resolve().parents[3]
ON_CPU = Processes(accelerator="cpu")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 5)  # of 24 pictures: four whole batches and four pictures
    monkeypatch.setattr(sweep, "LINES_AT_ONCE", 7)  # and a CSV is read in four parts


def scored(models: Models, tmp_path: Path) -> tuple[classifier.Classifier, Path, LabelledSet, Path]:
    """A model, where it is, a set, and the CSV that one run left of it."""
    root, (folder, _) = models(), listed_set(tmp_path)
    model, data, to = classifier.load(MODEL), read_folder(folder), tmp_path / "out" / "scored.csv"
    margins_of_set(model, root, data, to, ON_CPU)
    return model, root, data, to


def test_the_margins_are_the_models_own_and_the_file_has_them_in_the_sets_order(
    models: Models, tmp_path: Path, few: None
) -> None:
    model, root, data, to = scored(models, tmp_path)
    _, drawn = listed_set(tmp_path)
    found = margins_of_set(model, root, data, None, ON_CPU)
    assert found == pytest.approx(model.margins(drawn), abs=1e-5)
    table = pd.read_csv(to, dtype={"file": str})
    assert table["file"].tolist() == data.table["file"].tolist()
    assert (table["logit"].to_numpy() == found).all()
    assert table["probability"].to_numpy() == pytest.approx(model.probabilities(drawn), abs=1e-5)
    assert table[COLUMN].dropna().tolist() == [model.card.weights.sha256]


def test_each_picture_is_scored_by_its_kinds_calibration_as_it_is_served(
    models: Models, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, (folder, drawn) = models(), listed_set(tmp_path)
    usual = classifier.load(MODEL)
    own = Calibration("platt", 0.7 * usual.card.calibration.slope, 1.1)
    card = dataclasses.replace(usual.card, calibration_by_kind={"photo": own})
    model = dataclasses.replace(usual, card=card)
    inputs = torch.stack([usual.network_input(picture) for picture in drawn])
    _, summaries = usual.margins_and_summaries(inputs)
    cut = float(summaries.sum(dim=1).median())
    photo = (summaries.sum(dim=1) > cut).numpy()
    assert 0 < photo.sum() < len(drawn)

    def served(self: classifier.Classifier, summary: torch.Tensor) -> classifier.Classifier:
        by = own if float(summary.sum()) > cut else usual.card.calibration
        return dataclasses.replace(self, card=dataclasses.replace(card, calibration=by))

    monkeypatch.setattr(classifier.Classifier, "for_summary", served)
    to = tmp_path / "out/scored.csv"
    found = margins_of_set(model, root, read_folder(folder), to, ON_CPU)
    bare = usual.margins(drawn)
    by_hand = np.where(photo, calibrated(bare, own), calibrated(bare, usual.card.calibration))
    assert calibrated(found, card.calibration) == pytest.approx(by_hand, abs=1e-5)
    assert pd.read_csv(to)["probability"].to_numpy() == pytest.approx(by_hand, abs=1e-5)
    assert found == pytest.approx(model.margins(drawn), abs=1e-4)
    assert np.abs(found - bare)[photo].max() > 0.1


@pytest.mark.parametrize("left", [0, 1, 5, 13, 20, 23])
@pytest.mark.parametrize("torn", [0, 7])
def test_a_run_that_was_killed_goes_on_after_its_last_whole_batch(
    models: Models, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch,
    left: int, torn: int,
) -> None:  # fmt: skip
    model, root, data, to = scored(models, tmp_path)
    whole = to.read_bytes()
    lines = whole.splitlines(keepends=True)
    to.write_bytes(b"".join(lines[: 1 + left]) + lines[1 + left][:torn])
    seen = []
    read = sweep.read_picture
    monkeypatch.setattr(sweep, "read_picture", lambda path: seen.append(path) or read(path))
    margins_of_set(model, root, data, to, ON_CPU)
    assert to.read_bytes() == whole
    assert seen == list(data.table["path"])[left - left % 5 :]


def test_after_a_real_kill_the_file_is_gone_on_with_to_the_same_end(
    models: Models, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, root, data, to = scored(models, tmp_path)
    whole, killed = to.read_bytes(), tmp_path / "killed.csv"
    read = sweep.read_picture

    def slow() -> None:
        torch.set_num_threads(1)  # a forked thread pool would wait for threads it has not got
        monkeypatch.setattr(sweep, "read_picture", lambda path: time.sleep(0.05) or read(path))
        margins_of_set(model, root, data, killed, ON_CPU)

    for least in (5, 15):  # rows that are to stand at the first kill and at the second
        process = multiprocessing.get_context("fork").Process(target=slow)
        process.start()
        while process.is_alive() and lines(killed) <= least:
            time.sleep(0.01)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert whole.startswith(killed.read_bytes())
        assert least < lines(killed) < lines(to)
    margins_of_set(model, root, data, killed, ON_CPU)
    assert killed.read_bytes() == whole


def test_a_stop_by_the_system_leaves_whole_lines_and_its_status(
    models: Models, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, root, data, to = scored(models, tmp_path)
    whole = to.read_bytes()
    to.unlink()
    read = sweep.read_picture

    def stopping(path: Path) -> Any:
        if path == data.table["path"][12]:
            os.kill(os.getpid(), signal.SIGTERM)  # what `kill`, Docker and batch systems send
        return read(path)

    before = signal.signal(signal.SIGTERM, lambda *_: None)  # in case nobody listens
    monkeypatch.setattr(sweep, "read_picture", stopping)
    try:
        with pytest.raises(KeyboardInterrupt) as stopped:
            margins_of_set(model, root, data, to, ON_CPU)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert stopped.value.args == (143,)  # 128 + SIGTERM
    assert 10 <= lines(to) < 24
    assert whole.startswith(to.read_bytes())


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def test_a_file_that_another_command_writes_is_left_alone_with_a_sentence(
    models: Models, tmp_path: Path, few: None
) -> None:
    model, root, data, to = scored(models, tmp_path)
    whole = to.read_bytes()
    to.write_bytes(b"".join(whole.splitlines(keepends=True)[:6]))
    before = to.read_bytes()
    with claim(to), pytest.raises(DataRejected, match=r"scored\.csv is being written by another"):
        margins_of_set(model, root, data, to, ON_CPU)
    assert to.read_bytes() == before
    margins_of_set(model, root, data, to, ON_CPU)
    assert to.read_bytes() == whole


def by_command(folder: Path, root: Path, to: Path, devices: int, port: int | None = None) -> None:
    """Score with processes of their own; Lightning's port is ``port``, if given."""
    asked = ["--model", MODEL, "--data", str(folder), "--to", str(to), "--accelerator", "cpu"]
    asked += ["--checkpoints", str(root), "--devices", str(devices)]
    done = subprocess.run(
        [sys.executable, "-m", "training.evaluate", *asked], cwd=REPOSITORY, check=False,
        env=os.environ if port is None else {**os.environ, "MASTER_PORT": str(port)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]


def test_two_processes_leave_the_same_file_as_one(models: Models, tmp_path: Path) -> None:
    root = models()
    rows = [{"file": f"{i}.png", "label": LABELS[i % 2]} for i in range(70)]
    folder = write_listed(tmp_path / "seventy", rows)
    files = [tmp_path / f"{devices}.csv" for devices in (1, 2)]
    for devices, to in enumerate(files, start=1):
        by_command(folder, root, to, devices)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(pd.read_csv(files[0])) == 70


def test_two_processes_find_each_other_though_their_port_was_taken_meanwhile(
    models: Models, tmp_path: Path
) -> None:
    root, (folder, _) = models(), listed_set(tmp_path)
    with socket.create_server(("", 0)) as other:
        by_command(folder, root, tmp_path / "scored.csv", 2, other.getsockname()[1])
    assert len(pd.read_csv(tmp_path / "scored.csv")) == 24


def foreign_weights(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{COLUMN: "0" * 64})


def foreign_pictures(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(file=table["file"] + "x")


def foreign_labels(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(label="malignant")


def foreign_calibration(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(probability=1 - table["probability"])


def other_columns(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="group")


@pytest.mark.parametrize(
    "change",
    [foreign_weights, foreign_pictures, foreign_labels, foreign_calibration, other_columns],
)
def test_a_file_of_something_else_is_refused_and_left_as_it_is(
    models: Models, tmp_path: Path, few: None, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    model, root, data, to = scored(models, tmp_path)
    change(pd.read_csv(to, dtype=str).astype({"probability": float})[:10]).to_csv(to, index=False)
    before = to.read_bytes()
    with pytest.raises(DataRejected, match=r"scored\.csv holds what is not of these pictures"):
        margins_of_set(model, root, data, to, ON_CPU)
    assert to.read_bytes() == before


def test_pictures_that_can_not_be_read_are_all_named_and_scored_once_they_are_mended(
    models: Models, tmp_path: Path, few: None
) -> None:
    model, root, data, to = scored(models, tmp_path)
    whole = to.read_bytes()
    to.unlink()
    broken = {}
    for i in (7, 21):
        path = Path(data.table["path"][i])
        broken[path] = path.read_bytes()
        path.write_bytes(broken[path][: len(broken[path]) // 2])
    with pytest.raises(DataRejected) as refusal:
        margins_of_set(model, root, data, to, ON_CPU)
    assert all(str(path) in str(refusal.value) for path in broken)
    assert np.flatnonzero(pd.read_csv(to)["logit"].isna()).tolist() == [7, 21]
    for path, content in broken.items():
        path.write_bytes(content)
    margins_of_set(model, root, data, to, ON_CPU)
    assert to.read_bytes() == whole


def test_a_full_disk_is_told_by_name_and_leaves_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("a,b\n1,2\n")

    class Full(io.FileIO):
        """Takes four bytes more."""

        taken = 0

        def write(self, data: Any) -> int:
            if self.taken:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.taken = super().write(data[:4])
            return self.taken

    monkeypatch.setattr(Path, "open", lambda self, mode, **_: Full(self, mode))
    with pytest.raises(OSError, match=r"No space left on device: .*scored\.csv"):
        append_whole(path, b"3,4\n5,6\n")
    assert path.read_bytes() == b"a,b\n1,2\n"
