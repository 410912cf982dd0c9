"""Which of the benchmark's runs an ensemble is made of, by validation alone.

Members are added one by one, with replacement, as long as the validation loss falls (Caruana et al.
2004, https://doi.org/10.1145/1015330.1015432).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.results.card import CARD, WEIGHTS, Calibration, Card, Ensemble, read_card
from core.results.test_sets import VALIDATION
from training.tracks.jobs import SKIN

SYMMETRIES = 8  # of a square: quarter turns, and each mirrored
MOST_MEMBERS = 7
# A member more has to lower the validation loss by so much; less than this is what 264 pictures'
# noise gives for nothing.
LEAST_GAIN = 0.001


@dataclass(frozen=True)
class Candidate:
    """A run with weights, and its margins on validation (N,), by number of views averaged."""

    key: str
    folder: Path
    card: Card
    margins: dict[int, Floats]


def candidates(runs: Path, validation: str) -> Iterable[tuple[str, Path, Card]]:
    """Runs that may be members: weights at hand, the same validation, no other skin pictures."""
    for path in sorted(runs.glob(f"*/*/{CARD}")):
        card, folder = read_card(path), path.parent
        same = VALIDATION in card.evaluations
        same = same and card.evaluations[VALIDATION].data_sha256 == validation
        other_skin = SKIN in card.initialisation.source or SKIN in card.initialisation.lineage
        if same and not other_skin and (folder / WEIGHTS).is_file():
            yield f"{folder.parent.name}/{folder.name}", folder, card


def hopeful(found: list[tuple[str, Path, Card]]) -> list[tuple[str, Path, Card]]:
    """Runs that validation does not tell apart from the best one, by its interval of the AUC."""
    aucs = {key: card.evaluations[VALIDATION].figures.auc for key, _, card in found}
    best = max((auc for auc in aucs.values() if auc), key=lambda auc: auc.value, default=None)
    least = best.low if best else 0.0
    return [one for one in found if (auc := aucs[one[0]]) and auc.value >= least]


def choose(found: list[Candidate], labels: NDArray[np.int64]) -> Ensemble:
    """The members, the number of views, and the validation loss of all that was weighed.

    Every single model and the greedy ensemble of either number of views are weighed; eight views
    have to be better by ``LEAST_GAIN``.
    """
    losses: dict[str, float] = {}
    best: tuple[float, dict[str, int], int] | None = None
    for views in (1, SYMMETRIES):
        for candidate in found:
            losses[f"{candidate.key}, {views} views"] = _loss([(candidate, 1)], views, labels)
        members, loss = _greedy(found, views, labels)
        losses[f"{members}, {views} views"] = loss
        if best is None or best[0] - loss >= LEAST_GAIN:
            best = (loss, members, views)
    assert best is not None  # noqa: S101  # there are two numbers of views
    return Ensemble(best[1], best[2], losses)


def average(margins: list[tuple[Floats, int]], fitted: list[Calibration]) -> Floats:
    """The mean of members' calibrated margins (N,), so that a bold one does not outweigh others."""
    parts = [
        n * (c.slope * margin + c.intercept) for (margin, n), c in zip(margins, fitted, strict=True)
    ]
    mean: Floats = np.sum(parts, axis=0) / sum(n for _, n in margins)
    return mean


def _greedy(
    found: list[Candidate], views: int, labels: NDArray[np.int64]
) -> tuple[dict[str, int], float]:
    """Members with how often each counts, and their validation loss."""
    by_key = {candidate.key: candidate for candidate in found}
    members: Counter[str] = Counter()
    loss = float("inf")

    def with_one_more(key: str) -> float:
        more: Mapping[str, int] = members + Counter([key])
        return _loss([(by_key[k], n) for k, n in more.items()], views, labels)

    while members.total() < MOST_MEMBERS:
        tried = {key: with_one_more(key) for key in by_key}
        key = min(tried, key=lambda k: tried[k])
        if loss - tried[key] < LEAST_GAIN:
            break
        members[key] += 1
        loss = tried[key]
    return dict(members), loss


def _loss(members: list[tuple[Candidate, int]], views: int, labels: NDArray[np.int64]) -> float:
    mean = average(
        [(c.margins[views], n) for c, n in members], [c.card.calibration for c, _ in members]
    )
    signed = np.where(labels == 1, -mean, mean)
    return float(np.logaddexp(0, signed).mean())
