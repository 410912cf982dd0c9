"""Recipes of ``training.general`` on some folds: trained, resumed, scored."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, TensorDataset

from core.fairness.groups import NOT_RECORDED
from core.files import write_bytes
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.results.card import Initialisation
from training.data.labelled_set import DataRejected
from training.fitting import initial_weights, run_folder
from training.fitting.fit import device_of
from training.fitting.presets import Preset
from training.pooled import recipe_choice
from training.pooled.module import Columns, Drawn, GeneralModule
from training.pooled.options import GeneralOptions
from training.pooled.pool import Pool, weights
from training.pooled.recipes import RECIPES
from training.scoring.device import scoring_device
from training.scoring.margins import margins_of_pixels

PRESET = Preset(
    "General: one cycle of AdamW, batches balanced by collection and class.",
    epochs=15, batch_size=64, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
    weight_decay=0.05, label_smoothing=0.05, schedule="one-cycle",
)  # fmt: skip
EVERYTHING = "everything"  # the part that holds no picture out


def columns_of(pool: Pool, people: Path) -> Columns:
    """The pool as tensors; skin colours from what ``training.people`` wrote, ``nan`` if unknown."""
    table = pool.table
    skin = np.full((len(table), 3), np.nan, dtype=np.float32)
    for name in pool.sets:
        path = people / f"{name}.csv"
        if not path.is_file():
            raise DataRejected(f"{path.name} is missing; python -m training.people writes it.")
        known = pd.read_csv(path, dtype={"file": str}).set_index("file")[["red", "green", "blue"]]
        rows = (table["collection"] == name).to_numpy()
        skin[rows] = known.reindex(table["file"][rows]).to_numpy(np.float32) / 255
    named = table["diagnosis"].where(table["diagnosis"] != NOT_RECORDED)
    diagnosis = pd.Series(pd.factorize(named, sort=True)[0])  # -1 where missing
    return Columns(
        pool.pixels,
        torch.tensor(table["label"].to_numpy(np.int64)),
        torch.tensor(pd.factorize(table["group"])[0]),
        torch.tensor(pd.factorize(table["collection"])[0]),
        torch.from_numpy(skin),
        torch.tensor(diagnosis.to_numpy(np.int64)),
    )


@dataclass(frozen=True)
class RecipeRuns:
    """The runs of ``training.general`` on one pool: RUNS/NAME/RECIPE/PART.

    A part is fold0, fold1 and so on, or ``EVERYTHING``.
    """

    options: GeneralOptions
    pool: Pool
    columns: Columns

    def folder(self, recipe: str, part: str) -> Path:
        return self.options.runs / self.options.name / recipe / part

    def trained(
        self, name: str, part: str, held: NDArray[np.bool_]
    ) -> tuple[LesionNetwork, Initialisation]:
        """One recipe on the pictures that are not ``held`` (N,), resumed if it was begun."""
        options, recipe, folder = self.options, RECIPES[name], self.folder(name, part)
        others = made_of(options.recipes) if recipe.made else []
        teachers = [self.trained(other, part, held)[0].eval() for other in others]
        pl.seed_everything(options.seed, verbose=False)
        network = lesion_network.build(options.model)
        begun, fresh = initial_weights.initialise(
            network, options.model, options.init_from or initial_weights.RANDOM
        )
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        preset = dataclasses.replace(PRESET, epochs=options.epochs)
        settings = {"recipe": recipe.__dict__, **({"of": others} if others else {}),
                    "preset": preset.__dict__, "model": options.model,
                    "start": begun.source, "seed": options.seed, "side": options.train_side,
                    **told_of(self.pool, held)}  # fmt: skip
        resume = run_folder.prepare(folder, settings, restart=False)
        if resume and run_folder.finished(folder):
            return run_folder.network(resume, options.model), begun
        module = GeneralModule(
            network, preset, options.seed, fresh, recipe=recipe, columns=self.columns,
            side=options.train_side, teachers=teachers,
        )  # fmt: skip
        self._fit(module, folder, held, resume)
        return network.eval(), begun

    def _fit(
        self, module: GeneralModule, folder: Path, held: NDArray[np.bool_], resume: Path | None
    ) -> None:
        """Train in ``folder`` to the last epoch."""
        options, preset = self.options, module.preset
        drawn = Drawn(drawn_by(self.pool, held, module.recipe.sampling), options.seed)
        train = DataLoader(TensorDataset(torch.arange(len(self.pool.table))), preset.batch_size,
                           sampler=drawn,
                           drop_last=int((~held).sum()) >= preset.batch_size)  # fmt: skip
        trainer = pl.Trainer(
            max_epochs=preset.epochs, accelerator=options.accelerator, devices=1,
            precision=options.precision, callbacks=[run_folder.callbacks(folder)[1]],
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

    def out_of_fold(
        self, name: str, fold: NDArray[np.int64], parts: range, pixels: torch.Tensor
    ) -> NDArray[np.float64]:
        """Scores (N,) of one recipe on the folds ``parts``, ``nan`` elsewhere.

        ``pixels`` (N, 3, side, side) are of the side that the model will be served at.
        """
        device = scoring_device()
        scores = np.full(len(fold), np.nan)
        for k in parts:
            held, part = fold == k, f"fold{k}"
            file = self.folder(name, part) / f"scores{pixels.shape[-1]}.npy"
            if not file.is_file():
                network, _ = self.trained(name, part, held)
                found = margins_of_pixels(network.to(device), pixels[torch.from_numpy(held)])
                write_bytes(file, found.tobytes())
            scores[held] = np.frombuffer(file.read_bytes())
            aucs = recipe_choice.aucs(self.pool.table[held], scores[held])
            print(f"{name}, fold {k}: {aucs}", flush=True)
        return scores


def told_of(pool: Pool, held: NDArray[np.bool_]) -> dict[str, Any]:
    """What a run's settings say of its pictures; ``training.pooled.held_out`` asks for it."""
    return {
        "held": int(held.sum()), "data": {key: data.sha256() for key, data in pool.sets.items()}
    }  # fmt: skip


def drawn_by(pool: Pool, held: NDArray[np.bool_], sampling: str) -> torch.Tensor:
    """How likely each picture of the pool is drawn, (N,); those held out never."""
    weight = torch.zeros(len(pool.table), dtype=torch.float64)
    weight[torch.from_numpy(~held)] = weights(pool.table[~held], sampling)
    return weight


def made_of(names: Sequence[str]) -> list[str]:
    """Those of some recipes that the others are made of. Raises ``DataRejected`` for none."""
    found = [name for name in names if not RECIPES[name].made]
    if not found:
        raise DataRejected("--recipes names none that the others could be made of.")
    return found
