"""Two models on the same pictures: where they disagree, and whether that means anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics import metrics
from core.statistics.estimates import Rate
from core.statistics.paired_test import McNemar, mcnemar
from pages.components import charts, figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SURE = 0.05
USUAL = ("baseline_cnn", "resnet18")  # whom the report compared


def show(results: list[Result]) -> None:
    """Draw the choice of two models and the comparison on the official test."""
    ready = [result for result in results if OFFICIAL in result.card.evaluations]
    if len(ready) < 2:
        st.info("Two models with results on the official test are needed.")
        return
    left, right = st.columns(2)
    by_title = {result.title: result for result in ready}
    names = [result.where for result in ready]
    usual = [names.index(name) if name in names else i for i, name in enumerate(USUAL)]
    first, second = (
        by_title[
            place.selectbox(
                label, list(by_title), index, key=key, bind="query-params",
            )
        ]
        for place, label, index, key in (
            (left, "First model", usual[0], "first-model"),
            (right, "Second model", usual[1], "second-model"),
        )
    )  # fmt: skip
    try:
        tables = [result.predictions(OFFICIAL).set_index("file") for result in (first, second)]
    except ResultsRejected as error:
        st.warning(str(error))
        return
    if set(tables[0].index) != set(tables[1].index):
        st.warning("The two were not scored on the same pictures.")
        return
    a, b = tables[0], tables[1].loc[tables[0].index]
    labels = (a["label"] == "malignant").astype(int)
    right_a = (a["probability"] >= first.card.threshold) == labels
    right_b = (b["probability"] >= second.card.threshold) == labels
    test = mcnemar(right_a, right_b)
    gap = metrics.auc_difference(labels, a["probability"], b["probability"], a["group"])
    pair = (first.where, second.where)
    st.markdown(f"**{in_a_sentence(test, gap, *pair)}**")
    counted = agreement(right_a, right_b, *pair)
    figure.show(plot(counted), only_one_title(test, *pair), counted, "who-is-right")
    st.markdown(
        f"- McNemar's exact test on the official test's {len(a):,} pictures: only {pair[0]} is "
        f"right on {test.only_first}, only {pair[1]} on {test.only_second}; {_p(test.p)}.\n"
        f"- AUC of {pair[0]} minus {pair[1]}: {gap.value:+.3f} (95\N{NO-BREAK SPACE}% interval "
        f"{gap.low:+.3f} to "
        f"{gap.high:+.3f}, drawn by lesion)."
    )


def in_a_sentence(test: McNemar, gap: Rate, first: str, second: str) -> str:
    """Whether the pictures can tell the two apart."""
    by_answers, by_ranking = test.p < _SURE, gap.low > 0 or gap.high < 0
    better = first if test.only_first > test.only_second else second
    ranks = first if gap.value > 0 else second
    if by_answers and by_ranking and better == ranks:
        return f"{better} is better, in its answers and in its ranking."
    if by_answers:
        return f"{better} answers better; on ranking the data can't tell, or say otherwise."
    if by_ranking:
        return f"{ranks} ranks better; on their answers the data can't tell them apart."
    return f"These pictures can't tell {first} and {second} apart."


def only_one_title(test: McNemar, first: str, second: str) -> str:
    """On how many pictures only one of the two is right."""
    return f"Right alone: {first} on {test.only_first}, {second} on {test.only_second} pictures"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def agreement(right_a: pd.Series, right_b: pd.Series, first: str, second: str) -> pd.DataFrame:
    """How often both, one or none was right: a row each, who is right and pictures."""
    counts = {
        "both": right_a & right_b, f"only {first}": right_a & ~right_b,
        f"only {second}": ~right_a & right_b, "neither": ~right_a & ~right_b,
    }  # fmt: skip
    rows = [(who, int(of.sum())) for who, of in counts.items()]
    return pd.DataFrame(rows, columns=["who is right", "pictures"])


def plot(counted: pd.DataFrame) -> go.Figure:
    """A bar for each row of ``agreement``, its number at its end."""
    import plotly.graph_objects as go

    drawn = go.Figure(
        go.Bar(
            x=counted["pictures"], y=counted["who is right"], orientation="h",
            text=counted["pictures"], textposition="outside", cliponaxis=False, name="pictures",
            marker={"color": charts.COLOURS[0]},
        )
    )  # fmt: skip
    drawn.update_xaxes(title="pictures of the official test")
    drawn.update_yaxes(autorange="reversed")
    return charts.placed(drawn).update_layout(showlegend=False, height=260)
