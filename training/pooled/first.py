"""The first stage of ``general``: recipes on the known collections, and the mean of their networks.

Networks fine-tuned from one start lie in one valley, and its middle serves better than its edges
(Wortsman et al. 2022, arXiv:2203.05482). Where a fold of one recipe and a fold of the other
overlap, neither network has seen the pictures, so their mean has not: each overlap is a part that a
mean of its own scores. What goes on to the next stage is the mean of the networks trained on
everything: RUNS/NAME/first/NAME, a checkpoint without figures.
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
    runs = RecipeRuns(source, stages, read_pool(source.data))
    for recipe in stages.recipes:
        fold = runs.folds[recipe.name]
        for k in range(recipe.scored):
            runs.trained(recipe, f"fold{k}", fold == k)
        runs.trained(recipe, EVERYTHING, fold < 0)
    pool = runs.pool
    pixels = pool.pixels if stages.side == SIDE else pixels_at(pool.sets, stages.side)
    part, logit = np.full(len(pool.table), -1), np.full(len(pool.table), np.nan)
    for k, of in enumerate(runs.parts()):
        held = runs.held_by_all(of)
        part[held] = k
        logit[held] = runs.scores(f"fold{k}", of, pixels[torch.from_numpy(held)])
    seen = part >= 0
    network = runs.mean(EVERYTHING, (), part < -1)
    table = pool.table.assign(fold=part, logit=logit)[seen].reset_index(drop=True)
    ship(runs, network, table, recorded)


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
            split=f"{held['fold'].nunique()} parts held out, by patient, lesion and near duplicate",
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
