"""What the results say when they are held against each other: figures, and what they can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.results.card import HAM_ONLY, LEAK_FREE, OFFICIAL, Card, Rate

COIN = 0.5
Verdict = Literal["better than a coin", "can't tell", "worse than a coin"]


@dataclass(frozen=True)
class Leak:
    """Malignant HAM10000 pictures of the official test that a network finds: of lesions that are
    in training (``seen``) and of others. Like with like: the leaked ones are all HAM10000's."""

    seen: Rate
    n_seen: int
    unseen: Rate
    n_unseen: int

    @property
    def verdict(self) -> str:
        """Whether having seen the lesion makes a difference, as far as intervals tell."""
        if self.seen.low > self.unseen.high:
            return "The leak flatters it."
        if self.seen.high < self.unseen.low:
            return "Those it has seen are found less often."
        return "What the leak is worth, so few can't tell."


def auc(card: Card, key: str) -> Rate | None:
    """A model's AUC on a set, ``None`` where it was not scored."""
    evaluation = card.evaluations.get(key)
    return evaluation.figures.auc if evaluation else None


def against_coin(found: Rate) -> Verdict:
    """Whether an AUC's interval lies on one side of a coin's 0.5."""
    if found.low <= COIN <= found.high:
        return "can't tell"
    return "better than a coin" if found.value > COIN else "worse than a coin"


def leak(card: Card) -> Leak | None:
    """Worked out from the counts of three sets on the card; ``None`` where one is missing."""
    counts = [_found(card, key) for key in (OFFICIAL, LEAK_FREE, HAM_ONLY)]
    if None in counts:
        return None
    whole, free, ham = (count for count in counts if count is not None)
    seen = (whole[0] - free[0], whole[1] - free[1])
    unseen = (ham[0] - seen[0], ham[1] - seen[1])
    if not all(0 <= found <= n and n for found, n in (seen, unseen)):
        return None
    from core.statistics.metrics import wilson

    return Leak(wilson(*seen), seen[1], wilson(*unseen), unseen[1])


def _found(card: Card, key: str) -> tuple[int, int] | None:
    """Malignant pictures of a set that are called so, and how many there are."""
    evaluation = card.evaluations.get(key)
    if evaluation is None or evaluation.figures.sensitivity is None:
        return None
    n = evaluation.figures.malignant
    return round(evaluation.figures.sensitivity.value * n), n
