"""The trainings of ``general``'s first stage, and means of their networks: resumed, not repeated.

All of it lives in RUNS/NAME: RECIPE/PART and averaged/PART, where a part is fold0, fold1 and so on,
or everything.
"""

from __future__ import annotations

import dataclasses
import warnings
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from torch.optim.swa_utils import update_bn
from torch.utils.data import DataLoader, TensorDataset

from core.arrays import Floats, Mask
from core.fairness.groups import NOT_RECORDED
from core.files import write_bytes
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.results.card import Initialisation
from training.fitting import initial_weights, run_folder
from training.fitting.fit import device_of
from training.fitting.weight_average import average
from training.pooled.module import Columns, Drawn, GeneralModule
from training.pooled.pool import Pool, folds, weights
from training.pooled.recipes import Recipe, Stages
from training.pooled.teaching import Precision
from training.scoring.device import scoring_device
from training.scoring.margins import margins_of_pixels

EVERYTHING, AVERAGED = "everything", "averaged"


@dataclass(frozen=True)
class Source:
    """What the first stage is made of, and where its runs live: RUNS/NAME."""

    data: Path
    init_from: str
    name: str
    seed: int
    precision: Precision
    accelerator: str
    runs: Path
    checkpoints: Path  # which keep what pictures show one lesion

    @property
    def folder(self) -> Path:
        return self.runs / self.name


