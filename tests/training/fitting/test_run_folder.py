from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest
import torch

from core.results.card import HISTORY_COLUMNS
from training.data.labelled_set import DataRejected
from training.fitting.run_folder import BEST, LAST, SETTINGS, AtomicCheckpointIO, History, prepare

SAME = {
    "model": "resnet18", "seed": 0, "split": "lesion", "preset": {"epochs": 8},
    "start": {"source": "random", "not_loaded": ("fc",)},
}  # fmt: skip


# Checkpoints


def test_a_write_that_fails_midway_leaves_the_old_checkpoint_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run" / LAST
    AtomicCheckpointIO().save_checkpoint({"epoch": 1, "weights": torch.arange(5)}, path)
    before = path.read_bytes()

    write = Path.write_bytes

    def disk_full(to: Path, data: bytes) -> int:
        write(to, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", disk_full)
        with pytest.raises(OSError, match="No space left"):
            AtomicCheckpointIO().save_checkpoint({"epoch": 2}, path)
    assert [file.name for file in path.parent.iterdir()] == [LAST]
    assert path.read_bytes() == before
    assert torch.load(path, weights_only=True)["weights"].tolist() == [0, 1, 2, 3, 4]


def test_a_checkpoint_replaces_the_one_before_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for epoch in (1, 2):
        AtomicCheckpointIO().save_checkpoint({"epoch": epoch}, tmp_path / LAST)
    assert torch.load(tmp_path / LAST, weights_only=True) == {"epoch": 2}
    assert [path.name for path in tmp_path.iterdir()] == [LAST]


# Settings


def begun(folder: Path, settings: dict[str, Any] = SAME) -> bytes:
    """A run that was stopped after an epoch; returns its settings as they lie on the disk."""
    assert prepare(folder, settings, restart=False) is None
    for name in (LAST, BEST):
        (folder / name).write_bytes(b"weights")
    return (folder / SETTINGS).read_bytes()


def test_a_new_run_writes_its_settings_and_starts_from_nothing(tmp_path: Path) -> None:
    assert prepare(tmp_path / "runs" / "new", SAME, restart=False) is None
    written = json.loads((tmp_path / "runs" / "new" / SETTINGS).read_text())
    assert written == {**SAME, "start": {"source": "random", "not_loaded": ["fc"]}}


def test_the_same_settings_go_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    begun(tmp_path)
    assert prepare(tmp_path, SAME, restart=False) == tmp_path / LAST
    assert (tmp_path / BEST).is_file()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 1}, "seed 1, the run has 0"),
        (
            {"start": {"source": "random", "not_loaded": ()}},
            "start: not loaded none, the run has fc",
        ),
        ({"split": "report"}, "split report, the run has lesion"),
        ({"seed": 1, "model": "alexnet"}, "model alexnet, the run has resnet18; seed 1,"),
        ({"preset": {"epochs": 6}}, "epochs 6, the run has 8"),
    ],
)
def test_another_recipe_is_refused_by_what_differs_and_loses_nothing(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    before = begun(tmp_path)
    with pytest.raises(DataRejected) as refused:
        prepare(tmp_path, {**SAME, **change}, restart=False)
    sentence = str(refused.value)
    assert str(tmp_path) in sentence
    assert f"other settings: {named}" in sentence
    assert "--restart" in sentence
    assert "--name" in sentence
    assert (tmp_path / SETTINGS).read_bytes() == before
    assert (tmp_path / LAST).read_bytes() == b"weights"
    assert (tmp_path / BEST).read_bytes() == b"weights"


def test_a_setting_that_is_gone_counts_as_another(tmp_path: Path) -> None:
    begun(tmp_path)
    without = {key: value for key, value in SAME.items() if key != "seed"}
    with pytest.raises(DataRejected, match="seed none, the run has 0"):
        prepare(tmp_path, without, restart=False)


def test_restart_forgets_the_run_and_takes_the_new_settings(tmp_path: Path) -> None:
    begun(tmp_path)
    assert prepare(tmp_path, {**SAME, "seed": 9}, restart=True) is None
    assert [path.name for path in tmp_path.iterdir()] == [SETTINGS]
    assert json.loads((tmp_path / SETTINGS).read_text())["seed"] == 9


# History


def after_epoch(history: History, epoch: int, **logged: float) -> None:
    metrics = {name: torch.tensor(float(i)) for i, name in enumerate(HISTORY_COLUMNS[1:6])} | {
        name: torch.tensor(value) for name, value in logged.items()
    }
    rates = [{"lr": 0.5 / (epoch + 1)}, {"lr": 99.0}]
    trainer = SimpleNamespace(
        current_epoch=epoch,
        callback_metrics={**metrics, "something_else": torch.tensor(1.0)},
        optimizers=[SimpleNamespace(param_groups=rates)],
    )
    history.on_train_epoch_start(cast(Any, trainer), cast(Any, None))
    history.on_train_batch_start(cast(Any, trainer), cast(Any, None), None, 0)
    history.on_train_epoch_end(cast(Any, trainer), cast(Any, None))


def test_history_keeps_a_row_an_epoch_with_the_agreed_columns() -> None:
    history = History()
    after_epoch(history, 0, val_auc=0.75)
    after_epoch(history, 1, val_auc=0.875)
    table = history.table()
    assert tuple(table.columns) == HISTORY_COLUMNS
    assert table["epoch"].tolist() == [1, 2]
    assert table["val_auc"].tolist() == [0.75, 0.875]
    assert table["train_loss"].tolist() == [0.0, 0.0]
    assert table["val_accuracy"].tolist() == [3.0, 3.0]
    assert table["learning_rate"].tolist() == [0.5, 0.25]
    assert table["seconds"].between(0, 1).all()


def test_history_travels_in_a_checkpoint(tmp_path: Path) -> None:
    history = History()
    after_epoch(history, 0, val_auc=0.75)
    AtomicCheckpointIO().save_checkpoint(history.state_dict(), tmp_path / LAST)
    resumed = History()
    resumed.load_state_dict(torch.load(tmp_path / LAST, weights_only=True))
    pd.testing.assert_frame_equal(resumed.table(), history.table())
    after_epoch(resumed, 1)
    assert resumed.table()["epoch"].tolist() == [1, 2]


def test_a_history_without_epochs_has_the_columns_all_the_same() -> None:
    table = History().table()
    assert tuple(table.columns) == HISTORY_COLUMNS
    assert len(table) == 0
