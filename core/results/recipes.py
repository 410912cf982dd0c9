"""What ``python -m training.general`` tried so that no group is served worse, and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.results import of_weights
from core.results.card import CARD, read_card
from core.results.json_files import read_schema
from core.statistics.estimates import Rate

FILE = "recipes.json"
SCHEMA = 1


@dataclass(frozen=True)
class GroupAuc:
    """AUC over one group's pictures, none of which the network was trained on."""

    group: str
    n: int
    malignant: int
    auc: Rate


@dataclass(frozen=True)
class TriedRecipe:
    """One network trained by one recipe ``folds`` times, each time without one fold.

    It was scored on the first ``scored`` of these folds; where means of two recipes are compared,
    on that many of the parts that two folds share (``training.general_mean``).
    """

    network: str
    recipe: str
    about: str
    epochs: int
    groups: tuple[GroupAuc, ...]
    command: str = ""
    folds: int = 3
    scored: int = 1
    side: int = 192  # pixels of what was scored

    @property
    def worst(self) -> GroupAuc | None:
        """The group that is ranked worst: what recipes are chosen by."""
        return min(self.groups, key=lambda found: found.auc.value, default=None)


@dataclass(frozen=True)
class Recipes:
    """All recipes that were tried, and which was chosen.

    ``chosen`` was trained on everything and shipped; fold k of the shipped figures was scored by
    ``fold_scored_by[k]``.
    """

    schema: int
    command: str
    date: str
    network: str
    chosen: str
    folds: int
    compared_on: int
    fold_scored_by: tuple[str, ...]
    tried: tuple[TriedRecipe, ...]
    weights_sha256: str = ""  # of what was shipped


def read_recipes(name: str, root: Path) -> Recipes | None:
    """What was tried for the model ``root``/NAME; ``None`` where nothing was compared.

    Raises ``core.results.json_files.ResultsRejected`` for a damaged file.
    """
    path = root / name / FILE
    if not path.is_file():
        return None
    found: Recipes = read_schema(path, Recipes, SCHEMA)
    if found.weights_sha256:  # of what was tried before the weights were there, none is said
        card = read_card(root / name / CARD)
        of_weights.check(found.weights_sha256, path, card, found.command)
    return found
