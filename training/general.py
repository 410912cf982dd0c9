"""Train the model ``general`` on every collection at hand, with held-out folds for every figure.

    python -m training.general --data FOLDER_WITH_THE_COLLECTIONS --init-from resnet18.safetensors

A recipe (``training.mitigation.RECIPES``) is trained for a fixed number of epochs on all folds but
one; its last epoch scores that fold. All recipes are compared on the first ``--compared`` folds by
their worst group's AUC, and the best is trained for the remaining folds. The scores kept of a fold
are those of the recipe that is best on the compared folds other than it, or of the first recipe
where there is none: no fold helps to choose what it is scored by. The best recipe is then trained
on everything, calibrated on the scores kept, and shipped. Stop it at any time: the same command
goes on.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import logging
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from core import architectures, checkpoints, metrics
from core.network import LesionNetwork
from core.preprocessing import SIDE
from core.results import Initialisation, Training, write_bytes, write_text
from core.skin_tone import MONK, colour
from training import batch_augment, mitigation, run_folder, start
from training.data import DataRejected
from training.export import command_line
from training.general_export import export_general, versions
from training.mitigation import RECIPES, Recipe
from training.module import LesionModule
from training.people import FOLDER as PEOPLE
from training.pool import Pool, folds, pixels_at, read_pool, weights
from training.presets import Preset

PRESET = Preset(
    "General: one cycle of AdamW, batches balanced by collection and class.",
    epochs=15, batch_size=64, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
    weight_decay=0.05, label_smoothing=0.05, schedule="one-cycle",
)  # fmt: skip
FOLDS = 5
# Learned smaller than scored: what crops enlarge then looks as large as in a whole picture, at
# half the cost (Touvron et al. 2019, arXiv:1906.06423).
TRAIN_SIDE = 160
# Whose AUC is compared: collections, and the Fitzpatrick pairs of the one that has all three.
TYPED = "fitzpatrick17k_half"
LEAST_OF_A_CLASS = 10


@dataclass(frozen=True)
class Columns:
    """What a step needs of each picture, on one device: pixels, label, group, domain, skin."""

    pixels: torch.Tensor
    label: torch.Tensor
    group: torch.Tensor
    domain: torch.Tensor
    skin: torch.Tensor

    def to(self, device: torch.device) -> Columns:
        return Columns(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class GeneralModule(LesionModule):
    """``LesionModule`` on rows of ``Columns``, with a recipe's objective and changed batches."""

    def __init__(self, network: LesionNetwork, preset: Preset, seed: int, fresh: frozenset[str],
                 recipe: Recipe, columns: Columns, side: int) -> None:  # fmt: skip
        super().__init__(network, preset, seed, fresh)
        self.side = side
        self.recipe, self.columns = recipe, columns
        self.dro = mitigation.GroupWeights(int(columns.group.max()) + 1)
        linear = network.pooled_linear
        if recipe.adversary and linear is None:
            raise DataRejected("the adversary needs a network that ends in pooling.")
        self.critic = (
            torch.nn.Linear(linear.in_features, int(columns.domain.max()) + 1)
            if recipe.adversary and linear is not None
            else None
        )
        tones = torch.tensor([colour(code) for code in MONK]) / 255
        self.register_buffer("tones", tones, persistent=False)

    def on_fit_start(self) -> None:
        self.columns = self.columns.to(self.device)

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        (rows,) = batch
        step = (self.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        label, group = self.columns.label[rows], self.columns.group[rows]
        x = self.changed(rows)
        features = self.network.features(x.contiguous(memory_format=torch.channels_last))
        logits = self.network.head(features)
        losses = F.cross_entropy(
            logits, label, label_smoothing=self.preset.label_smoothing, reduction="none"
        )
        loss = self.dro(losses.float(), group) if self.recipe.dro else losses.mean()
        self.train_accuracy(logits.argmax(1), label)
        self.log("train_loss", losses.mean(), on_step=False, on_epoch=True)
        self.log("train_accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        if self.critic is not None:
            told = self.critic(mitigation.reverse(features.mean((2, 3)), self.recipe.adversary))
            loss = loss + F.cross_entropy(told, self.columns.domain[rows])
        return loss

    def changed(self, rows: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, side, side) in [0, 1] as augmented; in float32, as bfloat16 has no 255
        levels."""
        with torch.autocast(self.device.type, enabled=False):
            x = self.columns.pixels[rows].float() / 255
            skin, tones = self.columns.skin[rows], torch.as_tensor(self.tones)
            x = mitigation.retone_some(x, skin, tones, self.recipe.retoned)
            x = batch_augment.relit(batch_augment.moved(x, self.side))
            return batch_augment.recompressed(x)

    def configure_optimizers(self) -> Any:
        configured = super().configure_optimizers()
        if self.critic is not None:
            # before the schedule is read: its list of rates must name every group
            raise_rate = {"params": list(self.critic.parameters()), "lr": self.preset.fresh_rate}
            optimiser = configured["optimizer"]
            optimiser.add_param_group(raise_rate)
            configured["lr_scheduler"]["scheduler"] = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, max_lr=[self.preset.learning_rate] * (len(optimiser.param_groups) - 1)
                + [self.preset.fresh_rate],
                total_steps=int(self.trainer.estimated_stepping_batches),
            )  # fmt: skip
        return configured


class Drawn(torch.utils.data.Sampler[int]):
    """Rows drawn with replacement by weight, anew each epoch, the same for the same seed."""

    def __init__(self, weight: torch.Tensor, seed: int) -> None:
        self.weight, self.seed, self.epoch = weight, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls it before every epoch, resumed ones included."""
        self.epoch = epoch

    def __iter__(self) -> Any:
        random = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
        drawn = torch.multinomial(self.weight, len(self), replacement=True, generator=random)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return int((self.weight > 0).sum())


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
    return Columns(
        pool.pixels,
        torch.tensor(table["label"].to_numpy(np.int64)),
        torch.tensor(pd.factorize(table["group"])[0]),
        torch.tensor(pd.factorize(table["collection"])[0]),
        torch.from_numpy(skin),
    )


def train_one(
    options: argparse.Namespace, pool: Pool, columns: Columns, name: str, held: NDArray[np.bool_]
) -> tuple[LesionNetwork, Initialisation]:
    """One recipe on the pictures that are not ``held``, resumed if it was begun."""
    recipe = RECIPES[name]
    folder = options.runs / options.name / name / options.part
    pl.seed_everything(options.seed, verbose=False)
    network = architectures.build(options.model)
    begun, fresh = start.initialise(network, options.model, options.init_from or start.RANDOM)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weight = torch.zeros(len(pool.table), dtype=torch.float64)
    weight[torch.from_numpy(~held)] = weights(pool.table[~held], recipe.sampling)
    preset = PRESET.__class__(**{**PRESET.__dict__, "epochs": options.epochs})
    settings = {"recipe": recipe.__dict__, "preset": preset.__dict__, "model": options.model,
                "start": begun.source, "seed": options.seed, "side": options.train_side,
                "held": int(held.sum()),
                "data": {key: data.sha256() for key, data in pool.sets.items()}}  # fmt: skip
    resume = run_folder.prepare(folder, settings, restart=False)
    module = GeneralModule(
        network, preset, options.seed, fresh, recipe, columns, options.train_side
    )
    every = TensorDataset(torch.arange(len(pool.table)))
    train = DataLoader(every, preset.batch_size, sampler=Drawn(weight, options.seed),
                       drop_last=int((~held).sum()) >= preset.batch_size)  # fmt: skip
    kept = run_folder.callbacks(folder)[1]
    trainer = pl.Trainer(
        max_epochs=preset.epochs, accelerator=options.accelerator, devices=1,
        precision=options.precision, callbacks=[kept], plugins=[run_folder.AtomicCheckpointIO()],
        logger=False, enable_model_summary=False, default_root_dir=folder,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # A fold is scored once, after the last epoch: watching it would choose an epoch by it.
        warnings.filterwarnings("ignore", message=".*no `val_dataloader`.*")
        warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
        trainer.fit(module, train, ckpt_path=resume, weights_only=True)
    return network.eval(), begun


def score(
    network: LesionNetwork, pixels: torch.Tensor, device: torch.device
) -> NDArray[np.float64]:
    """Malignant minus benign logit (N,) of uint8 pictures, in float32 on ``device``."""
    network = network.to(device).eval()
    with torch.inference_mode():
        logits = torch.cat([network(part.to(device).float() / 255) for part in pixels.split(64)])
    found: NDArray[np.float64] = (logits[:, 1] - logits[:, 0]).double().cpu().numpy()
    return found


def worst_group(
    table: pd.DataFrame, logit: NDArray[np.float64]
) -> tuple[str, float, dict[str, float]]:
    """The group with the lowest AUC, that AUC, and all of them: collections and typed pairs."""
    keys = {name: table["collection"] == name for name in table["collection"].unique()}
    typed = table["collection"] == TYPED
    keys |= {f"{TYPED} / {pair}": typed & (table["fitzpatrick"] == pair)
             for pair in sorted(table["fitzpatrick"][typed].unique())}  # fmt: skip
    found = {}
    for key, rows in keys.items():
        counts = np.bincount(table["label"][rows], minlength=2)
        if counts.min() >= LEAST_OF_A_CLASS:
            scores = 1 / (1 + np.exp(-logit[rows.to_numpy()]))
            found[key] = round(metrics.auc(table["label"][rows], scores), 4)
    worst = min(found, key=lambda key: found[key]) if found else ""
    return worst, found.get(worst, float("nan")), found


def chosen(
    table: pd.DataFrame, fold: NDArray[np.int64], scores: dict[str, NDArray[np.float64]],
    compared: int, left: int | None = None,
) -> str:  # fmt: skip
    """The recipe whose worst group is best on the compared folds without ``left``.

    The first recipe if no fold remains to compare on.
    """
    rows = fold < compared
    if left is not None:
        rows &= fold != left
    if not rows.any():
        return next(iter(scores))
    return max(scores, key=lambda name: worst_group(table[rows], scores[name][rows])[1])


def out_of_fold(
    options: argparse.Namespace, pool: Pool, columns: Columns, fold: NDArray[np.int64],
    name: str, parts: range, pixels: torch.Tensor,
) -> NDArray[np.float64]:  # fmt: skip
    """Scores (N,) of one recipe on the folds ``parts``, ``nan`` elsewhere, by ``pixels`` (N, ...)
    of the side that the model will be served at."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    scores = np.full(len(fold), np.nan)
    for k in parts:
        held = fold == k
        options.part = f"fold{k}"
        folder = options.runs / options.name / name / options.part
        file = folder / f"scores{pixels.shape[-1]}.npy"
        if not file.is_file():
            network, _ = train_one(options, pool, columns, name, held)
            found = score(network, pixels[torch.from_numpy(held)], device)
            write_bytes(file, found.tobytes())
        scores[held] = np.frombuffer(file.read_bytes())
        print(f"{name}, fold {k}: {worst_group(pool.table[held], scores[held])}", flush=True)
    return scores


def run(options: argparse.Namespace) -> None:
    """All recipes over the compared folds, the best over all, and it trained on everything."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    pool = read_pool(options.data)
    # Only what is scored has the served side: folds must not hang on it.
    pixels = pool.pixels if options.side == SIDE else pixels_at(pool.sets, options.side)
    columns = columns_of(pool, options.checkpoints / PEOPLE)
    fold = folds(pool.table, options.folds, options.seed)
    compared = min(options.compared or options.folds, options.folds)
    scores = {name: out_of_fold(options, pool, columns, fold, name, range(compared), pixels)
              for name in options.recipes}  # fmt: skip
    best = chosen(pool.table, fold, scores, compared)
    last = max(compared, min(options.scored or options.folds, options.folds))
    rows = fold < compared
    comparison = {name: {"about": RECIPES[name].about,
                         "auc": worst_group(pool.table[rows], s[rows])[2]}
                  for name, s in scores.items()}  # fmt: skip
    scored_by = {k: chosen(pool.table, fold, scores, compared, k) for k in range(last)}
    rest = out_of_fold(options, pool, columns, fold, best, range(compared, last), pixels)
    kept = rest.copy()
    for k in range(compared):
        kept[fold == k] = scores[scored_by[k]][fold == k]
    root = options.checkpoints / options.name
    found = {"chosen": best, "folds": options.folds, "compared_on_folds": compared,
             "pictures": int(rows.sum()), "compared": comparison,
             "fold_scored_by": scored_by}  # fmt: skip
    write_text(root / "recipes.json", json.dumps(found, indent=1) + "\n")
    seen = fold < last
    out = pool.table.assign(fold=fold, logit=kept)[seen]
    write_text(root / "out_of_fold.csv", out.to_csv(index=False, float_format="%.6f"))
    options.part = "everything"
    began = time.monotonic()
    network, begun = train_one(options, pool, columns, best, np.zeros(len(fold), dtype=bool))
    digest = hashlib.sha256("".join(d.sha256() for d in pool.sets.values()).encode()).hexdigest()
    device = "cuda" if torch.cuda.is_available() and options.accelerator != "cpu" else "cpu"
    training = Training(
        options.command, f"general, {best}", " + ".join(pool.sets), digest,
        f"{last} of {options.folds} folds held out, by patient, lesion and near duplicate",
        len(fold), int(seen.sum()),
        options.seed, options.epochs, options.epochs, device, options.precision,
        round(time.monotonic() - began, 1), datetime.date.today().isoformat(), versions(),
    )  # fmt: skip
    held = Pool(pixels[torch.from_numpy(seen)], out.reset_index(drop=True), pool.sets)
    export_general(network, held, kept[seen], training, begun, options.side, root)
    print(f"wrote {root}")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m training.general", description=(__doc__ or "").split("\n")[0]
    )
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--model", default="resnet18", choices=list(architectures.ARCHITECTURES))
    p.add_argument("--init-from", metavar="FILE")
    p.add_argument("--name", default="general")
    p.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    p.add_argument("--folds", type=int, default=FOLDS)
    p.add_argument("--epochs", type=int, default=PRESET.epochs)
    p.add_argument("--compared", type=int, help="folds that all recipes run on; all, if not given")
    p.add_argument("--scored", type=int, help="folds that the best recipe is scored on; likewise")
    p.add_argument("--side", type=int, default=SIDE, help="pixels of what is scored and served")
    p.add_argument("--train-side", type=int, default=TRAIN_SIDE, help="pixels of what is learned")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    p.add_argument("--accelerator", default="auto")
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    return p


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    options.command = command_line("training.general", arguments or sys.argv[1:])
    try:
        run(options)
    except (DataRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
