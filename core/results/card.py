"""The one schema of what training writes and pages read: a model's card, history, predictions.

A checkpoint folder holds ``card.json`` (a ``Card``), ``history.csv`` (``HISTORY_COLUMNS``, a row an
epoch) and ``predictions/*.csv`` (``PREDICTION_COLUMNS``, a row a picture).
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.files import write_text
from core.labels import Answer
from core.results.json_files import ResultsRejected, parse_schema, read_data, shown
from core.results.limits import Answers, Limits
from core.statistics.estimates import Figures, Rate, Share

WEIGHTS, CARD, HISTORY, PREDICTIONS = (
    "weights.safetensors", "card.json", "history.csv", "predictions",
)  # fmt: skip
SCHEMA = 1
MOST_SIDE = 1024
"""Pixels. A card that asks for more than any network was trained with would take a server's memory.
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # of a folder or file right here: no way out
STEEPEST = 1000.0
"""The most that a calibration's slope and intercept may be; more is no sigmoid but a step."""
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
    sha256: str = ""  # of the file that the start came from, where it was one of the user's


@dataclass(frozen=True)
class LabelRule:
    """Labels in ``positive`` are malignant; those in ``negative`` benign, or all others if empty.

    Case and spaces around a label don't count. With neither, labels are the words benign and
    malignant. ``column`` of the metadata has them; ``label`` if empty.
    """

    column: str = ""
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        return bool(self.positive)


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
    label_rule: LabelRule | None = None  # the same, for who reads labels as they were learned


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

    def answer(self, probability: float) -> Answer:
        """The verdict at the model's operating point."""
        return "malignant" if probability >= self.threshold else "benign"


def read_card(path: Path) -> Card:
    """The card in ``path``; ``ResultsRejected`` with a sentence when it cannot be understood."""
    return _parsed(read_data(path), path)


@functools.lru_cache(maxsize=16)
def _parsed(data: bytes, path: Path) -> Card:
    """Pages ask for the same cards a dozen times each time that they are drawn.

    A quarter of a check's time went into building them anew, out of the same text.
    """
    card: Card = parse_schema(data, path, Card, SCHEMA)
    try:
        _check(card)
    except ValueError as error:
        raise ResultsRejected(f"{shown(path)} does not fit the schema: {error}.") from error
    return card


def write_card(card: Card, path: Path) -> None:
    """Write beside, then rename: a reader sees the old card or the new one, never half of it."""
    write_text(path, json.dumps(dataclasses.asdict(card), indent=2, allow_nan=False) + "\n")


def _check(card: Card) -> None:
    """Values that have the right type and can't be: serving them would give wrong answers."""
    files = (card.weights.file, card.limits.file if card.limits else "")  # empty: has none
    for name in (card.name, *filter(None, files)):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no plain name")
    if card.geometry not in ("squeeze", "crop"):
        raise ValueError(f"geometry {card.geometry!r} is neither squeeze nor crop")
    if not 1 <= card.side <= MOST_SIDE:
        raise ValueError(f"side {card.side} is not between 1 and {MOST_SIDE}")
    if not 0 < card.threshold < 1:
        raise ValueError(f"threshold {card.threshold} is not between 0 and 1")
    for calibration in (card.calibration, *card.calibration_by_kind.values()):
        _check_calibration(calibration)
    if card.limits is not None:
        for answers in (card.limits.answers, *card.limits.answers_by_kind.values()):
            _check_answers(answers)
    for figure in _figures(card):
        for value in (figure.value, figure.low, figure.high):
            _check_share("a figure", value)


def _check_calibration(calibration: Calibration) -> None:
    if calibration.slope <= 0:
        raise ValueError(f"slope {calibration.slope} would turn the order round")
    for name in ("slope", "intercept"):
        if abs(getattr(calibration, name)) > STEEPEST:
            raise ValueError(f"{name} {getattr(calibration, name)} is beyond {STEEPEST:.0f}")
    if calibration.prevalence is not None:
        _check_share("prevalence", calibration.prevalence)


def _check_answers(answers: Answers) -> None:
    for name in (
        "coverage", "sensitivity", "benign_up_to", "malignant_from", "suspicious_from",
        "prevalence", "promised",
    ):  # fmt: skip
        _check_share(name, getattr(answers, name))


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} {value} is not between 0 and 1")


def _figures(part: Any) -> Iterator[Rate | Share]:
    """Every figure with an interval, wherever on the card it stands."""
    if isinstance(part, Rate | Share):
        yield part
    elif dataclasses.is_dataclass(part):
        for field_ in dataclasses.fields(part):
            yield from _figures(getattr(part, field_.name))
    elif isinstance(part, dict):
        for value in part.values():
            yield from _figures(value)
