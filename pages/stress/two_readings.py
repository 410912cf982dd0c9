"""The report's 0.003 in its two readings, in our own figures: in pixels, or after normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import checkpoints
from core.networks import registry
from core.results import published
from core.results.robustness import FGSM, FGSM_NORMALISED, NONE, REPORTS, on_the_same
from core.results.scored_models import BENCHMARK
from core.statistics.estimates import Rate, percent
from pages.stress import test_set
from pages.stress.setting import STANDARD
from pages.stress.test_set import NOT_RUN, Tables

if TYPE_CHECKING:
    import pandas as pd

LITERAL_TRACK, LITERAL = "report", "resnet18"  # the benchmark's run of the report's own recipe


@dataclass(frozen=True)
class Fall:
    """One network's accuracy: as it is, and under the report's FGSM in either reading."""

    subject: str
    clean: Rate
    pixel: Rate
    normalised: Rate


def headline(tables: Tables) -> str:
    """What the report's 0.003 is, in our own figures; the command where there are none.

    A network trained by the report's own recipe has the first word, where one was scored.
    """
    by_recipe = test_set.read([LITERAL], checkpoints.FOLDER / BENCHMARK / LITERAL_TRACK).get(
        LITERAL
    )
    falls = [
        found for found in (
            _fall("Ours by the report's own recipe", by_recipe),
            _fall("The ResNet18 shipped here", tables.get(STANDARD)),
        ) if found
    ]  # fmt: skip
    if not falls:
        return NOT_RUN.format(STANDARD)
    first, *others = falls
    theirs = published.UNDER_FGSM.value
    told = (
        f"The report's ResNet18 fell from {100 * published.CLEAN.value:.1f} to "
        f"{100 * theirs:.1f}\N{NO-BREAK SPACE}% under FGSM of {REPORTS:g}, 'the value of one "
        f"pixel'. {first.subject} falls from "
        f"{percent(first.clean)} to **{percent(first.pixel)}** if that is in pixel units, and to "
        f"**{percent(first.normalised)}** if it is added after normalisation."
    )
    for other in others:
        told += (
            f" {other.subject} falls from {percent(other.clean)} to {percent(other.pixel)} and to "
            f"{percent(other.normalised)}."
        )
    return f"{told} {verdict(falls, theirs)}"


def verdict(falls: list[Fall], theirs: float) -> str:
    """Which reading of 0.003 the report's accuracy speaks for, and whether that settles it."""
    nearer = [
        abs(fall.normalised.value - theirs) < abs(fall.pixel.value - theirs) for fall in falls
    ]
    if not any(nearer):
        return "The report's figure is nearer to the first reading."
    if not all(nearer):
        return "One speaks for the first reading and one for the second: that settles nothing."
    std = registry.get("resnet18").normalisation.std
    mean = sum(std) / len(std)
    said = (
        "The report's figure is nearer to the second reading: it probably changed normalised "
        f"pictures, where {REPORTS:g} is only about {REPORTS * mean:.4f} of a pixel's range, and "
        f"so understates the danger {1 / mean:.0f} times in epsilon."
    )
    left = sorted(fall.normalised.value for fall in falls)
    if not any(fall.normalised.low <= theirs <= fall.normalised.high for fall in falls):
        said += " But neither reading gives it"
        if len(left) > 1:
            said += (
                f": how the network was trained alone moves the second from {100 * left[0]:.0f} "
                f"to {100 * left[-1]:.0f}\N{NO-BREAK SPACE}%"
            )
        said += "."
    return said


def _fall(subject: str, table: pd.DataFrame | None) -> Fall | None:
    if table is None:
        return None
    found = on_the_same(table, (NONE, 0.0), (FGSM, REPORTS), (FGSM_NORMALISED, REPORTS))
    return Fall(f"{subject}{found.told}", *found.accuracies) if found else None
