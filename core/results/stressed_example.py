"""What ``python -m training.example_answers`` writes beside a model: its example, changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from core.results import of_weights
from core.results.card import Card
from core.results.json_files import ResultsRejected, read_schema

FILE = "stressed_example.json"
SCHEMA = 1


@dataclass(frozen=True)
class StressedExample:
    """P(malignant) of one of the app's own pictures, as it is and changed.

    ``under`` has a row for each of ``core.pictures.corruptions.SHIFTS`` by name, with a figure for
    each of ``strengths``; ``seed`` is what chance drew them by. The picture is one that the model
    judges; ``picture_sha256`` is of its file.
    """

    schema: int
    command: str
    date: str
    weights_sha256: str
    file: str
    picture_sha256: str
    seed: int
    probability: float
    strengths: tuple[float, ...]
    under: dict[str, tuple[float, ...]]

    def changed(self, shift: str, strength: float) -> float | None:
        """P(malignant) under a shift; ``None`` where it was not asked."""
        for of, found in zip(self.strengths, self.under.get(shift, ()), strict=False):
            if math.isclose(of, strength, abs_tol=1e-9):
                return found
        return None


def read_stressed_example(card: Card, root: Path) -> StressedExample | None:
    """The record of a model under ``root``; ``None`` where there is none.

    Raises ``core.results.json_files.ResultsRejected`` for a damaged file or one of other weights.
    """
    path = root / card.name / FILE
    if not path.is_file():
        return None
    found: StressedExample = read_schema(path, StressedExample, SCHEMA)
    again = f"python -m training.example_answers --model {card.name}"
    of_weights.check(found.weights_sha256, path, card, again)
    figures = (found.probability, *(p for row in found.under.values() for p in row))
    if not all(0 <= p <= 1 for p in figures):
        raise ResultsRejected(f"{card.name}/{FILE} holds a chance that is none.")
    return found
