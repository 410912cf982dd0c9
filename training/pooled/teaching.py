"""One training of a network that another one teaches: resumed, to its last epoch."""

from __future__ import annotations

import datetime
import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
from lightning.pytorch.callbacks import EMAWeightAveraging
from torch.utils.data import DataLoader

from core.networks.lesion_network import LesionNetwork
from core.results.card import Training
from training.data.file_lock import claim
from training.data.labelled_set import DataRejected
from training.fitting import run_folder
from training.fitting.fit import device_of
from training.pooled.broad_pool import HELD, LEARNED, TAUGHT, BroadPool

Precision = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True)
class Teaching:
    """Where a run lives and what it runs on."""

    folder: Path
    architecture: str
    epochs: int
    averaged: float  # how much of the weights' moving average stays at each step
    accelerator: str = "auto"
    precision: Precision = "bf16-mixed"


def taught(
    run: Teaching, settings: dict[str, Any], make: Callable[[], pl.LightningModule],
    batches: DataLoader[Any],
) -> LesionNetwork:  # fmt: skip
    """The network of the last epoch, with averaged weights; goes on where it was stopped.

    ``make`` gives the module with a ``network`` of ``run.architecture``. Raises ``DataRejected``
    where the folder holds a run with other settings, or another process is at it.
    """
    with claim(run.folder / "lock", wait=False) as mine:
        if not mine:
            raise DataRejected(f"{run.folder} is being trained by another process.")
        resume = run_folder.prepare(run.folder, settings, restart=False)
        if not (resume and run_folder.finished(run.folder)):
            _fit(run, make(), batches, resume)
        return run_folder.network(run.folder / run_folder.LAST, run.architecture)


def _fit(
    run: Teaching, module: pl.LightningModule, batches: DataLoader[Any], resume: Path | None
) -> None:
    trainer = pl.Trainer(
        max_epochs=run.epochs, accelerator=run.accelerator, devices=1, logger=False,
        precision=run.precision, enable_model_summary=False, enable_progress_bar=False,
        callbacks=[EMAWeightAveraging(decay=run.averaged), run_folder.callbacks(run.folder)[1],
                   _EpochLine()],
        plugins=[run_folder.AtomicCheckpointIO()], default_root_dir=run.folder,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")
        # Scored once, after the last epoch: watching it would choose an epoch by it.
        warnings.filterwarnings("ignore", message=".*no `val_dataloader`.*")
        warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
        trainer.fit(module, batches, ckpt_path=resume, weights_only=True)
    run_folder.note_end(run.folder, device_of(trainer))


class _EpochLine(pl.Callback):
    """Says in one line how an epoch went."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        found = {k: float(v) for k, v in trainer.callback_metrics.items() if k.endswith("_loss")}
        told = ", ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in sorted(found.items()))
        print(f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}: {told}", flush=True)


def training_of(
    run: Teaching, pool: BroadPool, *, command: str, preset: str, split: str, seed: int
) -> Training:
    """What a card says of a finished run. Raises ``DataRejected`` for one that is not finished."""
    end = run_folder.finished(run.folder)
    if end is None:
        raise DataRejected(f"{run.folder} was not trained to its end.")
    use = pool.table["use"]
    digest = hashlib.sha256("".join(pool.digests().values()).encode()).hexdigest()
    return Training(
        command=command, preset=preset, data=" + ".join(pool.sets), data_sha256=digest, split=split,
        n_train=int(use.isin((LEARNED, TAUGHT)).sum()), n_validation=int((use == HELD).sum()),
        seed=seed, epochs=run.epochs, best_epoch=run.epochs, device=end["device"],
        precision=run.precision, seconds=end["seconds"],
        date=datetime.date.today().isoformat(), versions=end["versions"],
    )  # fmt: skip
