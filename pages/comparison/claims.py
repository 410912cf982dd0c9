"""What the report claims, what was found here, and where it contradicts itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.results import published
from core.results.scored_models import Result, start
from core.results.seeds import is_seeded
from core.results.test_sets import LEAK_FREE, OFFICIAL, VALIDATION
from core.statistics.estimates import Rate
from core.statistics.intervals import wilson
from pages.components import figure, forest

_MODELS = {"baseline": "baseline_cnn", "ResNet18": "resnet18"}
REPORT, HERE, HONEST = "the report", "here", "here, no known lesion"
_CLAIM = "'ResNet18 has the highest validation accuracy of all'"


@dataclass(frozen=True)
class AccuracyClaim:
    """A network's accuracy on the official test: as published, and what was found here."""

    network: str
    published: Rate
    where: str
    here: Rate | None
    honest: Rate | None


@dataclass(frozen=True)
class TrackClaim:
    """ResNet18 beside the best of the others of a track, on validation."""

    track: str
    resnet18: Rate
    best: Rate
    best_name: str

    @property
    def apart(self) -> bool:
        """Whether their intervals do not overlap."""
        return self.best.low > self.resnet18.high or self.resnet18.low > self.best.high


def show(results: list[Result]) -> None:
    """Draw published figures beside ours, each claim as a picture, then the contradictions."""
    _accuracy(accuracy_claims(results))
    _highest(highest_claims(results))
    st.markdown("## Where the report contradicts itself")
    st.markdown("\n".join(f"- {c.says} **But:** {c.but}" for c in published.CONTRADICTIONS))


def accuracy_claims(results: Sequence[Result]) -> list[AccuracyClaim]:
    """Both accuracies that the report gives on the official test, with ours."""
    found = []
    for row in published.TEST_ACCURACY:
        card = next((r.card for r in results if r.where == _MODELS[row.title]), None)
        ours = [
            evaluation.figures.accuracy
            if card and (evaluation := card.evaluations.get(key)) else None
            for key in (OFFICIAL, LEAK_FREE)
        ]  # fmt: skip
        n = published.TEST_PICTURES
        theirs = wilson(round(row.value * n), n)
        found.append(AccuracyClaim(row.title, theirs, row.where, ours[0], ours[1]))
    return found


def accuracy_title(claims: Sequence[AccuracyClaim]) -> str:
    """Whether the report's accuracies are found again here, from the intervals."""
    both = [(one.published, one.here) for one in claims if one.here]
    if not both:
        return "The report's accuracies: not run here"
    higher = sum(here.low > theirs.high for theirs, here in both)
    lower = sum(here.high < theirs.low for theirs, here in both)
    if not higher and not lower:
        return f"The report's accuracies are found again here: {len(both)} of {len(both)}"
    said = [f"{n} {way}" for n, way in ((higher, "higher"), (lower, "lower")) if n]
    return f"Of {len(both)} accuracies of the report, here {' and '.join(said)}"


def _accuracy(claims: Sequence[AccuracyClaim]) -> None:
    rows = pd.DataFrame(
        [(one.network, source, 100 * rate.value, 100 * rate.low, 100 * rate.high, True)
         for one in claims
         for source, rate in ((REPORT, one.published), (HERE, one.here), (HONEST, one.honest))
         if rate],
        columns=["name", "source", "value", "low", "high", "told"],
    )  # fmt: skip
    theirs = 100 * max(one.published.value for one in claims)
    plot = forest.plot(rows, "right, % (line: the report's best)", theirs, "source")
    figure.show(plot, accuracy_title(claims), rows, "claims-accuracy")
    cited = ", ".join(
        f"{one.network} {100 * one.published.value:.1f}\N{NO-BREAK SPACE}% ({one.where})"
        for one in claims
    )
    st.caption(
        f"On the official test. The report: {cited}. It gives no intervals: those in the picture "
        f"are what its {published.TEST_PICTURES} pictures allow."
    )


def highest_claims(results: Sequence[Result]) -> list[TrackClaim]:
    """ResNet18 beside the best of each track on validation, where both were run."""
    found = []
    for track in dict.fromkeys(result.track for result in results if result.track):
        runs = [
            (evaluation.figures.accuracy, result.card)
            for result in results
            if result.track == track and not is_seeded(result)
            and (evaluation := result.card.evaluations.get(VALIDATION))
        ]  # fmt: skip
        own = [rate for rate, card in runs if card.architecture == "resnet18"]
        others = [(rate, card) for rate, card in runs if card.architecture != "resnet18"]
        if own and others:
            rate, card = max(others, key=lambda other: other[0].value)
            found.append(TrackClaim(track, own[0], rate, f"{card.title} ({start(card)})"))
    return found


def highest_title(claims: Sequence[TrackClaim]) -> str:
    """In how many tracks ResNet18 is the highest, and can be told from the next."""
    above = sum(one.resnet18.value > one.best.value for one in claims)
    told = sum(one.resnet18.low > one.best.high for one in claims)
    return (
        f"Here ResNet18 is the highest in {above} of {len(claims)} tracks, and can be told from "
        f"the next in {told}"
    )


def _highest(claims: Sequence[TrackClaim]) -> None:
    st.markdown(f"## {_CLAIM}")
    if not claims:
        st.markdown("Not run: `python -m training.benchmark --data malignant_vs_benign`")
        return
    rows = pd.DataFrame(
        [(one.track, network, name, 100 * rate.value, 100 * rate.low, 100 * rate.high, one.apart)
         for one in claims
         for network, name, rate in (("ResNet18", "ResNet18", one.resnet18),
                                     ("best of the others", one.best_name, one.best))],
        columns=["name", "network", "which", "value", "low", "high", "told"],
    )  # fmt: skip
    theirs = 100 * published.TABLE_1["resnet18"].validation
    plot = forest.plot(rows, "right, % (line: the report's)", theirs, "network")
    figure.show(plot, highest_title(claims), rows, "claims-highest")
    others = "; ".join(f"{one.track}: {one.best_name}" for one in claims)
    st.caption(
        f"On validation, by track. Best of the others: {others}. Told apart, a full mark: their "
        "95\N{NO-BREAK SPACE}% intervals do not overlap. 'Two models' has the sharper, paired test."
    )