@dataclass(frozen=True)
class RecipeRuns:
    """The trainings of the first stage, each resumed if it was begun."""

    source: Source
    stages: Stages
    pool: Pool

    @cached_property
    def parts(self) -> dict[str, Mask]:
        """What each network of a recipe has held out, (N,); the last one nothing."""
        fold = folds(self.pool.table, self.stages.folds, self.source.seed)
        held = {f"fold{k}": fold == k for k in range(self.stages.scored)}
        return {**held, EVERYTHING: np.zeros(len(fold), dtype=bool)}

    @cached_property
    def columns(self) -> Columns:
        named = self.pool.table["diagnosis"].where(self.pool.table["diagnosis"] != NOT_RECORDED)
        diagnosis = pd.factorize(named, sort=True)[0].astype(np.int64)  # -1 where missing
        label = torch.tensor(self.pool.table["label"].to_numpy(np.int64))
        return Columns(self.pool.pixels, label, torch.from_numpy(diagnosis))

    def trained(self, recipe: Recipe, part: str) -> None:
        """One recipe on the pictures that a part does not hold out, to its last epoch."""
        source, folder = self.source, self.source.folder / recipe.name / part
        held = self.parts[part]
        pl.seed_everything(source.seed, verbose=False)
        network = lesion_network.build(self.stages.network)
        begun, fresh = self.begun(network)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        preset = dataclasses.replace(self.stages.preset, epochs=recipe.epochs)
        settings = {"recipe": recipe.name, "diagnoses": recipe.diagnoses, "preset": preset.__dict__,
                    "model": self.stages.network, "start": begun.source, "seed": source.seed,
                    "side": self.stages.train_side, **self._told(held)}  # fmt: skip
        resume = run_folder.prepare(folder, settings, restart=False)
        if not (resume and run_folder.finished(folder)):
            module = self._module(network, recipe.diagnoses, fresh)
            self._fit(module, folder, held, resume, recipe.epochs)
        if end := run_folder.finished(folder):
            print(f"{recipe.name}, {part}: trained in {end['seconds']:,.0f} s", flush=True)

    def begun(self, network: LesionNetwork) -> tuple[Initialisation, frozenset[str]]:
        return initial_weights.initialise(network, self.stages.network, self.source.init_from)

    def _module(
        self, network: LesionNetwork, diagnoses: float, fresh: frozenset[str] = frozenset()
    ) -> GeneralModule:
        return GeneralModule(
            network, self.stages.preset, self.source.seed, fresh, diagnoses=diagnoses,
            columns=self.columns, side=self.stages.train_side,
        )  # fmt: skip

    def _fit(
        self, module: GeneralModule, folder: Path, held: Mask, resume: Path | None, epochs: int
    ) -> None:
        size = self.stages.preset.batch_size
        train = DataLoader(TensorDataset(torch.arange(len(self.pool.table))), size,
                           sampler=Drawn(self._drawn_by(held), self.source.seed),
                           drop_last=int((~held).sum()) >= size)  # fmt: skip
        trainer = pl.Trainer(
            max_epochs=epochs, accelerator=self.source.accelerator, devices=1,
            precision=self.source.precision, callbacks=[run_folder.callbacks(folder)[1]],
            plugins=[run_folder.AtomicCheckpointIO()],
            logger=False, enable_model_summary=False, default_root_dir=folder,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            # A fold is scored once, after the last epoch: watching it would choose an epoch by it.
            warnings.filterwarnings("ignore", message=".*no `val_dataloader`.*")
            warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
            trainer.fit(module, train, ckpt_path=resume, weights_only=True)
        run_folder.note_end(folder, device_of(trainer))

    def _drawn_by(self, held: Mask) -> torch.Tensor:
        """How likely each picture of the pool is drawn, (N,); those held out never."""
        weight = torch.zeros(len(held), dtype=torch.float64)
        weight[torch.from_numpy(~held)] = weights(self.pool.table[~held])
        return weight

    def _told(self, held: Mask) -> dict[str, Any]:
        """What settings say of pictures; ``training.pooled.held_out`` asks for it."""
        data = {key: data.sha256() for key, data in self.pool.sets.items()}
        return {"held": int(held.sum()), "data": data}

    def scores(self, part: str, pixels: torch.Tensor) -> Floats:
        """What a part's mean makes of its pixels (n, 3, side, side), (n,)."""
        file = self.source.folder / AVERAGED / part / f"scores{pixels.shape[-1]}.npy"
        # even where the scores are kept: it refuses what was kept of other runs or data
        network = self.mean(part)
        if not file.is_file():
            found = margins_of_pixels(network.to(scoring_device()), pixels)
            write_bytes(file, found.tobytes())
        return np.frombuffer(file.read_bytes())

    def mean(self, part: str) -> LesionNetwork:
        """The mean of a part's network of each recipe, made unless it is kept.

        Batch norm's statistics are taken anew, as the mean of several networks' fits none of them:
        of pictures that the part does not hold out.
        """
        held = self.parts[part]
        runs = [self.source.folder / one.name / part for one in self.stages.recipes]
        folder, model = self.source.folder / AVERAGED / part, self.stages.network
        settings = {"of": [f"{one.parent.name}/{one.name}" for one in runs], "model": model,
                    "seed": self.source.seed, "side": self.stages.train_side,
                    "recipes": [dataclasses.asdict(one) for one in self.stages.recipes],
                    **self._told(held)}  # fmt: skip
        kept = run_folder.prepare(folder, settings, restart=False)
        if kept and run_folder.finished(folder):
            return run_folder.network(kept, model)
        networks = [run_folder.network(one / run_folder.LAST, model) for one in runs]
        network = networks[0]
        network.backbone.load_state_dict(average([one.backbone.state_dict() for one in networks]))
        self.fit_statistics(network, held)
        whole = BytesIO()
        state = network.cpu().eval().state_dict()
        torch.save({"state_dict": {f"{run_folder.NETWORK}{k}": v for k, v in state.items()}}, whole)
        write_bytes(folder / run_folder.LAST, whole.getvalue())
        run_folder.note_end(folder, str(scoring_device()))
        return network

    def fit_statistics(self, network: LesionNetwork, held: Mask) -> None:
        """Take batch norm's statistics anew, of pictures that are not ``held`` (N,)."""
        seed, device, size = self.source.seed, scoring_device(), self.stages.preset.batch_size
        module = self._module(network, 0).to(device)
        module.on_fit_start()
        rows = torch.tensor(list(Drawn(self._drawn_by(held), seed)))
        rows = rows[: self.stages.statistics * size]
        torch.manual_seed(seed)
        half = torch.autocast(device.type, torch.bfloat16, self.source.precision == "bf16-mixed")
        with torch.no_grad(), half:
            update_bn((module.changed(part.to(device)) for part in rows.split(size)), network)
