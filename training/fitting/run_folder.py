"""A training run on disk: its settings, its checkpoints written in one step, its history."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO

from core.files import write_bytes, write_text
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.results.card import HISTORY_COLUMNS
from training.data.labelled_set import DataRejected
from training.scoring.device import versions

SETTINGS, LAST, BEST, END = "settings.json", "last.ckpt", "best.ckpt", "end.json"
# The kept epoch is the one with the least of it. A proper score moves with every picture; accuracy
# and AUC, on a few hundred, pick the luckiest epoch instead.
MONITOR = "val_loss"
_NOT_OURS = (
    OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, EOFError,
    pickle.UnpicklingError,
)  # fmt: skip
# What a run's settings have that validation is drawn by: told instead of what it changes.
_DRAWN_BY = ("data", "seed", "split", "split_seed")
_BESIDE = 10_000_000  # bytes for all that is small
NETWORK = "network."  # how a run's checkpoint names the network's tensors


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside and renames, so that whoever stops the run finds a whole checkpoint."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        # By way of memory: a full disk is then an OSError that says so, where torch's own writer
        # ends in a RuntimeError about a file position.
        whole = io.BytesIO()
        torch.save(checkpoint, whole)
        write_bytes(Path(path), whole.getvalue())


class History(Callback):
    """Keeps a row an epoch; the rows travel in the checkpoint, so a resumed run repeats none."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self._started = time.monotonic()
        self._rate = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.monotonic()

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        # not at the epoch's end: by then the schedule has gone on to the next step's rate
        self._rate = float(trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        logged = {key: float(value) for key, value in trainer.callback_metrics.items()}
        seconds = time.monotonic() - self._started
        rate = self._rate
        row = {"epoch": trainer.current_epoch + 1, "learning_rate": rate, "seconds": seconds}
        self.rows.append({key: ({**logged, **row})[key] for key in HISTORY_COLUMNS})

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]

    def table(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows, columns=list(HISTORY_COLUMNS))


class EpochLine(Callback):
    """Says in one line how an epoch went; comes after ``History``, whose rows it reads."""

    def __init__(self, history: History) -> None:
        self.history = history

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero or not self.history.rows:
            return
        row = self.history.rows[-1]
        print(
            f"epoch {row['epoch']:.0f} of {trainer.max_epochs}: loss {row['train_loss']:.3f}, "
            f"validation loss {row['val_loss']:.3f}, accuracy {row['val_accuracy']:.3f}, "
            f"AUC {row['val_auc']:.3f}; {row['seconds']:.0f} s",
            flush=True,
        )


class Movable(ModelCheckpoint):
    """Knows the best epoch so far also where the run's folder was moved while it stood still."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict({**state_dict, "dirpath": self.dirpath})


def best_epoch(history: pd.DataFrame) -> int:
    """The epoch that is kept of a history, ``HISTORY_COLUMNS``."""
    return int(history["epoch"].iloc[int(history[MONITOR].argmin())])


def callbacks(folder: Path) -> list[Callback]:
    """Keep the best epoch's weights, and everything of the last epoch to resume from."""
    same: dict[str, Any] = {"dirpath": folder, "enable_version_counter": False}
    return [
        Movable(**same, filename="best", monitor=MONITOR, mode="min", save_weights_only=True),
        Movable(**same, filename="last", save_on_train_epoch_end=True),
    ]


def network(path: Path, architecture: str) -> LesionNetwork:
    """The network of a Lightning checkpoint, frozen, in eval mode; only tensors are unpickled."""
    found = lesion_network.build(architecture)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        own = {key.removeprefix(NETWORK): value for key, value in state.items()
               if key.startswith(NETWORK)}  # fmt: skip
        found.load_state_dict(own)
    except _NOT_OURS as error:
        raise DataRejected(f"{path} holds no {architecture}.") from error
    return found.requires_grad_(False).eval()


