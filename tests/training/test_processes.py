"""Two processes on one machine train as one does: gloo, tiny pictures, a tiny network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# Runs the command with a network of some hundred weights in the baseline's place, and writes down
# which pictures each process was shown, and which it wrote files for.
TINY = """
import json, os, sys
from pathlib import Path
import torch
from torch import nn
from core import files
from core.networks import architecture, registry
from training import train
from training.fitting import module
class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5, stride=4)
        self.fc = nn.Linear(6, 2)
entry = architecture.Architecture(
    "Tiny", Tiny, lambda net, x: net.conv(x), lambda net, x: x.relu(),
    lambda net, f: net.fc(f.mean((2, 3))), 2, "")
registry.ARCHITECTURES["baseline_cnn"] = entry
rank, log, written = int(os.environ.get("LOCAL_RANK", 0)), [], []
fetch = module.LabelledPictures.__getitems__
def fetching(self, indices):
    log.append([len(self.labels), list(map(int, indices))])
    return fetch(self, indices)
module.LabelledPictures.__getitems__ = fetching
write = files.write_bytes
def writing(path, data):
    written.append(path.name)
    write(path, data)
files.write_bytes = writing
status = train.main(sys.argv[2:])
Path(sys.argv[1], f"{rank}.json").write_text(json.dumps({"log": log, "written": written}))
sys.exit(status)
"""


def run(
    folder: Path, data: Path, devices: int
) -> tuple[pd.DataFrame, dict[int, Any], dict[str, Any]]:
    folder.mkdir()
    script = folder / "tiny.py"
    script.write_text(TINY)
    arguments = [
        "--model", "baseline_cnn", "--name", "baseline_cnn", "--preset", "report-baseline",
        "--epochs", "4", "--side", "32",
        "--data", str(data), "--runs", str(folder / "runs"), "--precision", "32-true",
        "--checkpoints", str(folder / "checkpoints"), "--accelerator", "cpu",
        "--devices", str(devices), *(["--strategy", "ddp"] if devices > 1 else []),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(script), str(folder), *arguments], cwd=folder, timeout=280,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    logs = {rank: json.loads((folder / f"{rank}.json").read_text()) for rank in range(devices)}
    results = folder / "checkpoints" / "baseline_cnn"
    card: dict[str, Any] = json.loads((results / "card.json").read_text())
    return pd.read_csv(results / "history.csv"), logs, card


@pytest.mark.timeout(600)
def test_two_processes_train_as_one_does(training_set: Path, tmp_path: Path) -> None:
    one, _, card_of_one = run(tmp_path / "one", training_set, 1)
    two, logs, card = run(tmp_path / "two", training_set, 2)

    # the same split, in both processes: 72 to train on, and the 8 that one process validates on
    assert {n for log in logs.values() for n, _ in log["log"]} == {72, 8}
    entries = [c["evaluations"]["validation"]["data_sha256"] for c in (card, card_of_one)]
    assert entries[0] == entries[1]
    assert "2 processes" in card["training"]["device"]

    # no picture twice in an epoch, in either of them: 64 of 72 in two batches of 32, 16 each
    shown = {
        rank: [i for n, indices in log["log"] if n == 72 for i in indices]
        for rank, log in logs.items()
    }
    assert [len(indices) for indices in shown.values()] == [4 * 32, 4 * 32]
    for epoch in range(4):
        together = [i for of in shown.values() for i in of[32 * epoch : 32 * (epoch + 1)]]
        assert len(together) == len(set(together)) == 64

    # one of them writes
    assert "card.json" in logs[0]["written"]
    assert logs[1]["written"] == []

    # Nothing is drawn but the order, which is shared: only rounding tells them apart.
    for column in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_auc"):
        assert two[column].tolist() == pytest.approx(one[column].tolist(), abs=2e-4), column
    assert one["train_loss"].iloc[0] != pytest.approx(one["train_loss"].iloc[-1], abs=1e-3)
