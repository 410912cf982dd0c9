"""One model on one test set: what a threshold does to it, in curves, counts and words."""

from __future__ import annotations

from math import isnan

import pandas as pd
import streamlit as st

from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics import curves
from pages.comparison import curve_charts
from pages.components import figure

USUAL = "resnet18"
_LETTERS = 30  # of a title: three charts stand beside each other on a projector of 1,024 pixels
PREVALENCE = 0.01  # a general practice, where about one lesion in a hundred is malignant


def show(results: list[Result]) -> None:
    """Draw the choice of a model and set, then everything that moves with the threshold."""
    by_title = {result.title: result for result in results}
    taught = next((i for i, r in enumerate(by_title.values()) if r.where == USUAL), 0)
    left, right = st.columns(2, gap="medium")
    result = by_title[
        left.selectbox("Model", list(by_title), taught, key="one-model", bind="query-params")
    ]
    keys = [key for key in result.card.evaluations if result.has_predictions(key)]
    if not keys:
        st.warning("This model has no predictions to draw.")
        return
    usual = keys.index(OFFICIAL) if OFFICIAL in keys else 0
    titles = {key: result.card.evaluations[key].title for key in keys}
    key = right.selectbox(
        "Pictures", keys, index=usual, format_func=titles.__getitem__, key="one-pictures",
        bind="query-params",
    )  # fmt: skip
    threshold = st.slider(
        "Answer 'malignant' from this probability up", 0.0, 1.0, result.card.threshold, 0.01,
        key=f"one-threshold-{result.where}", bind="query-params",
    )  # fmt: skip
    try:
        table = result.predictions(key)
    except ResultsRejected as error:
        st.warning(str(error))
        return
    labels, scores = (table["label"] == "malignant").astype(int), table["probability"]
    counts = curves.confusion(labels, scores, threshold)
    st.markdown(f"**{in_words(counts)}**")
    if labels.nunique() < 2:
        st.info("All of these pictures are of one class: there is no curve to draw.")
    else:
        _curves(labels, scores, threshold, counts)
    st.table(confusion_table(counts))


def _curves(
    labels: pd.Series, scores: pd.Series, threshold: float, counts: curves.Confusion
) -> None:
    found, alarmed = "share of malignant found", "share of benign alarmed"
    sound = "share of alarms that are right"
    first, second, third = st.columns(3, gap="medium")
    roc = curves.roc(labels, scores)
    figure.show(
        curve_charts.curve(roc, threshold, alarmed, found, diagonal=True), roc_title(counts),
        _points(roc, alarmed, found), "roc", first, _LETTERS,
    )  # fmt: skip
    precise = curves.precision_recall(labels, scores)
    figure.show(
        curve_charts.curve(precise, threshold, found, sound, diagonal=False),
        precision_title(counts), _points(precise, found, sound), "precision-and-recall", second,
        _LETTERS,
    )  # fmt: skip
    bins = curves.calibration(labels, scores)
    rows = pd.DataFrame(
        {"predicted": b.predicted, "observed": b.malignant / b.n, "pictures": b.n} for b in bins
    )
    figure.show(
        curve_charts.calibration(bins), calibration_title(rows), rows, "calibration", third,
        _LETTERS,
    )  # fmt: skip


def _points(curve: curves.Curve, x: str, y: str) -> pd.DataFrame:
    return pd.DataFrame({x: curve.x, y: curve.y, "threshold": curve.thresholds})


def roc_title(counts: curves.Confusion) -> str:
    """What the threshold gives on the ROC curve."""
    return (
        f"Finds {100 * counts.sensitivity:.0f} of 100 malignant and alarms "
        f"{100 * (1 - counts.specificity):.0f} of 100 benign"
    )


def precision_title(counts: curves.Confusion) -> str:
    """What an alarm is worth on these pictures."""
    alarms = counts.true_positives + counts.false_positives
    if not alarms:
        return "No alarm at this threshold"
    return f"{100 * counts.true_positives / alarms:.0f} of 100 alarms on these pictures are right"


def calibration_title(rows: pd.DataFrame) -> str:
    """Whether the chances given are too high or too low, on the mean over pictures."""
    n = rows["pictures"].sum()
    gap = 100 * float(((rows["predicted"] - rows["observed"]) * rows["pictures"]).sum() / n)
    if abs(gap) < 0.5:
        return "On the mean the chances are right within half a point"
    return f"On the mean the chances are {abs(gap):.0f} points too {'high' if gap > 0 else 'low'}"


def in_words(counts: curves.Confusion) -> str:
    """What the threshold means: lesions missed, and what an alarm is worth where cancer is rare."""
    sentences = (
        ("Of 100 malignant lesions it misses {:.0f}.", 1 - counts.sensitivity),
        ("Of 100 benign lesions it raises a false alarm for {:.0f}.", 1 - counts.specificity),
        ("Where 1 lesion in 100 is malignant, of 100 alarms {:.0f} are right.",
         counts.precision_at(PREVALENCE)),
    )  # fmt: skip
    return " ".join(text.format(100 * share) for text, share in sentences if not isnan(share))


def confusion_table(counts: curves.Confusion) -> pd.DataFrame:
    """Rows: what the lesion is. Columns: what the model answers."""
    return pd.DataFrame(
        {
            "answers malignant": [counts.true_positives, counts.false_positives],
            "answers benign": [counts.false_negatives, counts.true_negatives],
        },
        index=["is malignant", "is benign"],
    )
