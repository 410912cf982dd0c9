"""What ``python -m training.map_check`` writes beside a model: do its maps know what it learned?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.results import of_weights
from core.results.card import Card
from core.results.json_files import read_schema
from core.statistics.estimates import Rate

FILE = "map_check.json"
SCHEMA = 1


@dataclass(frozen=True)
class MapCheckStage:
    """Layer ``layer`` and all above it drawn afresh: how much the maps are still alike.

    ``likeness`` is the mean of Spearman's rank correlation between the maps before and after, over
    pictures, in [-1, 1], with its 95 % interval; ``n`` is how many maps were not empty, and where
    none was there is no likeness.
    """

    layer: str
    likeness: Rate | None
    n: int


@dataclass(frozen=True)
class MapCheck:
    """The weight-randomisation check of one model (Adebayo et al. 2018, arXiv:1810.03292).

    ``other_pictures`` is the same correlation between the trained network's maps of two different
    pictures: what maps have in common that know nothing of the picture. ``collections`` has how
    many pictures are of each, where the model was trained on several.
    """

    schema: int
    command: str
    date: str
    data: str
    weights_sha256: str
    pictures: int
    draws: int
    seed: int
    stages: tuple[MapCheckStage, ...]
    other_pictures: Rate | None
    collections: dict[str, int] = field(default_factory=dict)


def read_map_check(card: Card, root: Path) -> MapCheck | None:
    """The check of a model under ``root``; ``None`` where there is none.

    Raises ``core.results.json_files.ResultsRejected`` for a damaged file or
    one of other weights.
    """
    path = root / card.name / FILE
    if not path.is_file():
        return None
    found: MapCheck = read_schema(path, MapCheck, SCHEMA)
    again = f"python -m training.map_check --model {card.name}"
    of_weights.check(found.weights_sha256, path, card, again)
    return found
