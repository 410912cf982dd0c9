"""What ``python -m training.example_answers`` writes beside a model: its example, changed."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.results import of_weights
from core.results.card import Card
from core.results.json_files import ResultsRejected, read_data, read_schema
from core.results.robustness import FGSM, GAUSSIAN, PGD, REPORTS, SIGN_NOISE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE, DIRECTIONS = "stressed_example.json", "stressed_example.png"
SCHEMA = 2
GREY = 1 / 255  # one grey level
# How far attacks and noise of their size may move a value, and the deviations of Gaussian noise.
EPSILON_PLACES = (
    0.0, 0.25 * GREY, 0.5 * GREY, REPORTS, GREY, 2 * GREY, 3 * GREY, 4 * GREY, 5 * GREY, 6 * GREY,
    7 * GREY, 8 * GREY,
)  # fmt: skip
SIGMA_PLACES = (0.0, REPORTS, 0.01, 0.03, 0.1, 0.2)
# The nine points of a picture's curve.
EPSILONS = (0.0, 0.25 * GREY, 0.5 * GREY, REPORTS, GREY, 2 * GREY, 4 * GREY, 6 * GREY, 8 * GREY)
TURNS = (GREY, 4 * GREY)
"""Where PGD's path takes a new gradient, beside the one it starts with."""


@dataclass(frozen=True)
class ByEpsilon:
    """P(malignant) at each of ``EPSILONS``, and the smallest step of FGSM that flips the answer."""

    fgsm: tuple[float, ...]
    pgd: tuple[float, ...]
    noise: tuple[float, ...]
    flip: float | None


@dataclass(frozen=True)
class StressedExample:
    """P(malignant) of one of the app's own pictures, as it is and changed.

    ``under`` has a row for each of ``core.pictures.corruptions.SHIFTS`` by name, with a figure for
    each of ``strengths``; ``attacked`` one for FGSM, PGD and noise of their size, for each of
    ``epsilons``, and ``noisy`` Gaussian noise for each of ``sigmas``. ``seed`` is what chance drew
    them by. The picture is one that the model judges; ``picture_sha256`` is of its file and
    ``directions_sha256`` of the file of the attacks' directions.
    """

    schema: int
    command: str
    date: str
    weights_sha256: str
    file: str
    picture_sha256: str
    directions_sha256: str
    seed: int
    probability: float
    flip: float | None
    strengths: tuple[float, ...]
    under: dict[str, tuple[float, ...]]
    epsilons: tuple[float, ...]
    attacked: dict[str, tuple[float, ...]]
    sigmas: tuple[float, ...]
    noisy: tuple[float, ...]

    def changed(self, change: str, strength: float) -> float | None:
        """P(malignant) under a shift, an attack or a noise; ``None`` where it was not asked."""
        places, found = (
            (self.sigmas, self.noisy) if change == GAUSSIAN
            else (self.epsilons, self.attacked[change]) if change in self.attacked
            else (self.strengths, self.under.get(change, ()))
        )  # fmt: skip
        for of, probability in zip(places, found, strict=False):
            if math.isclose(of, strength, abs_tol=1e-9):
                return probability
        return None

    def by_epsilon(self) -> ByEpsilon | None:
        """Its curves; ``None`` where a point of theirs was not asked."""
        kinds = [[self.changed(kind, e) for e in EPSILONS] for kind in (FGSM, PGD, SIGN_NOISE)]
        fgsm, pgd, noise = (tuple(p for p in kind if p is not None) for kind in kinds)
        if min(map(len, (fgsm, pgd, noise))) < len(EPSILONS):
            return None
        return ByEpsilon(fgsm, pgd, noise, self.flip)


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
    rows = (*found.under.values(), *found.attacked.values(), found.noisy)
    if not all(0 <= p <= 1 for p in (found.probability, *(p for row in rows for p in row))):
        raise ResultsRejected(f"{card.name}/{FILE} holds a chance that is none.")
    return found


def read_directions(record: StressedExample, card: Card, root: Path) -> NDArray[np.int8]:
    """Signs of the loss's gradient at the picture and where PGD's path turns: (3, H, W, 3).

    Raises ``ResultsRejected`` where the file is missing or is not the record's.
    """
    import numpy as np
    from PIL import Image

    data = read_data(root / card.name / DIRECTIONS)
    if hashlib.sha256(data).hexdigest() != record.directions_sha256:
        raise ResultsRejected(f"{card.name}/{DIRECTIONS} is not the one of {FILE}.")
    with Image.open(io.BytesIO(data)) as opened:
        stored = np.asarray(opened.convert("RGB")).astype(np.int8) - 1
    return stored.reshape(len(TURNS) + 1, -1, card.side, 3)


def directions_png(directions: NDArray[np.int8]) -> bytes:
    """The file that ``read_directions`` reads: signs (3, H, W, 3) as levels 0, 1 and 2."""
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    stacked = (directions + 1).astype(np.uint8).reshape(-1, *directions.shape[2:])
    Image.fromarray(stacked).save(file, "PNG", optimize=True)
    return file.getvalue()
