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

import numpy as np

from core.preprocessing import SIDE
from core.results import recipes
from training import command
from training.data.demographics import FOLDER as PEOPLE
from training.pooled import recipe_choice
from training.pooled.checkpoint import Learned, scored, ship, training_of
from training.pooled.folds import EVERYTHING, PRESET, RecipeRuns, columns_of, made_of
from training.pooled.options import GeneralOptions, pooled_options
from training.pooled.pool import folds, pixels_at, read_pool
from training.pooled.recipes import RECIPES

FOLDS = 5


def train(options: GeneralOptions, recorded: str) -> None:
    """All recipes over the compared folds, the best over all, and it trained on everything."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    pool = read_pool(options.data)
    # Only what is scored has the served side: folds must not hang on it.
    pixels = pool.pixels if options.side == SIDE else pixels_at(pool.sets, options.side)
    runs = RecipeRuns(options, pool, columns_of(pool, options.checkpoints / PEOPLE))
    fold = folds(pool.table, options.folds, options.seed)
    compared = min(options.compared or options.folds, options.folds)
    scores = {name: runs.out_of_fold(name, fold, range(compared), pixels)
              for name in options.recipes}  # fmt: skip
    last = max(compared, min(options.scored or options.folds, options.folds))
    tried = recipe_choice.Compared(
        table=pool.table, fold=fold, scores=scores, count=compared, folds=options.folds,
        options=options, recorded=recorded,
    )  # fmt: skip
    told = {name: (RECIPES[name].about, options.epochs) for name in scores}
    found = tried.recipes(told, last)
    root = options.checkpoints / options.name
    recipe_choice.write(root, found, options.compare_only)
    if options.compare_only:
        print(f"wrote {root / recipes.FILE}")
        return
    best = found.chosen
    rest = runs.out_of_fold(best, fold, range(compared, last), pixels)
    kept, seen = tried.kept(found, rest), fold < last
    took = {best, *(made_of(options.recipes) if RECIPES[best].made else [])}
    network, begun = runs.trained(best, EVERYTHING, np.zeros(len(fold), dtype=bool))
    training = training_of(
        options, recorded, pool, recipe=best, held=f"{last} of {options.folds} folds",
        n_held=int(seen.sum()), epochs=options.epochs,
        runs=[runs.folder(name, EVERYTHING) for name in sorted(took)],
    )  # fmt: skip
    learned = Learned(network, options.model, begun, training)
    ship(learned, scored(pool, pixels, fold, seen, kept), options.side, root)


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.general", __doc__)
    pooled_options(p)
    p.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    p.add_argument("--folds", type=command.several, default=FOLDS)
    p.add_argument("--epochs", type=command.positive, default=PRESET.epochs)
    p.add_argument("--compared", type=command.positive,
                   help="folds that all recipes run on; all, if not given")  # fmt: skip
    p.add_argument("--scored", type=command.positive,
                   help="folds that the best recipe is scored on; likewise")  # fmt: skip
    p.add_argument(
        "--compare-only", action="store_true", help="add to what was tried, and ship nothing"
    )
    p.add_argument("--accelerator", default="auto", type=command.accelerator)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), GeneralOptions, train, arguments, after_stop="The same command goes on."
    )


if __name__ == "__main__":
    raise SystemExit(main())
