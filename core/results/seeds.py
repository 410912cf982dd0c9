"""Runs that differ in nothing but their seed: what a change does, beside what luck does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

from core.networks.registry import ARCHITECTURES
from core.results.scored_models import Result

_SEEDED = re.compile(r"(.+)-seed(\d+)")
REFERENCE = "reference"


@dataclass(frozen=True)
class Spread:
    """The mean over runs, and the lowest and highest of them."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Seeds:
    """A track's runs of one name by seed."""

    track: str
    name: str
    results: dict[int, Result]

    @property
    def title(self) -> str:
        known = ARCHITECTURES.get(self.name)
        return f"{self.track}: {known.title if known else self.name}"

    def spread(self, figure: Callable[[Result], float | None]) -> Spread | None:
        """Of a figure, over the runs that have it; ``None`` if none has."""
        values = [v for v in map(figure, self.results.values()) if v is not None]
        return Spread(mean(values), min(values), max(values), len(values)) if values else None


def groups(results: list[Result]) -> list[Seeds]:
    """All runs named NAME-seedN, by track and name; the reference comes first."""
    found: dict[tuple[str, str], dict[int, Result]] = {}
    for result in results:
        match = _SEEDED.fullmatch(result.card.name)
        if match and result.track is not None:
            found.setdefault((result.track, match[1]), {})[int(match[2])] = result
    seeds = [
        Seeds(track, name, dict(sorted(runs.items()))) for (track, name), runs in found.items()
    ]
    return sorted(seeds, key=lambda s: (s.track != REFERENCE, s.track, s.name))


def is_seeded(result: Result) -> bool:
    """Whether it is one of several runs that differ in their seed."""
    return result.track is not None and _SEEDED.fullmatch(result.card.name) is not None
