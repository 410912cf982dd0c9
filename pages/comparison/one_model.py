"""One model on one test set: what a threshold does to it, in curves, counts and words."""

from __future__ import annotations

from math import isnan

import pandas as pd
import streamlit as st

from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics import curves
from pages.components import charts

PREVALENCE = 0.01  # a general practice, where about one lesion in a hundred is malignant


def show(results: list[Result]) -> None:
    """Draw the choice of a model and set, then everything that moves with the threshold."""
    by_title = {result.title: result for result in results}
    result = by_title[st.selectbox("Model", list(by_title))]
    keys = [key for key in result.card.evaluations if result.has_predictions(key)]
    if not keys:
        st.warning("This model has no predictions to draw.")
        return
    usual = keys.index(OFFICIAL) if OFFICIAL in keys else 0
    titles = {key: result.card.evaluations[key].title for key in keys}
    key = st.selectbox("Pictures", keys, index=usual, format_func=lambda key: titles[key])
    threshold = st.slider(
        "Answer 'malignant' from this probability up", 0.0, 1.0, result.card.threshold, 0.01
    )
    try:
        table = result.predictions(key)
    except ResultsRejected as error:
        st.warning(str(error))
        return
    labels, scores = (table["label"] == "malignant").astype(int), table["probability"]
    counts = curves.confusion(labels, scores, threshold)
    st.markdown(in_words(counts))
    st.table(confusion_table(counts))
    if labels.nunique() < 2:
        st.info("All of these pictures are of one class: there is no curve to draw.")
        return
    found, alarmed, right = "malignant found", "benign alarmed", "alarms that are right"
    first, second = st.columns(2)
    first.markdown("## ROC curve")
    roc = charts.curve(curves.roc(labels, scores), threshold, alarmed, found, diagonal=True)
    first.plotly_chart(roc)
    second.markdown("## Precision and recall")
    precise = curves.precision_recall(labels, scores)
    second.plotly_chart(charts.curve(precise, threshold, found, right, diagonal=False))
    st.markdown("## Calibration")
    bins = curves.calibration(labels, scores)
    st.plotly_chart(charts.calibration(bins))
    with st.expander("The same as a table"):
        st.dataframe(
            pd.DataFrame(
                {"predicted": b.predicted, "observed": b.malignant / b.n, "pictures": b.n}
                for b in bins
            ),
            hide_index=True,
        )


def in_words(counts: curves.Confusion) -> str:
    """What the threshold means: lesions missed, and what an alarm is worth where cancer is rare."""
    sentences = (
        ("Of 100 malignant lesions it misses **{:.0f}**.", 1 - counts.sensitivity),
        ("Of 100 benign lesions it raises a false alarm for **{:.0f}**.", 1 - counts.specificity),
        ("Where 1 lesion in 100 is malignant, of 100 alarms **{:.0f}** are right.",
         counts.precision_at(PREVALENCE)),
    )  # fmt: skip
    return " ".join(text.format(100 * share) for text, share in sentences if not isnan(share))


def confusion_table(counts: curves.Confusion) -> pd.DataFrame:
    """Rows: what the lesion is. Columns: what the model answers."""
    return pd.DataFrame(
        {
            "answers malignant": [counts.found, counts.alarmed],
            "answers benign": [counts.missed, counts.cleared],
        },
        index=["is malignant", "is benign"],
    )
