"""Two models on the same pictures: where they disagree, and whether that means anything."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics import metrics
from core.statistics.estimates import Rate
from core.statistics.paired_test import McNemar, mcnemar

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
    first = by_title[left.selectbox("First model", list(by_title), usual[0], key="first-model")]
    second = by_title[right.selectbox("Second model", list(by_title), usual[1], key="second-model")]
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
    st.markdown(f"**{in_a_sentence(test, gap)}**")
    st.table(agreement(right_a, right_b))
    st.markdown(
        f"- McNemar's exact test on the official test's {len(a):,} pictures: only the first is "
        f"right on {test.only_first}, only the second on {test.only_second}; {_p(test.p)}.\n"
        f"- AUC of the first minus the second: {gap.value:+.3f} (95 % interval {gap.low:+.3f} to "
        f"{gap.high:+.3f}, drawn by lesion)."
    )


def in_a_sentence(test: McNemar, gap: Rate) -> str:
    """Whether the pictures can tell the two apart."""
    by_answers, by_ranking = test.p < _SURE, gap.low > 0 or gap.high < 0
    better = "first" if test.only_first > test.only_second else "second"
    ranks = "first" if gap.value > 0 else "second"
    if by_answers and by_ranking and better == ranks:
        return f"The {better} is better, in its answers and in its ranking."
    if by_answers:
        return f"The {better} answers better; on ranking the data can't tell, or say otherwise."
    if by_ranking:
        return f"The {ranks} ranks better; on their answers the data can't tell them apart."
    return "These pictures can't tell the two apart."


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def agreement(right_a: pd.Series, right_b: pd.Series) -> pd.DataFrame:
    """How often both, one or none was right."""
    return pd.DataFrame(
        {
            "second right": [int((right_a & right_b).sum()), int((~right_a & right_b).sum())],
            "second wrong": [int((right_a & ~right_b).sum()), int((~right_a & ~right_b).sum())],
        },
        index=["first right", "first wrong"],
    )
