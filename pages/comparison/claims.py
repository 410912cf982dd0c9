"""What the report claims, what was found here, and where it contradicts itself."""

from __future__ import annotations

import streamlit as st

from core.results import published
from core.results.scored_models import Result, start
from core.results.seeds import is_seeded
from core.results.test_sets import LEAK_FREE, OFFICIAL, VALIDATION
from core.statistics.estimates import percent
from pages.components import text_table

_MODELS = {"baseline": "baseline_cnn", "ResNet18": "resnet18"}


def show(results: list[Result]) -> None:
    """Draw published figures beside ours, then the contradictions."""
    st.markdown("## Accuracy on the official test of 660")
    rows = []
    for row in published.TEST_ACCURACY:
        here = [r for r in results if r.where == _MODELS[row.title]]
        cells = [_accuracy(here[0], key) if here else "not run" for key in (OFFICIAL, LEAK_FREE)]
        rows.append((row.title, f"{100 * row.value:.1f} % ({row.where})", *cells))
    text_table.show(
        ("network", "the report", "here", "here, no known lesion"), rows,
        "The report's accuracies and ours.",
    )  # fmt: skip
    st.markdown("## 'ResNet18 has the highest validation accuracy of all'")
    st.markdown(architecture_claim(results))
    st.markdown("## Where the report contradicts itself")
    st.markdown("\n".join(f"- {c.says} **But:** {c.but}" for c in published.CONTRADICTIONS))


def architecture_claim(results: list[Result]) -> str:
    """Markdown: ResNet18 beside the best of each track on validation, where both were run."""
    lines = ["| track | ResNet18 | best of the others | told apart? |", "|:--|--:|--:|:--|"]
    above = told = 0
    for track in dict.fromkeys(result.track for result in results if result.track):
        runs = [
            (evaluation.figures.accuracy, result.card)
            for result in results
            if result.track == track and not is_seeded(result)
            and (evaluation := result.card.evaluations.get(VALIDATION))
        ]  # fmt: skip
        own = [rate for rate, card in runs if card.architecture == "resnet18"]
        others = [
            (rate.value, rate, card) for rate, card in runs if card.architecture != "resnet18"
        ]
        if own and others:
            _, rate, card = max(others, key=lambda other: other[0])
            apart = "no" if rate.low <= own[0].high and own[0].low <= rate.high else "yes"
            above += own[0].value > rate.value
            told += own[0].low > rate.high
            best = f"{card.title} ({start(card)}), {percent(rate)}"
            lines.append(f"| {track} | {percent(own[0])} | {best} | {apart} |")
    if len(lines) == 2:
        return "Not run: `python -m training.benchmark --data malignant_vs_benign`"
    verdict = (
        f"**Here it is the highest in {above} of {len(lines) - 2} tracks, and can be told from the "
        f"next in {told}.**"
    )
    return "\n".join([verdict, "", *lines, "", "Told apart: their 95 % intervals do not overlap. "
                       "'Two models' has the sharper, paired test."])  # fmt: skip


def _accuracy(result: Result, key: str) -> str:
    evaluation = result.card.evaluations.get(key)
    return percent(evaluation.figures.accuracy) if evaluation else "not scored"
