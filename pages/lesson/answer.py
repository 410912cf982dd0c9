"""A step's answer: sentences with a chart or a table, for the page and for what is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core import checkpoints
from core.results import robustness
from core.results.card import Card
from core.results.json_files import ResultsRejected
from core.statistics.estimates import decimal, percent
from pages.components import figure, rate_table

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

    from core.classifier import Classifier

INTERVAL = "In brackets the 95\N{NO-BREAK SPACE}% interval."


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure with its finding as title, and the figures behind it."""

    figure: go.Figure
    title: str
    rows: pd.DataFrame
    name: str


@dataclass(frozen=True, eq=False)
class Answer:
    """``sentences`` are Markdown with nothing but ** and ' in it; the table may be empty.

    Where there is a ``chart``, it stands on the page in the table's place; paper has the table.
    """

    sentences: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    chart: Chart | None = None


# Makes a step's answer of a model, when it is asked for.
Reveal = Callable[["Classifier"], Answer]


def draw(answer: Answer, words: DeltaGenerator, below: DeltaGenerator) -> None:
    """Draw what an answer says in one place, and its chart or table in another."""
    words.markdown("\n\n".join(answer.sentences))
    with below:
        if answer.chart:
            chart = answer.chart
            figure.show(chart.figure, chart.title, chart.rows, chart.name)
        elif answer.rows:
            # not text_table: a phone would hide the last column, of which the step speaks
            plain = [None] * len(answer.heads)
            rate_table.show(answer.heads, answer.rows, "The figures of the answer.", plain)
        if answer.note:
            st.caption(answer.note)


def missing() -> Answer:
    """What is said where a card lacks the figures that a step is about."""
    return Answer(("This model's card has no figures for this step.",))


def sweep(name: str) -> pd.DataFrame | None:
    """A model's accuracy under changes of the test's pictures, where it was measured."""
    try:
        return robustness.read_robustness(name, checkpoints.FOLDER)
    except ResultsRejected:
        return None


def figures_on(
    card: Card, keys: tuple[str, ...], measures: tuple[str, ...], *, counted: bool = False
) -> tuple[tuple[str, ...], ...]:
    """A row a set of pictures: its title, how many where ``counted``, and the measures."""
    rows = []
    for key in keys:
        test = card.evaluations.get(key)
        if test is None:
            continue
        cells = [
            decimal(test.figures.auc) if measure == "auc"
            else percent(getattr(test.figures, measure))
            for measure in measures
        ]  # fmt: skip
        rows.append((test.title, *([f"{test.figures.n:,}"] if counted else []), *cells))
    return tuple(rows)
