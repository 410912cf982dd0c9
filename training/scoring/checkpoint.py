"""The end of a training run: the best epoch's weights, calibrated, with their card."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core import checkpoints
from core.calibration import calibrated
from core.files import write_text
from core.networks import lesion_network, registry
from core.networks.lesion_network import LesionNetwork
from core.results.card import (
    CARD,
    HISTORY,
    PREDICTIONS,
    SCHEMA,
    WEIGHTS,
    Calibration,
    Card,
    Evaluation,
    Initialisation,
    Training,
    Weights,
    read_card,
    write_card,
)
from core.results.json_files import ResultsRejected
from core.results.of_weights import stamped
from core.results.test_sets import VALIDATION
from core.statistics import metrics
from core.statistics.estimates import Figures
from training.data import learned
from training.data.pixels import Part
from training.data.split import Split
from training.scoring import calibration
from training.scoring.device import versions
from training.scoring.licence import licence_of
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_predictions

# Of a balanced preset it is the share of malignant pictures instead: there the sum of the shares
# missed and falsely alarmed is least, where 0.5 would hardly ever be reached.
THRESHOLD = 0.5
LICENCE = (
    "CC BY-NC 4.0: for research and teaching, not for commercial use and not for diagnosis. "
    "The training images are under the ISIC Archive's terms, HAM10000's under CC BY-NC 4.0."
)

# What a folder may hold of a model beside what training writes; readers refuse what is of other
# weights, and nobody needs it any more.
_FIGURES = (
    "robustness.csv", "map_check.json", "collection_probe.json", "limits.safetensors",
    "gate_contents.csv",
    "look_alikes.json", "look_alikes.safetensors", "stressed_example.json", "out_of_fold.csv",
    "fairness",
)  # fmt: skip


@dataclass(frozen=True)
class Finished:
    """What the card needs to know of a run that came to its end."""

    name: str
    architecture: str
    command: str
    preset: str
    side: int
    seed: int
    split: str
    epochs: int
    device: str
    precision: str
    start: Initialisation
    history: pd.DataFrame
    best_epoch: int
    budget: str = ""
    balanced: bool = False
    licence: str = ""
    description: str = ""


def export(
    run: Finished, network: LesionNetwork, split: Split, validation: Part, root: Path,
    device: torch.device | None = None,
) -> Card:  # fmt: skip
    """Write checkpoints/NAME from a trained network: weights, card, history and predictions.

    ``device`` is where validation is scored: the processor, if ``None``.
    """
    folder = root / run.name
    before = _before(folder)
    network = network.eval().to(device or torch.device("cpu"))
    exact = margins_of_pixels(network, validation[0])
    sha256 = checkpoints.write_weights(
        {k: v.cpu() for k, v in network.backbone.state_dict().items()},
        folder / WEIGHTS, _lineage(run, split),
    )  # fmt: skip
    network.backbone.load_state_dict(checkpoints.read_state(folder / WEIGHTS))

    # Figures and calibration are of the 16-bit file that is shipped, not of what it was made from.
    found = margins_of_pixels(network, validation[0])
    labels = validation[1].numpy()
    fitted = calibration.fit(found, labels, run.seed)
    probabilities = calibrated(found, fitted)
    change = float(np.abs(probabilities - calibrated(exact, fitted)).max())
    if before and before.weights.sha256 != sha256:
        forget_figures(folder)
        before = None
    weights = Weights(
        WEIGHTS, sha256, lesion_network.count_parameters(run.architecture),
        "float16 matrices, float32 vectors", change,
    )  # fmt: skip
    held = split.validation
    figures = metrics.evaluate(labels, probabilities, held.table["group"], _threshold(run, split))
    card = _card(run, split, weights, fitted, figures, before)
    learned.write(folder, split.train, held, card)
    write_predictions(folder, VALIDATION, held, found, fitted, sha256)
    write_text(
        folder / HISTORY, stamped(run.history, sha256).to_csv(index=False, float_format="%.6g")
    )
    write_card(card, folder / CARD)
    print(f"wrote {folder}")
    return card


def _card(
    run: Finished, split: Split, weights: Weights, fitted: Calibration, figures: Figures,
    before: Card | None,
) -> Card:  # fmt: skip
    """The card of the weights, by its ``figures`` on validation; those of the same stay."""
    title = registry.get(run.architecture).title
    held = split.validation
    today = datetime.date.today().isoformat()
    validation = Evaluation(
        "Validation (epoch and calibration chosen on it)", figures, run.command,
        f"{held.name}, validation", held.sha256(), today,
    )  # fmt: skip
    return Card(
        schema=SCHEMA, name=run.name, title=title,
        description=run.description or f"{title} trained on {split.name} alone, preset "
        f"{run.preset}.",
        architecture=run.architecture, geometry="squeeze", side=run.side,
        threshold=_threshold(run, split),
        licence=run.licence or licence_of(split),
        initialisation=run.start,
        training=Training(
            command=run.command, preset=run.preset, data=split.name, data_sha256=split.sha256,
            split=run.split, n_train=len(split.train.table), n_validation=len(held.table),
            seed=run.seed, epochs=run.epochs,
            best_epoch=run.best_epoch,
            device=run.device, precision=run.precision,
            seconds=round(float(run.history["seconds"].sum()), 1), date=today,
            versions=versions(),
            budget=run.budget, split_seed=None if split.seed == run.seed else split.seed,
            labels=split.mapping, label_rule=split.rule,
        ),
        weights=weights, calibration=fitted,
        evaluations={**(before.evaluations if before else {}), VALIDATION: validation},
        limits=before.limits if before else None,
    )  # fmt: skip


def _threshold(run: Finished, split: Split) -> float:
    """Where malignant is answered from: after balanced training, the share that is malignant."""
    return float(split.train.table["label"].mean()) if run.balanced else THRESHOLD


def _lineage(run: Finished, split: Split) -> str:
    """What a run that starts from these weights will say of them."""
    return (
        f"{run.architecture} trained on {split.name} ({split.sha256[:16]}), preset {run.preset}, "
        f"seed {run.seed}, from {run.start.source}"
    )


def _before(folder: Path) -> Card | None:
    """The card of the model that is there, whose figures stay if its weights come out again."""
    try:
        return read_card(folder / CARD)
    except ResultsRejected:
        return None


def forget_figures(folder: Path) -> None:
    """Remove what was found about the weights that were here before."""
    for name in _FIGURES:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in (folder / PREDICTIONS).glob("*.csv"):
        path.unlink()
