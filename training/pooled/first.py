"""The first stage of ``general``: recipes on the known collections, and the mean of their networks.

Networks fine-tuned from one start lie in one valley, and its middle serves better than its edges
(Wortsman et al. 2022, arXiv:2203.05482). All recipes hold out the same folds, so the mean of a
fold's networks has not seen it either, and scores it. What goes on to the next stage is the mean of
the networks trained on everything: RUNS/NAME/first/NAME, a checkpoint without figures.
"""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core import checkpoints
from core.files import write_text
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.preprocessing import SIDE
from core.results.card import CARD, SCHEMA, WEIGHTS, Card, Training, Weights, write_card
from training.data import same_lesion
from training.fitting import run_folder
from training.pooled import held_out
from training.pooled.pool import pixels_at, read_pool
from training.pooled.recipe_runs import AVERAGED, EVERYTHING, RecipeRuns, Source
from training.pooled.recipes import Stages
from training.scoring import calibration
from training.scoring.checkpoint import LICENCE, THRESHOLD

FIRST = "first"
ADDED_LICENCE = " PAD-UFES-20 is under CC BY 4.0, Fitzpatrick17k under CC BY-NC-SA 3.0."


def root(source: Source) -> Path:
    """A folder of checkpoints, which holds the stage's own alone."""
    return source.folder / FIRST


def make(source: Source, stages: Stages, recorded: str) -> None:
    """Train whatever of the stage is not trained yet, and write its checkpoint.

    It has the weights, ``out_of_fold.csv`` and a card, which comes last. Raises ``DataRejected``.
    """
    pool = read_pool(source.data, same_lesion.found(source.checkpoints))
    runs = RecipeRuns(source, stages, pool)
    for recipe in stages.recipes:
        for part in runs.parts:
            runs.trained(recipe, part)
    pixels = pool.pixels if stages.side == SIDE else pixels_at(pool.sets, stages.side)
    fold, logit = np.full(len(pool.table), held_out.NO_FOLD), np.full(len(pool.table), np.nan)
    for k, (part, held) in enumerate(runs.parts.items()):
        if held.any():
            fold[held] = k
            logit[held] = runs.scores(part, pixels[torch.from_numpy(held)])
    table = pool.table.assign(fold=fold, logit=logit)
    table = table[fold != held_out.NO_FOLD].reset_index(drop=True)
    ship(runs, runs.mean(EVERYTHING), table, recorded)


def ship(runs: RecipeRuns, network: LesionNetwork, held: pd.DataFrame, recorded: str) -> None:
    """Write what was held out with its ``logit``, the weights, and the card, which comes last."""
    source, stages, sets = runs.source, runs.stages, runs.pool.sets
    folder = root(source) / source.name
    write_text(folder / held_out.FILE, held.to_csv(index=False, float_format="%.6f"))
    sha256 = checkpoints.write_weights(network.backbone.state_dict(), folder / WEIGHTS)
    began, _ = runs.begun(lesion_network.build(stages.network))
    wholes = [source.folder / one.name / EVERYTHING for one in stages.recipes]
    ends = [end for one in wholes if (end := run_folder.finished(one))]
    digest = hashlib.sha256("".join(d.sha256() for d in sets.values()).encode()).hexdigest()
    epochs = max(one.epochs for one in stages.recipes)
    write_card(Card(
        schema=SCHEMA, name=source.name, title=f"General {network.architecture.title}",
        description="Trained on the known collections, balanced by collection and class; older "
        "collections are learned after it.",
        architecture=stages.network, geometry="squeeze", side=stages.side, threshold=THRESHOLD,
        licence=LICENCE + ADDED_LICENCE, initialisation=began,
        training=Training(
            command=recorded, preset=f"general, {AVERAGED}", data=" + ".join(sets),
            data_sha256=digest,
            split=f"{stages.scored} of {stages.folds} folds held out, by patient, lesion and "
            "pictures matched by local features",
            n_train=len(runs.pool.table), n_validation=len(held), seed=source.seed, epochs=epochs,
            best_epoch=epochs, device=" and ".join(dict.fromkeys(end["device"] for end in ends)),
            precision=source.precision, seconds=round(sum(end["seconds"] for end in ends), 1),
            date=datetime.date.today().isoformat(), versions=ends[0]["versions"],
        ),
        weights=Weights(WEIGHTS, sha256, lesion_network.count_parameters(stages.network),
                        "float16 matrices, float32 vectors", 0.0),
        calibration=calibration.fit(
            held["logit"].to_numpy(np.float64), held["label"].to_numpy(np.int64), source.seed
        ),
        evaluations={},
    ), folder / CARD)  # fmt: skip
