"""The checkpoint of ``general``: final weights, figures and calibration of held-out folds alone."""

from __future__ import annotations

import argparse
import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core import checkpoints
from core.classifier import calibrated
from core.files import write_text
from core.labels import CLASSES, margin
from core.networks import lesion_network, registry
from core.networks.lesion_network import LesionNetwork
from core.results.card import (
    CARD,
    PREDICTION_COLUMNS,
    PREDICTIONS,
    SCHEMA,
    WEIGHTS,
    Card,
    Evaluation,
    Initialisation,
    Training,
    Weights,
    write_card,
)
from core.results.collections import REPORT, title
from core.results.of_weights import stamped
from core.results.test_sets import VALIDATION
from core.statistics import metrics
from training.fitting import run_folder
from training.pooled.pool import Pool, weights
from training.scoring import calibration
from training.scoring.checkpoint import LICENCE, THRESHOLD
from training.scoring.predictions import write_predictions

ADDED_LICENCE = " PAD-UFES-20 is under CC BY 4.0, Fitzpatrick17k under CC BY-NC-SA 3.0."


def ship(
    options: argparse.Namespace, pool: Pool, pixels: torch.Tensor, network: LesionNetwork,
    begun: Initialisation, training: Training, fold: NDArray[np.int64], seen: NDArray[np.bool_],
    logit: NDArray[np.float64],
) -> None:  # fmt: skip
    """Write the checkpoint with what is known of it: ``logit`` (N,) of the ``seen`` (N,) pictures,
    which ``fold`` (N,) held out."""
    folder = options.checkpoints / options.name
    out = pool.table.assign(fold=fold, logit=logit)[seen]
    write_text(folder / "out_of_fold.csv", out.to_csv(index=False, float_format="%.6f"))
    held = Pool(pixels[torch.from_numpy(seen)], out.reset_index(drop=True), pool.sets)
    export_general(network, held, logit[seen], training, begun, options.side, folder)
    print(f"wrote {folder}")


def training_of(
    options: argparse.Namespace, pool: Pool, recipe: str, held_out: str, n_held: int, epochs: int,
    runs: Sequence[Path],
) -> Training:  # fmt: skip
    """What a card says of finished ``runs`` that together learned everything."""
    digest = hashlib.sha256("".join(d.sha256() for d in pool.sets.values()).encode()).hexdigest()
    ends = [end for run in runs if (end := run_folder.finished(run))]
    return Training(
        options.command, f"general, {recipe}", " + ".join(pool.sets), digest,
        f"{held_out} held out, by patient, lesion and near duplicate",
        len(pool.table), n_held, options.seed, epochs, epochs,
        " and ".join(dict.fromkeys(end["device"] for end in ends)), options.precision,
        round(sum(end["seconds"] for end in ends), 1), datetime.date.today().isoformat(),
        ends[0]["versions"],
    )  # fmt: skip


def export_general(
    network: LesionNetwork, pool: Pool, logit: NDArray[np.float64], training: Training,
    begun: Initialisation, side: int, folder: Path,
) -> Card:  # fmt: skip
    """Write weights, card and predictions. ``pool`` are the pictures of held-out folds and
    ``logit`` (N,) their scores."""
    network = network.cpu().eval()
    some = pool.pixels[:: max(1, len(pool.pixels) // 64)]
    exact = _margins(network, some)
    sha256 = checkpoints.write_weights(network.backbone.state_dict(), folder / WEIGHTS)
    network.backbone.load_state_dict(checkpoints.read_state(folder / WEIGHTS))
    labels = pool.table["label"].to_numpy(np.int64)
    # As in training: in every collection both classes count alike, so P means the same everywhere.
    fitted = calibration.fit(
        logit, labels, training.seed, weights(pool.table, "collection").numpy()
    )
    change = np.abs(calibrated(_margins(network, some), fitted) - calibrated(exact, fitted)).max()
    p = calibrated(logit, fitted)
    today = datetime.date.today().isoformat()
    evaluations = {}
    everything = np.ones(len(labels), dtype=bool)
    parts = {VALIDATION: ("All collections, held-out folds", everything)} | {
        name: (f"{title(name)}, held-out folds",
               (pool.table["collection"] == name).to_numpy())
        for name in pool.sets if not pool.sets[name].has_official_split and "split"
        not in pool.sets[name].table
    }  # fmt: skip
    write_text(
        folder / PREDICTIONS / f"{VALIDATION}.csv",
        stamped(_all_predictions(pool.table, logit, p), sha256).to_csv(
            index=False, float_format="%.6f"
        ),
    )
    for name, (heading, rows) in parts.items():
        figures = metrics.evaluate(labels[rows], p[rows], pool.table["person"][rows], THRESHOLD)
        data, digest = training.data, training.data_sha256
        if name in pool.sets:
            data, digest = name, pool.sets[name].sha256()
            held = pool.sets[name].table["file"].isin(pool.table["file"][rows])
            write_predictions(folder, name, pool.sets[name].only(held), logit[rows], fitted, sha256)
        evaluations[name] = Evaluation(heading, figures, training.command, data, digest, today)
    card = Card(
        SCHEMA, folder.name, f"General {network.architecture.title}",
        "Trained on every collection at hand, balanced by collection and class; figures and "
        "calibration are of held-out folds.",
        _name_of(network), "squeeze", side, THRESHOLD, LICENCE + ADDED_LICENCE, begun, training,
        Weights(WEIGHTS, sha256, lesion_network.count_parameters(_name_of(network)),
                "float16 matrices, float32 vectors", float(change)),
        fitted, evaluations,
    )  # fmt: skip
    write_card(card, folder / CARD)
    return card


def _all_predictions(
    table: pd.DataFrame, logit: NDArray[np.float64], p: NDArray[np.float64]
) -> pd.DataFrame:
    """``PREDICTION_COLUMNS`` of every picture; the report's set keeps its own file names, by which
    other models are compared on it."""
    folder = (table["collection"] + "/").where(table["collection"] != REPORT, "")
    found = {
        "file": folder + table["file"], "label": [CLASSES[y] for y in table["label"]],
        "group": table["person"], "logit": logit, "probability": p,
    }  # fmt: skip
    return pd.DataFrame(found)[list(PREDICTION_COLUMNS)]


def _name_of(network: LesionNetwork) -> str:
    return next(k for k, a in registry.ARCHITECTURES.items() if a is network.architecture)


def _margins(network: LesionNetwork, pixels: torch.Tensor) -> NDArray[np.float64]:
    with torch.inference_mode():
        logits = network(pixels.float() / 255).double()
    result: NDArray[np.float64] = margin(logits).numpy()
    return result
