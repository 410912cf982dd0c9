"""How a model stood up to changed pictures of the official test set: the table a command wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.results import of_weights
from core.results.card import CARD, read_card
from core.results.json_files import ResultsRejected
from core.statistics.estimates import Rate

if TYPE_CHECKING:
    import pandas as pd

FILE = "robustness.csv"
# A row for each change and strength, of ``n`` pictures: all of the test, or a sample of them, which
# is the same for each change of that ``n``. NONE has a row for each ``n``, that of all first.
# flips: the share of verdicts that the change turns round.
COLUMNS = (
    "perturbation", "strength", "n", "accuracy", "accuracy_low", "accuracy_high", "auc", "flips",
    "flips_low", "flips_high",
)  # fmt: skip
NONE = "none"
FGSM, PGD, SIGN_NOISE, GAUSSIAN = "fgsm", "pgd", "sign noise", "gaussian"
# The report's 0.003 read the other way: added after normalisation, in its units.
FGSM_NORMALISED, GAUSSIAN_NORMALISED = "fgsm normalised", "gaussian normalised"
REPORTS = 0.003
EPSILONS = (0.25 / 255, 0.5 / 255, REPORTS, 1 / 255, 2 / 255, 4 / 255, 8 / 255)
SIGMAS = (REPORTS, 0.01, 0.03, 0.1, 0.2)


def read_robustness(name: str, root: Path) -> pd.DataFrame | None:
    """The table of the model ``root``/NAME, ``COLUMNS``; ``None`` if none was written.

    Raises ``ResultsRejected`` with a sentence for a file that can't be what the command wrote.
    """
    import pandas as pd

    path = root / name / FILE
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise ResultsRejected(f"{name}/{FILE} is damaged: {error}.") from error
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise ResultsRejected(f"{name}/{FILE} lacks {', '.join(missing)}.")
    try:
        figures = table[list(COLUMNS[1:])].to_numpy(np.float64)
    except ValueError as error:
        raise ResultsRejected(f"{name}/{FILE} holds something that is no number.") from error
    shares = table[list(COLUMNS[3:])].to_numpy(np.float64)
    if not np.isfinite(figures).all() or (shares < 0).any() or (shares > 1).any():
        raise ResultsRejected(f"{name}/{FILE} holds a figure that can't be.")
    card = read_card(root / name / CARD)
    again = f"python -m training.robustness --model {name}"
    return of_weights.unstamped(table, path, card, again)[list(COLUMNS)]


@dataclass(frozen=True)
class SamePictures:
    """Accuracies under several changes, of the same ``n`` pictures; ``whole``: all of the test."""

    n: int
    accuracies: tuple[Rate, ...]
    whole: bool

    @property
    def told(self) -> str:
        """What a sentence adds where these are not all of the test's pictures."""
        return "" if self.whole else f" (on {self.n} of its pictures)"


def on_the_same(table: pd.DataFrame, *asked: tuple[str, float]) -> SamePictures | None:
    """What is right under each change and strength ``asked`` for, on the same pictures.

    On as many as there are for all of them; ``None`` where one was not scored on those of another.
    """
    found: list[dict[int, Rate]] = []
    for change, strength in asked:
        rows = table[(table["perturbation"] == change) & (abs(table["strength"] - strength) < 1e-5)]
        figures = rows[["accuracy", "accuracy_low", "accuracy_high"]].to_numpy(np.float64).tolist()
        found.append({int(n): Rate(*rate) for n, rate in zip(rows["n"], figures, strict=True)})
    shared = set(found[0]).intersection(*found[1:])
    if not shared:
        return None
    n = max(shared)
    return SamePictures(n, tuple(of[n] for of in found), n == int(table["n"].max()))
