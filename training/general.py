"""Train the model ``general`` on every collection at hand, with held-out folds for every figure.

    python -m training.general --data FOLDER_WITH_THE_COLLECTIONS --init-from resnet18.safetensors

A recipe (``training.pooled.recipes``) is trained for a fixed number of epochs on all folds but
one; its last epoch scores that fold. All recipes are compared on the first ``--compared`` folds by
their worst group's AUC, and the best is trained for the remaining folds. The scores kept of a fold
are those of the recipe that is best on the compared folds other than it, or of the first recipe
where there is none: no fold helps to choose what it is scored by. The best recipe is then trained
on everything, calibrated on the scores kept, and shipped. Stop it at any time: the same command
goes on.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import numpy as np

from core import checkpoints
from core.networks import registry
from core.preprocessing import SIDE
from core.results import recipes
from core.results.json_files import ResultsRejected
from training.command import command_line
from training.data.demographics import FOLDER as PEOPLE
from training.data.labelled_set import DataRejected
from training.pooled import recipe_choice
from training.pooled.checkpoint import ship, training_of
from training.pooled.folds import (  # fmt: skip
    PRESET,
    TRAIN_SIDE,
    columns_of,
    made_of,
    out_of_fold,
    run_of,
    train_one,
)
from training.pooled.pool import folds, pixels_at, read_pool
from training.pooled.recipes import RECIPES

FOLDS = 5


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
    last = max(compared, min(options.scored or options.folds, options.folds))
    tried = recipe_choice.Compared(pool.table, fold, scores, compared, options.folds)
    told = {name: (RECIPES[name].about, options.epochs) for name in scores}
    found = tried.recipes(options, told, last)
    root = options.checkpoints / options.name
    recipe_choice.write(root, found, options.compare_only)
    if options.compare_only:
        print(f"wrote {root / recipes.FILE}")
        return
    best = found.chosen
    rest = out_of_fold(options, pool, columns, fold, best, range(compared, last), pixels)
    kept, seen = tried.kept(found, rest), fold < last
    options.part = "everything"
    took = {best, *(made_of(options.recipes) if RECIPES[best].made else [])}
    network, begun = train_one(options, pool, columns, best, np.zeros(len(fold), dtype=bool))
    training = training_of(
        options, pool, best, f"{last} of {options.folds} folds", int(seen.sum()),
        options.epochs, [run_of(options, name) for name in sorted(took)],
    )  # fmt: skip
    ship(options, pool, pixels, network, begun, training, fold, seen, kept)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m training.general", description=(__doc__ or "").split("\n")[0]
    )
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--model", default="resnet18", choices=list(registry.ARCHITECTURES))
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
    options.command = command_line(
        "training.general", sys.argv[1:] if arguments is None else arguments
    )
    try:
        run(options)
    except (DataRejected, ResultsRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
