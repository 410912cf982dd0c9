"""The one schema of what training writes and pages read: a model's card, history, predictions.

A checkpoint folder holds ``card.json`` (a ``Card``), ``history.csv`` (``HISTORY_COLUMNS``, a row an
epoch) and ``predictions/*.csv`` (``PREDICTION_COLUMNS``, a row a picture).
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.results.limits import Limits, Share

SCHEMA = 1
# Names of the sets that pages ask a card for; any other folder that was scored has its own name.
VALIDATION, OFFICIAL = "validation", "official_test"
LEAK_FREE, HAM_ONLY = "leak_free", "ham10000_only"
HISTORY_COLUMNS = (
    "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_auc",
    "learning_rate", "seconds",
)  # fmt: skip
# group: the lesion or patient that a picture shows; what is compared by resampling needs it
PREDICTION_COLUMNS = ("file", "label", "group", "logit", "probability")


class ResultsRejected(ValueError):
    """A results file is missing, damaged or of another schema; ``str()`` says which and why."""


@dataclass(frozen=True)
class Rate:
    """A figure with its 95 % interval, all in [0, 1]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """How a model did on ``n`` pictures. A figure that the labels do not allow is ``None``."""

    n: int
    malignant: int
    accuracy: Rate
    auc: Rate | None
    sensitivity: Rate | None
    specificity: Rate | None
    ece: Rate
    average_precision: Rate | None = None  # a card from before it was measured has none


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


@dataclass(frozen=True)
class Weights:
    """The file beside the card. ``change_from_float32`` is the largest change of a validation
    probability that storing matrices in 16 bits made."""

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


def read_card(path: Path) -> Card:
    """The card in ``path``; ``ResultsRejected`` with a sentence when it cannot be understood."""
    card: Card = read_schema(path, Card, SCHEMA)
    try:
        _check(card)
    except ValueError as error:
        raise ResultsRejected(f"{path} does not fit the schema: {error}.") from error
    return card


def read_schema(path: Path, kind: type[Any], schema: int) -> Any:
    """The JSON file ``path`` as the data class ``kind``; ``ResultsRejected`` with a sentence."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise ResultsRejected(f"{path} is missing.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsRejected(f"{path} is damaged: {error}.") from error
    found = raw.get("schema") if isinstance(raw, dict) else None
    if found != schema:
        raise ResultsRejected(f"{path} has schema {found!r}; this version reads schema {schema}.")
    try:
        return _build(kind, raw)
    except (TypeError, ValueError, OverflowError) as error:
        raise ResultsRejected(f"{path} does not fit the schema: {error}.") from error


def write_card(card: Card, path: Path) -> None:
    """Write beside, then rename: a reader sees the old card or the new one, never half of it."""
    write_text(path, json.dumps(dataclasses.asdict(card), indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` with ``text`` in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` with ``data`` in one step: written beside, then renamed.

    An ``OSError``, as on a full disk, leaves what was there and nothing beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            beside.unlink(missing_ok=True)
        raise


def percent(rate: Rate | Share | None) -> str:
    """A figure with its interval: ``91.4 % (89.0 to 93.3)``; a dash where there is none."""
    if rate is None:
        return "–"
    value, low, high = (f"{100 * number:.1f}" for number in (rate.value, rate.low, rate.high))
    return _unbroken(f"{value} %", f"({low} to {high})")


def decimal(rate: Rate | None) -> str:
    """A figure with its interval: ``0.974 (0.963 to 0.983)``; a dash where there is none."""
    if rate is None:
        return "–"
    return _unbroken(f"{rate.value:.3f}", f"({rate.low:.3f} to {rate.high:.3f})")


def _unbroken(*parts: str) -> str:
    """Parts that a narrow table may break between, but not inside."""
    return " ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _check(card: Card) -> None:
    """Values that have the right type and can't be: serving them would give wrong answers."""
    if card.geometry not in ("squeeze", "crop"):
        raise ValueError(f"geometry {card.geometry!r} is neither squeeze nor crop")
    if card.side < 1:
        raise ValueError(f"side {card.side} is not positive")
    if not 0 < card.threshold < 1:
        raise ValueError(f"threshold {card.threshold} is not between 0 and 1")
    if card.calibration.slope <= 0:
        raise ValueError(f"slope {card.calibration.slope} would turn the order round")


def _build(kind: Any, value: Any) -> Any:
    """``value`` from JSON as ``kind``: a data class, or a dict, tuple or optional of such."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        needed = {f.name for f in dataclasses.fields(kind) if f.default is f.default_factory}
        if not isinstance(value, dict) or needed - value.keys():
            missing = sorted(needed - value.keys()) if isinstance(value, dict) else "everything"
            raise ValueError(f"{getattr(kind, '__name__', kind)} lacks {missing}")
        return kind(**{k: _build(hints[k], v) for k, v in value.items() if k in hints})  # type: ignore[operator]
    if origin is types.UnionType:
        return None if value is None else _build(arguments[0], value)
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is not a table")
        return {key: _build(arguments[1], item) for key, item in value.items()}
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is not a list")
        return tuple(_build(arguments[0], item) for item in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{value!r} is not a {kind.__name__}")
    return value
