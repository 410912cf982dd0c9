"""What the report claims, what was found here, and where it contradicts itself."""

from __future__ import annotations

import streamlit as st

from core import published
from core.benchmark import Result
from core.results import LEAK_FREE, OFFICIAL, percent

_MODELS = {"baseline": "baseline_cnn", "ResNet18": "resnet18"}


def show(results: list[Result]) -> None:
    """Draw published figures beside ours, then the contradictions."""
    st.markdown("##### Accuracy on the official test of 660")
    lines = ["| network | the report | here | here, lesions not in train |", "|:--|--:|--:|--:|"]
    for row in published.TEST_ACCURACY:
        here = [r for r in results if r.where == _MODELS[row.title]]
        cells = [_accuracy(here[0], key) if here else "not run" for key in (OFFICIAL, LEAK_FREE)]
        lines.append(
            f"| {row.title} | {100 * row.value:.1f} % ({row.where}) | {' | '.join(cells)} |"
        )
    st.markdown("\n".join(lines))
    st.markdown("##### Where the report contradicts itself")
    st.markdown("\n".join(f"- {c.says} **But:** {c.but}" for c in published.CONTRADICTIONS))


def _accuracy(result: Result, key: str) -> str:
    evaluation = result.card.evaluations.get(key)
    return percent(evaluation.figures.accuracy) if evaluation else "not scored"
