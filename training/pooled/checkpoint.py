"""The checkpoint of ``general``: final weights, figures and calibration of held-out folds alone."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core import checkpoints
from core.calibration import calibrated
from core.files import write_text
from core.labels import CLASSES
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.results.card import (
    CARD,
    SCHEMA,
    WEIGHTS,
    Calibration,
    Card,
    Evaluation,
    Initialisation,
    Training,
    Weights,
    write_card,
)
from core.results.collections import REPORT, title
from core.results.test_sets import VALIDATION
from core.statistics import metrics
from training.fitting import run_folder
from training.pooled import held_out
from training.pooled.options import PooledOptions
from training.pooled.pool import Pool, weights
from training.scoring import calibration
from training.scoring.checkpoint import LICENCE, THRESHOLD
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_predictions, write_table

ADDED_LICENCE = " PAD-UFES-20 is under CC BY 4.0, Fitzpatrick17k under CC BY-NC-SA 3.0."
_CHECKED = 64  # pictures on which 16-bit weights are held against 32-bit ones


@dataclass(frozen=True)
class Learned:
    """A network that learned everything, and what its card says of that."""

    network: LesionNetwork
    architecture: str
    begun: Initialisation
    training: Training


@dataclass(frozen=True)
class Scored:
    """The pictures of a pool that a fold held out, and the logits (N,) that it gave them."""

    held: Pool
    logit: NDArray[np.float64]


def scored(
    pool: Pool, pixels: torch.Tensor, fold: NDArray[np.int64], seen: NDArray[np.bool_],
    logit: NDArray[np.float64],
) -> Scored:  # fmt: skip
    """The ``seen`` pictures of a pool, which ``fold`` held out; all of (N,).

    ``pixels`` (N, 3, side, side) are of the side that the model is served at.
    """
    table = pool.table.assign(fold=fold, logit=logit)[seen].reset_index(drop=True)
    return Scored(Pool(pixels[torch.from_numpy(seen)], table, pool.sets), logit[seen])


def training_of(
    options: PooledOptions, recorded: str, pool: Pool, *, recipe: str, held: str, n_held: int,
    epochs: int, runs: Sequence[Path],
) -> Training:  # fmt: skip
    """What a card says of finished ``runs`` that together learned everything.

    ``held`` says which ``n_held`` pictures were held out.
    """
    digest = hashlib.sha256("".join(d.sha256() for d in pool.sets.values()).encode()).hexdigest()
    ends = [end for run in runs if (end := run_folder.finished(run))]
    return Training(
        command=recorded, preset=f"general, {recipe}", data=" + ".join(pool.sets),
        data_sha256=digest, split=f"{held} held out, by patient, lesion and near duplicate",
        n_train=len(pool.table), n_validation=n_held, seed=options.seed, epochs=epochs,
        best_epoch=epochs, device=" and ".join(dict.fromkeys(end["device"] for end in ends)),
        precision=options.precision, seconds=round(sum(end["seconds"] for end in ends), 1),
        date=datetime.date.today().isoformat(), versions=ends[0]["versions"],
    )  # fmt: skip


def ship(learned: Learned, found: Scored, side: int, folder: Path) -> Card:
    """Write out_of_fold.csv, weights and predictions, and the card, which comes last."""
    out = found.held.table.to_csv(index=False, float_format="%.6f")
    write_text(folder / held_out.FILE, out)
    network = learned.network.cpu().eval()
    some = found.held.pixels[:: max(1, len(found.held.pixels) // _CHECKED)]
    exact = margins_of_pixels(network, some)
    sha256 = checkpoints.write_weights(network.backbone.state_dict(), folder / WEIGHTS)
    network.backbone.load_state_dict(checkpoints.read_state(folder / WEIGHTS))
    # As in training: in every collection both classes count alike, so P means the same everywhere.
    fitted = calibration.fit(
        found.logit, found.held.table["label"].to_numpy(np.int64), learned.training.seed,
        weights(found.held.table, "collection").numpy(),
    )  # fmt: skip
    served = margins_of_pixels(network, some)
    change = np.abs(calibrated(served, fitted) - calibrated(exact, fitted)).max()
    card = Card(
        schema=SCHEMA, name=folder.name, title=f"General {network.architecture.title}",
        description="Trained on every collection at hand, balanced by collection and class; "
        "figures and calibration are of held-out folds.",
        architecture=learned.architecture, geometry="squeeze", side=side, threshold=THRESHOLD,
        licence=LICENCE + ADDED_LICENCE, initialisation=learned.begun, training=learned.training,
        weights=Weights(WEIGHTS, sha256, lesion_network.count_parameters(learned.architecture),
                        "float16 matrices, float32 vectors", float(change)),
        calibration=fitted,
        evaluations=dict(_evaluations(found, learned.training, calibrated(found.logit, fitted))),
    )  # fmt: skip
    _write_predictions(found, fitted, sha256, folder)
    write_card(card, folder / CARD)
    print(f"wrote {folder}")
    return card


def _parts(held: Pool) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The collections that have no test of their own, with their rows (N,)."""
    for name, data in held.sets.items():
        if not data.has_official_split and "split" not in data.table:
            yield name, (held.table["collection"] == name).to_numpy()


def _evaluations(
    found: Scored, training: Training, p: NDArray[np.float64]
) -> Iterator[tuple[str, Evaluation]]:
    """Figures of all that was held out, then of each collection, by P(malignant) (N,)."""
    table, sets = found.held.table, found.held.sets
    today = datetime.date.today().isoformat()
    for name, rows in ((VALIDATION, np.ones(len(table), dtype=bool)), *_parts(found.held)):
        heading = "All collections" if name == VALIDATION else title(name)
        figures = metrics.evaluate(
            table["label"].to_numpy(np.int64)[rows], p[rows], table["person"][rows], THRESHOLD
        )
        data, digest = training.data, training.data_sha256
        if name in sets:
            data, digest = name, sets[name].sha256()
        yield name, Evaluation(f"{heading}, held-out folds", figures, training.command, data,
                               digest, today)  # fmt: skip


def _write_predictions(found: Scored, fitted: Calibration, sha256: str, folder: Path) -> None:
    """Of all together, the report's set keeps its own file names.

    By these other models are compared on it.
    """
    table = found.held.table
    owner = (table["collection"] + "/").where(table["collection"] != REPORT, "")
    whole = {
        "file": owner + table["file"], "label": [CLASSES[y] for y in table["label"]],
        "group": table["person"], "logit": found.logit,
        "probability": calibrated(found.logit, fitted),
    }  # fmt: skip
    write_table(folder, VALIDATION, pd.DataFrame(whole), sha256)
    for name, rows in _parts(found.held):
        data = found.held.sets[name]
        mine = data.only(data.table["file"].isin(table["file"][rows]))
        write_predictions(folder, name, mine, found.logit[rows], fitted, sha256)
