"""What ``python -m training.look_alikes`` writes beside a model: whom its features place nearby."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.results import of_weights
from core.results.card import Card
from core.results.json_files import read_schema
from core.statistics.estimates import Rate

FILE, FEATURES = "look_alikes.json", "look_alikes.safetensors"
SCHEMA = 1


@dataclass(frozen=True)
class VoteCheck:
    """How well the nearest pictures' diagnoses rank held-out ones, and the network on the same.

    Each AUC with its 95 % interval, bootstrapped by lesion.
    """

    title: str
    n: int
    malignant: int
    vote: Rate
    network: Rate


@dataclass(frozen=True)
class LookAlikesRecord:
    """Of which weights and pictures (``files``, in order) the features beside it are.

    A picture is far from all where its greatest cosine is below ``far_below``: so are 1 in 100 of
    the ``measured`` pictures of the same collections that are not among these.
    """

    schema: int
    command: str
    date: str
    weights_sha256: str
    features_sha256: str
    files: tuple[str, ...]
    malignant: int
    far_below: float
    measured: int
    checks: dict[str, VoteCheck]


def read_look_alikes(card: Card, root: Path) -> LookAlikesRecord | None:
    """The record of a model under ``root``; ``None`` where there is none.

    Raises ``core.results.json_files.ResultsRejected`` for a damaged file or one of other weights.
    """
    path = root / card.name / FILE
    if not path.is_file():
        return None
    found: LookAlikesRecord = read_schema(path, LookAlikesRecord, SCHEMA)
    again = f"python -m training.look_alikes --model {card.name} --data FOLDER"
    of_weights.check(found.weights_sha256, path, card, again)
    return found