def finished(folder: Path) -> dict[str, Any] | None:
    """What ``note_end`` kept of a run that came to its end; ``None`` for one that did not.

    Raises ``DataRejected`` for a note that is none.
    """
    path = folder / END
    if not path.is_file():
        return None
    try:
        note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {key: note[key] for key in ("device", "seconds", "versions")}
    except (ValueError, KeyError, TypeError) as error:
        raise DataRejected(f"{path} is damaged.") from error


def note_end(folder: Path, device: str) -> None:
    """Keep where a run was trained, with what, and how long.

    The time is from its start to its last epoch by the clock on the wall, stops in between
    included. It may be read on another machine.
    """
    took = (folder / LAST).stat().st_mtime - (folder / SETTINGS).stat().st_mtime
    note = {"device": device, "seconds": round(took, 1), "versions": versions()}
    write_text(folder / END, json.dumps(note, indent=2) + "\n")


def prepare(
    folder: Path, settings: dict[str, Any], restart: bool, write: bool = True
) -> Path | None:
    """Where to resume from, or ``None`` for a new run.

    Raises ``DataRejected`` if the folder holds a run with other settings: resuming it would mix
    two recipes, and starting over would lose it. ``write`` is off in all but one of several
    processes.
    """
    known = folder / SETTINGS
    if restart or not (folder / LAST).is_file():
        if write:
            for name in (LAST, BEST, END):
                (folder / name).unlink(missing_ok=True)
            write_text(known, json.dumps(settings, indent=2) + "\n")
        return None
    before = json.loads(known.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(settings))
    other = list(_differences(now, before))
    if other:
        raise DataRejected(
            f"{folder} holds a run with other settings: {'; '.join(other)}. "
            "Give --restart to begin again, or another --name."
        )
    return folder / LAST


def _differences(now: dict[str, Any], before: dict[str, Any], within: str = "") -> Iterator[str]:
    """What was changed, in words: ``epochs 6, the run has 8``."""
    for key in sorted(now.keys() | before.keys()):
        mine, other = now.get(key), before.get(key)
        name = f"{within}{key.replace('_', ' ')}"
        if mine == other or (key == "sha256" and not other):  # a run from before it was kept
            continue
        if isinstance(mine, dict) and isinstance(other, dict):
            yield from _differences(mine, other, "" if key == "preset" else f"{name}: ")
        elif key == "sha256":
            if now.get("source") == before.get("source"):
                yield f"{within}another file of that name"
        elif key in ("data", "labels"):
            yield "the pictures, their labels or their names"
        elif key == "validation":
            if all(now.get(cause) == before.get(cause) for cause in _DRAWN_BY):
                yield "which pictures are held out"
        else:
            yield f"{name} {_said(mine)}, the run has {_said(other)}"


def refuse_full_disk(folder: Path, architecture: str) -> None:
    """``DataRejected`` where the disk has no room for what an epoch leaves.

    Found out after the first epoch it costs that epoch, as nothing is there yet to go on from.
    """
    at = next(path for path in (folder, *folder.parents) if path.exists())
    weights = 4 * lesion_network.count_parameters(architecture)
    # the best epoch's weights, weights with the optimiser's two numbers each, and a copy of these
    # while they are written
    there = sum(f.stat().st_size for name in (LAST, BEST) if (f := folder / name).is_file())
    needed = 7 * weights + _BESIDE - there
    free = shutil.disk_usage(at).free
    if free < needed:
        raise DataRejected(
            f"{folder} needs {needed / 1e6:,.0f} MB for a run of {architecture}, and the disk has "
            f"{free / 1e6:,.0f} MB left. Make room, or give another folder with --runs."
        )


def _said(value: Any) -> str:
    if value in (None, "", [], ()):
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else f"{value}"


def check(folder: Path, architecture: str) -> None:
    """That what an unfinished run left is of this network; ``DataRejected`` with what to do.

    At the beginning: its best epoch is asked for only when hours have passed.
    """
    for name in (LAST, BEST):
        try:
            network(folder / name, architecture)
        except DataRejected as error:
            raise DataRejected(
                f"{str(error).rstrip('.')}: it is damaged or of another run. Give --restart to "
                "begin again, or another --name."
            ) from error
