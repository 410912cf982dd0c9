"""What the results say when they are held against each other: figures, and what they can tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.results import scored_models
from core.results.card import Card
from core.results.collections import REPORT
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate
from core.statistics.intervals import wilson

if TYPE_CHECKING:
    import pandas as pd

COIN = 0.5
FEW = 6  # networks: with fewer, two orders agree or not by luck
_NEARLY = 0.999  # where Fisher's transform of a correlation still has a value
STARTS = ("random", "best-start")  # the benchmark's two tracks of all architectures
Verdict = Literal["better than a coin", "can't tell", "worse than a coin"]
# How a network was made: all but the last have seen no skin outside the report's set.
Taught = Literal["shipped", "from chance", "from trained weights", "taught by more collections"]
SHIPPED: Taught = "shipped"
FROM_CHANCE: Taught = "from chance"
FROM_WEIGHTS: Taught = "from trained weights"
MORE: Taught = "taught by more collections"
# Of the collections that the report's set was put together from; the first number their lesions.
HAM, OTHERS = "HAM10000", "the older collections"
_HAM_LESION = "HAM_"
_PEOPLE, _PAIRS = Path("collections") / f"{REPORT}.csv", f"{REPORT}_same_lesion.csv"


@dataclass(frozen=True)
class Leak:
    """How many malignant pictures a network finds of lesions in training, and of other lesions.

    They are pictures of the official test, of one origin: those whose lesion is in training too
    (``seen``), as far as anybody knows, and the others. Like with like: the leaked ones of HAM10000
    are mostly hard melanomas, the others' mostly easy.
    """

    origin: str
    seen: Rate
    n_seen: int
    unseen: Rate
    n_unseen: int

    @property
    def told_apart(self) -> int:
        """1 where those seen are found more often, -1 where less, 0 where the intervals overlap."""
        return (self.seen.low > self.unseen.high) - (self.seen.high < self.unseen.low)


def auc(card: Card, key: str) -> Rate | None:
    """A model's AUC on a set, ``None`` where it was not scored."""
    evaluation = card.evaluations.get(key)
    return evaluation.figures.auc if evaluation else None


def against_coin(found: Rate) -> Verdict:
    """Whether an AUC's interval lies on one side of a coin's 0.5."""
    if found.low <= COIN <= found.high:
        return "can't tell"
    return "better than a coin" if found.value > COIN else "worse than a coin"


def read_leak(result: Result, root: Path) -> tuple[Leak, ...]:
    """What the leak is worth to a model, by origin; raises ``ResultsRejected``.

    ``root`` is the folder of checkpoints, which holds whose lesion each picture shows; nothing
    where it doesn't.
    """
    if not (root / _PEOPLE).is_file():
        return ()
    people = scored_models.read_table(root / _PEOPLE, ("file", "person"), numeric=False)
    pairs = scored_models.read_table(
        root / _PEOPLE.with_name(_PAIRS), ("file", "other_file"), numeric=False
    )
    return leak(result.predictions(OFFICIAL), people, pairs, result.card.threshold)


def leak(
    scored: pd.DataFrame, people: pd.DataFrame, pairs: pd.DataFrame, threshold: float
) -> tuple[Leak, ...]:
    """Each origin's leak, for one network.

    ``scored`` has file, label and probability of the test; ``people`` file and person of test and
    training; ``pairs`` file and other_file of pictures that show one lesion.
    """
    person = dict(zip(people["file"], people["person"], strict=True))
    in_training = {who for file, who in person.items() if file.startswith("train/")}
    known = set(pairs["file"][pairs["other_file"].str.startswith("train/")])
    malignant = scored[scored["label"] == "malignant"]
    counts: dict[tuple[str, bool], list[int]] = {}
    for file, probability in zip(malignant["file"], malignant["probability"], strict=True):
        who = str(person.get(file, ""))
        origin = HAM if who.startswith(_HAM_LESION) else OTHERS
        place = counts.setdefault((origin, who in in_training or file in known), [0, 0])
        place[0] += int(probability >= threshold)
        place[1] += 1
    return tuple(
        Leak(origin, wilson(*seen), seen[1], wilson(*unseen), unseen[1])
        for origin in (HAM, OTHERS)
        if (seen := counts.get((origin, True))) and (unseen := counts.get((origin, False)))
    )


@dataclass(frozen=True)
class ExternalScore:
    """A network's AUC on its own test and on another set.

    It is ``alone`` where it has learned from the report's set and from no other, its start too.
    """

    name: str
    taught: Taught
    own: Rate
    other: Rate

    @property
    def alone(self) -> bool:
        return self.taught != MORE


def elsewhere(results: Sequence[Result], key: str) -> list[ExternalScore]:
    """Every network that was scored on its own test and on the set ``key``, shipped ones first.

    A run of two tracks is one network: the best start of an architecture may be the random one.
    """
    found: dict[str, ExternalScore] = {}
    for result in sorted(results, key=lambda r: r.track is not None):
        own, other = auc(result.card, OFFICIAL), auc(result.card, key)
        if own and other:
            name = result.card.title if result.track in STARTS else result.where
            score = ExternalScore(name, _taught(result), own, other)
            found.setdefault(result.card.weights.sha256, score)
    return list(found.values())


def own_with_other(found: Sequence[ExternalScore]) -> Rate | None:
    """Spearman's rank correlation of both AUCs, in [-1, 1]; ``None`` of fewer than ``FEW``.

    Its interval is Fisher's, with the variance of Bonett and Wright 2000 (Psychometrika 65, 23).
    """
    if len(found) < FEW:
        return None
    import pandas as pd

    own, other = (
        pd.Series(values).rank() for values in
        ([one.own.value for one in found], [one.other.value for one in found])
    )  # fmt: skip
    if own.nunique() < 2 or other.nunique() < 2:
        return None
    together = float(own.corr(other))
    near = math.atanh(max(-_NEARLY, min(_NEARLY, together)))
    reach = 1.96 * math.sqrt((1 + together**2 / 2) / (len(found) - 3))
    return Rate(together, math.tanh(near - reach), math.tanh(near + reach))


def _taught(result: Result) -> Taught:
    card = result.card
    if card.training.data != REPORT or scored_models.start(card).startswith(scored_models.SKIN):
        return MORE
    if result.track is None:
        return SHIPPED
    return FROM_WEIGHTS if card.initialisation.loaded else FROM_CHANCE


@dataclass(frozen=True)
class Start:
    """One architecture on the official test, from chance and from weights that had learned."""

    network: str
    random: Rate
    started: Rate


def starts(results: Sequence[Result], tracks: tuple[str, str] = STARTS) -> list[Start]:
    """The architectures that were run on both tracks, and on the second from loaded weights."""
    cold, warm = (
        {r.card.architecture: r.card for r in results if r.track == track} for track in tracks
    )
    found = []
    for name in sorted(cold.keys() & warm.keys()):
        if not warm[name].initialisation.loaded:
            continue
        accuracies = [_accuracy(card) for card in (cold[name], warm[name])]
        if accuracies[0] and accuracies[1]:
            found.append(Start(warm[name].title, accuracies[0], accuracies[1]))
    return found


def indistinct(rates: Sequence[Rate]) -> int:
    """How many of the figures can't be told from the best by their intervals, the best aside."""
    best = max(rates, key=lambda rate: rate.value)
    return sum(rate is not best and rate.high >= best.low for rate in rates)


def _accuracy(card: Card) -> Rate | None:
    evaluation = card.evaluations.get(OFFICIAL)
    return evaluation.figures.accuracy if evaluation else None
