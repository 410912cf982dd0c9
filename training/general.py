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
import logging
import sys
import warnings
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, TensorDataset

from core import architectures, checkpoints, recipes
from core.network import LesionNetwork
from core.preprocessing import SIDE
from core.recipes import SCHEMA, Recipes
from core.results import Initialisation, ResultsRejected, Training, write_bytes, write_text
from training import recipe_choice, run_folder, start
from training.data import DataRejected
from training.export import command_line
from training.general_export import export_general, versions
from training.general_module import Columns, Drawn, GeneralModule
from training.mitigation import RECIPES
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
        print(f"{name}, fold {k}: {recipe_choice.aucs(pool.table[held], scores[held])}", flush=True)
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
    best = recipe_choice.chosen(pool.table, fold, scores, compared)
    last = max(compared, min(options.scored or options.folds, options.folds))
    scored_by = [recipe_choice.chosen(pool.table, fold, scores, compared, k) for k in range(last)]
    root = options.checkpoints / options.name
    rows = fold < compared
    tried = tuple(
        recipe_choice.tried(
            options.model, name, options.epochs, pool.table[rows], own[rows], options.command
        )
        for name, own in scores.items()
    )
    today = datetime.date.today().isoformat()
    found = Recipes(
        SCHEMA, options.command, today, options.model, best, options.folds, compared,
        tuple(scored_by), tried,
    )  # fmt: skip
    recipe_choice.write(root, found, options.compare_only)
    if options.compare_only:
        print(f"wrote {root / recipes.FILE}")
        return
    rest = out_of_fold(options, pool, columns, fold, best, range(compared, last), pixels)
    kept = rest.copy()
    for k in range(compared):
        kept[fold == k] = scores[scored_by[k]][fold == k]
    seen = fold < last
    out = pool.table.assign(fold=fold, logit=kept)[seen]
    write_text(root / "out_of_fold.csv", out.to_csv(index=False, float_format="%.6f"))
    options.part = "everything"
    network, begun = train_one(options, pool, columns, best, np.zeros(len(fold), dtype=bool))
    digest = hashlib.sha256("".join(d.sha256() for d in pool.sets.values()).encode()).hexdigest()
    device = "cuda" if torch.cuda.is_available() and options.accelerator != "cpu" else "cpu"
    training = Training(
        options.command, f"general, {best}", " + ".join(pool.sets), digest,
        f"{last} of {options.folds} folds held out, by patient, lesion and near duplicate",
        len(fold), int(seen.sum()),
        options.seed, options.epochs, options.epochs, device, options.precision,
        round(run_folder.seconds(options.runs / options.name / best / options.part), 1), today,
        versions(),
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
    p.add_argument(
        "--compare-only", action="store_true", help="add to what was tried, and ship nothing"
    )
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
    except (DataRejected, ResultsRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
