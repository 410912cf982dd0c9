"""The one schema of what training writes and pages read: a model's card, history, predictions.

A checkpoint folder holds ``card.json`` (a ``Card``), ``history.csv`` (``HISTORY_COLUMNS``, a row an
epoch) and ``predictions/*.csv`` (``PREDICTION_COLUMNS``, a row a picture).
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from core.files import write_text
from core.results.json_files import ResultsRejected, read_schema
from core.results.limits import Limits
from core.statistics.estimates import Figures

WEIGHTS, CARD, HISTORY, PREDICTIONS = (
    "weights.safetensors", "card.json", "history.csv", "predictions",
)  # fmt: skip
SCHEMA = 1
HISTORY_COLUMNS = (
    "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_auc",
    "learning_rate", "seconds",
)  # fmt: skip
# group: the lesion or patient that a picture shows; what is compared by resampling needs it
PREDICTION_COLUMNS = ("file", "label", "group", "logit", "probability")


@dataclass(frozen=True)
class Evaluation:
    """Figures on one named set, and the command and data they came from."""

    title: str
    figures: Figures
    command: str
    data: str
    data_sha256: str
    date: str


@dataclass(frozen=True)
class Calibration:
    """P(malignant) = sigmoid(slope x (malignant logit - benign logit) + intercept).

    ``compared`` holds the cross-validated negative log likelihood of each method that was tried
    on the validation pictures; ``method`` is the one kept.
    """

    method: str
    slope: float
    intercept: float
    compared: dict[str, float] = field(default_factory=dict)
    prevalence: float | None = None  # of 1, how many lesions are malignant where P is meant


@dataclass(frozen=True)
class Initialisation:
    """Where the weights started, and what of the network the start did not cover."""

    source: str
    lineage: str
    loaded: int
    not_loaded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """What made the weights."""

    command: str
    preset: str
    data: str
    data_sha256: str
    split: str
    n_train: int
    n_validation: int
    seed: int
    epochs: int
    best_epoch: int
    device: str
    precision: str
    seconds: float
    date: str
    versions: dict[str, str]
    budget: str = ""  # a benchmark's, which fixes resolution and epochs for all its networks
    split_seed: int | None = None  # what validation was drawn by, where it is not ``seed``
    labels: str = ""  # which labels were taken as malignant and benign, where that was asked


@dataclass(frozen=True)
class Weights:
    """The file of weights beside the card.

    ``change_from_float32`` is the largest change of a validation probability that storing matrices
    in 16 bits made.
    """

    file: str
    sha256: str
    parameters: int
    stored_as: str
    change_from_float32: float


@dataclass(frozen=True)
class Ensemble:
    """Models whose margins are averaged, each over ``views`` turned and mirrored copies.

    ``members`` maps a model to how often it counts; ``validation_loss`` holds, for each choice that
    was weighed, the negative log likelihood on the validation pictures, which alone decided.
    """

    members: dict[str, int]
    views: int
    validation_loss: dict[str, float]


@dataclass(frozen=True)
class Card:
    """Everything a page says about a model."""

    schema: int
    name: str
    title: str
    description: str
    architecture: str
    geometry: str
    side: int
    threshold: float
    licence: str
    initialisation: Initialisation
    training: Training
    weights: Weights
    calibration: Calibration
    evaluations: dict[str, Evaluation]
    ensemble: Ensemble | None = None
    limits: Limits | None = None
    # of kinds of pictures (``core.labels.Kind``) that have one of their own
    calibration_by_kind: dict[str, Calibration] = field(default_factory=dict)


def read_card(path: Path) -> Card:
    """The card in ``path``; ``ResultsRejected`` with a sentence when it cannot be understood."""
    card: Card = read_schema(path, Card, SCHEMA)
    try:
        _check(card)
    except ValueError as error:
        raise ResultsRejected(f"{path} does not fit the schema: {error}.") from error
    return card


def write_card(card: Card, path: Path) -> None:
    """Write beside, then rename: a reader sees the old card or the new one, never half of it."""
    write_text(path, json.dumps(dataclasses.asdict(card), indent=2, allow_nan=False) + "\n")


def _check(card: Card) -> None:
    """Values that have the right type and can't be: serving them would give wrong answers."""
    if card.geometry not in ("squeeze", "crop"):
        raise ValueError(f"geometry {card.geometry!r} is neither squeeze nor crop")
    if card.side < 1:
        raise ValueError(f"side {card.side} is not positive")
    if not 0 < card.threshold < 1:
        raise ValueError(f"threshold {card.threshold} is not between 0 and 1")
    for calibration in (card.calibration, *card.calibration_by_kind.values()):
        if calibration.slope <= 0:
            raise ValueError(f"slope {calibration.slope} would turn the order round")
