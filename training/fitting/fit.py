"""Fit one network to a set that is at hand, and export the best epoch."""

from __future__ import annotations

import dataclasses
import logging
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGTERM

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.utilities import rank_zero_only

from core.networks import lesion_network
from training.data import learned
from training.data.pixels import Part
from training.data.split import Split
from training.fitting import depthwise_gradient, initial_weights, run_folder
from training.fitting.adversarial import AdversarialModule
from training.fitting.module import LesionData, LesionModule
from training.fitting.presets import Preset
from training.scoring.checkpoint import Finished, export
from training.scoring.device import best_precision, scoring_device


@dataclass(frozen=True)
class Machine:
    """What to compute on, as Lightning takes it."""

    accelerator: str = "auto"
    devices: str = "auto"
    nodes: int = 1
    strategy: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class Run:
    """One network to be trained.

    ``start`` is as in ``initial_weights.initialise``; the unfinished run lives in ``runs``/NAME and
    its result goes to ``checkpoints``/NAME.
    """

    name: str
    architecture: str
    preset_name: str
    preset: Preset
    start: str
    split: str
    seed: int
    command: str
    runs: Path
    checkpoints: Path
    restart: bool = False
    machine: Machine = Machine()
    budget: str = ""
    score_on_device: bool = False
    licence: str = ""
    description: str = ""
    progress_bar: bool = True


def fit(
    run: Run, split: Split, parts: tuple[Part, Part], callbacks: Sequence[Callback] = ()
) -> None:
    """Train and export; goes on where the run's folder says. ``parts``: training, validation.

    Raises ``DataRejected`` with a sentence, and ``KeyboardInterrupt`` with the exit status of
    whatever signal stopped it.
    """
    # Lightning's notices on processors found and products to try; its warnings still come through.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    pl.seed_everything(run.seed, verbose=False)
    preset = run.preset
    network = lesion_network.build(run.architecture)
    begun, fresh = initial_weights.initialise(network, run.architecture, run.start)
    if is_first_process():
        print(initial_weights.describe(begun))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub
    folder = run.runs / run.name
    precision = run.machine.precision if run.machine.precision != "auto" else best_precision()
    settings = {
        "model": run.architecture, "preset": dataclasses.asdict(preset), "seed": run.seed,
        "split": run.split, "split_seed": None if split.seed == run.seed else split.seed,
        "start": dataclasses.asdict(begun), "precision": precision, "data": split.sha256,
        "validation": split.validation.sha256(),
    }  # fmt: skip
    run_folder.refuse_full_disk(folder, run.architecture)  # before anything is written there
    resume = run_folder.prepare(folder, settings, run.restart, write=is_first_process())
    if resume:
        run_folder.check(folder, run.architecture)
    data = LesionData(*parts, preset.batch_size, run.seed, preset.balanced or split.mixed)
    history = run_folder.History()
    told = [run_folder.EpochLine(history)] if run.progress_bar else []
    trainer = pl.Trainer(
        max_epochs=preset.epochs,
        accelerator=run.machine.accelerator, devices=run.machine.devices,
        num_nodes=run.machine.nodes, strategy=run.machine.strategy, precision=precision,  # type: ignore[arg-type]
        callbacks=[history, *run_folder.callbacks(folder), *told, *callbacks],
        plugins=[run_folder.AtomicCheckpointIO()],
        use_distributed_sampler=False, logger=False, enable_model_summary=False,
        enable_progress_bar=run.progress_bar and sys.stdout.isatty(),
        num_sanity_val_steps=0, default_root_dir=folder,
        deterministic="warn",
        inference_mode=not preset.adversarial,  # an attack in validation needs gradients
    )  # fmt: skip
    if precision == "bf16-mixed" and isinstance(
        trainer.accelerator, pl.accelerators.CPUAccelerator
    ):
        depthwise_gradient.use_in(network)
    malignant = float(parts[1][1].float().mean())
    kind = AdversarialModule if preset.adversarial else LesionModule
    module = kind(network, preset, run.seed, fresh, malignant)
    _run_to_the_end(trainer, module, data, resume)
    if trainer.is_global_zero:
        finished = Finished(
            name=run.name, architecture=run.architecture, command=run.command,
            preset=run.preset_name, side=preset.side, seed=run.seed, split=run.split,
            epochs=preset.epochs, device=device_of(trainer), precision=precision, start=begun,
            history=history.table(), best_epoch=run_folder.best_epoch(history.table()),
            budget=run.budget, balanced=preset.balanced, licence=run.licence,
            description=run.description,
        )  # fmt: skip
        device = scoring_device() if run.score_on_device else None
        best = run_folder.network(folder / run_folder.BEST, run.architecture)
        card = export(finished, best, split, parts[1], run.checkpoints, device)
        learned.inherit(run.checkpoints / run.name, Path(run.start), card)


def _run_to_the_end(
    trainer: pl.Trainer, module: LesionModule, data: LesionData, resume: Path | None
) -> None:
    with warnings.catch_warnings():
        # Decoded pictures are at hand: there is nothing for loader processes to do.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # The run's settings are there before its checkpoints.
        warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
        # Lightning 2.6 asks torch in a way that torch 2.13 is about to drop: nothing to mend here.
        warnings.filterwarnings("ignore", message=".*is deprecated", category=FutureWarning)
        try:
            trainer.fit(module, data, ckpt_path=resume, weights_only=True)
        except SystemExit as end:  # Lightning's way out: status 1 on Ctrl-C, 0 on SIGTERM
            signal = SIGTERM if trainer.received_sigterm else SIGINT
            raise KeyboardInterrupt(128 + signal) from end


def is_first_process() -> bool:
    """Whether this process is the one of several that writes and speaks; Lightning knows."""
    return int(getattr(rank_zero_only, "rank", 0) or 0) == 0


def device_of(trainer: pl.Trainer) -> str:
    if isinstance(trainer.accelerator, pl.accelerators.CUDAAccelerator):
        return f"{trainer.world_size} x {torch.cuda.get_device_name()}"
    processes = "process" if trainer.world_size == 1 else "processes"
    return f"CPU, {torch.get_num_threads()} threads, {trainer.world_size} {processes}"
