"""What ``python -m training.fairness`` found out about one model on one collection, in its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.fairness.groups import CANT_TELL, LEAST, Gap, GroupFigures
from core.results import of_weights
from core.results.card import CARD, read_card
from core.results.json_files import ResultsRejected, read_schema
from core.statistics import intervals, metrics
from core.statistics.estimates import Rate

if TYPE_CHECKING:
    import pandas as pd


SCHEMA = 1
FOLDER = "fairness"


@dataclass(frozen=True)
class LesionShare:
    """The share of saliency on the lesion in one group, beside what no evidence would have there.

    It comes with the lesion's area (what a map that looks everywhere alike has on it), and with the
    share minus the area. ``elsewhere`` is what the model's mean map, which knows where lesions
    usually lie but not this picture, has on it.
    """

    group: str
    n: int
    people: int
    share: Rate
    area: Rate
    above_chance: Rate
    elsewhere: Rate
    verdict: str


@dataclass(frozen=True)
class Retoning:
    """Whether a simulation of skin tones agrees with people who have them.

    AUC on pictures of ``group`` re-toned to ``tone`` minus AUC on the same as they are, beside the
    gap of real groups, dark minus light.
    """

    group: str
    tone: str
    n: int
    simulated: Rate
    real: Rate | None
    answer: str


@dataclass(frozen=True)
class Review:
    """What ``python -m training.fairness`` writes for one model and collection."""

    schema: int
    model: str
    collection: str
    title: str
    threshold: float
    scores: str
    command: str
    data_sha256: str
    date: str
    groups: tuple[GroupFigures, ...]
    gaps: tuple[Gap, ...]
    shares: tuple[LesionShare, ...] = ()
    retoning: Retoning | None = None
    probed_by: str = ""  # whose maps and re-toned answers these are, or why there are none
    weights_sha256: str = ""


def read_review(path: Path) -> Review:
    """The review in ``path``, which is beside the card of its model.

    Raises ``core.results.json_files.ResultsRejected``, also for one of other weights.
    """
    review: Review = read_schema(path, Review, SCHEMA)
    card = read_card(path.parent.parent / CARD)
    again = f"python -m training.fairness --model {card.name}"
    of_weights.check(review.weights_sha256, path, card, again)
    return review


def read_reviews(root: Path) -> tuple[list[Review], list[str]]:
    """All reviews under ``root``, by model and collection; a sentence for each unreadable one."""
    good, bad = [], []
    for path in sorted(root.glob(f"*/{FOLDER}/*.json")):
        try:
            good.append(read_review(path))
        except ResultsRejected as error:
            bad.append(str(error))
    return good, bad


def lesion_share(table: pd.DataFrame, group: str) -> LesionShare:
    """``table``: share, area, elsewhere (each in [0, 1]) and person, a row a picture."""
    person = table["person"].to_numpy()

    def mean(values: Any) -> Rate:
        weighted = metrics.weighted_mean(np.asarray(values, dtype=np.float64))
        return intervals.bootstrap(weighted, person, 0)

    above = mean(table["share"] - table["area"])
    people = len(np.unique(person))
    if people < LEAST or above.low <= 0 <= above.high:
        answer = CANT_TELL
    else:
        answer = "above chance" if above.value > 0 else "below chance"
    return LesionShare(
        group, len(table), people, mean(table["share"]), mean(table["area"]), above,
        mean(table["elsewhere"]), answer,
    )  # fmt: skip


def retoning_answer(simulated: Rate, real: Rate | None) -> str:
    """Whether a simulated change and a gap between people point the same way."""
    if real is None or real.low <= 0 <= real.high or simulated.low <= 0 <= simulated.high:
        return CANT_TELL
    return "agrees" if (simulated.value > 0) == (real.value > 0) else "disagrees"
