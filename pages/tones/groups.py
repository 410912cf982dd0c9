"""Figures by group of people: a chart, its table, the gaps, and what the data can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core import checkpoints
from core.fairness import at_threshold, groups
from core.fairness.at_threshold import EVERYBODY, MOVED
from core.fairness.groups import GroupFigures
from core.fairness.review import LesionShare, Review
from core.results import published
from core.results.json_files import ResultsRejected
from core.statistics.estimates import Rate, decimal, percent
from pages.components import figure, text_table
from pages.tones import gaps, group_chart, retoning

if TYPE_CHECKING:
    import pandas as pd

NOT_RUN = "Not run yet: `python -m training.fairness --model resnet18 --data FOLDER`"
# Every picture of a diagnosis is of one class: it has one of these rates, and nothing else.
DIAGNOSIS = "diagnosis"
_BY = {
    "fitzpatrick": "skin type (Fitzpatrick)", "sex": "sex", "age": "age", "site": "body site",
    EVERYBODY: "all together", DIAGNOSIS: "diagnosis",
}  # fmt: skip
MEASURES = gaps.NAMES


def show(reviews: list[Review]) -> None:
    """Draw one collection's groups for all models that were reviewed on it."""
    if not reviews:
        st.info(NOT_RUN)
        return
    titles = {review.collection: review.title for review in reviews}
    collection = st.selectbox(
        "Pictures", list(titles), format_func=titles.__getitem__, key="groups-of",
        bind="query-params",
    )  # fmt: skip
    here = [review for review in reviews if review.collection == collection]
    kinds = [k for k in _BY if any(group.by == k for review in here for group in review.groups)]
    left, right = st.columns(2)
    by = left.selectbox(
        "Groups", kinds, format_func=_BY.__getitem__, key="groups-by", bind="query-params",
    )  # fmt: skip
    offered = MOVED if by == DIAGNOSIS else tuple(MEASURES)
    measure = right.selectbox(
        "Measure", offered, format_func=MEASURES.__getitem__, key="groups-measure",
        bind="query-params",
    )  # fmt: skip
    at = threshold(here[0].threshold, collection) if measure in MOVED else None
    figures([_at(review, by, at) for review in here], by, measure)
    if at is not None:
        st.caption(
            "At the models' own operating point the figures are from files; at another they are "
            "worked out here in the same way, from the score of each picture."
        )
    if by == DIAGNOSIS:
        st.caption(
            "Collections do not agree on what is malignant: actinic keratosis, which may become a "
            "carcinoma, counts as benign in PAD-UFES-20 and as malignant in HAM10000 and "
            "Fitzpatrick17k. A model that has learned from them cannot be right in all."
        )
    _shares(here)
    retoning.show(here)
    if by == "fitzpatrick":
        pairs = " and ".join(f"{auc:.2f} on {pair}" for pair, auc in published.DDI_AUC.items())
        st.caption(
            f"Published, on other pictures: a network trained on HAM10000 reached an AUC of {pairs}"
            " (Daneshjou et al., *Science Advances* 8, eabq6147, 2022)."
        )


def threshold(own: float, key: str) -> float:
    """Ask from which chance up malignant is answered; ``own`` is the model's operating point."""
    return st.slider(
        "Threshold: malignant is answered from this chance up", 0.01, 0.99, own, 0.01,
        key=f"threshold_{key}", bind="query-params",
        help="A lower one finds more malignant lesions and alarms more people for nothing.",
    )  # fmt: skip


def _at(review: Review, by: str, at: float | None) -> Review:
    """The review at a threshold; as it is, with a sentence, if its scores can't be read."""
    if at is None or abs(at - review.threshold) < 1e-9:
        return review
    try:
        return at_threshold.moved(
            review, at_threshold.read_scores(review, checkpoints.FOLDER), by, at
        )
    except ResultsRejected as error:
        st.warning(
            f"{review.model} stays at its own threshold of {review.threshold:.2f}: {error}",
            icon=":material/broken_image:",
        )
        return review


def figures(reviews: list[Review], by: str, measure: str) -> None:
    """Draw one measure for the groups ``by``: chart, table, and who is served better."""
    rows = table(reviews, by, measure)
    known = rows.dropna(subset=["value"])
    if len(known):
        figure.show(
            group_chart.plot(known, MEASURES[measure]), group_title(known, measure), known,
            f"groups-{by}-{measure}",
        )  # fmt: skip
    else:
        st.info("No group has enough people of the class that this measure is about.")
    with st.expander("Group by group, as a table", icon=":material/table:"):
        _as_text(reviews, by, measure)
    gaps.show(reviews, by, measure)


def group_title(rows: pd.DataFrame, measure: str) -> str:
    """What the chart shows, from its own figures: the spread over groups and models."""
    several = rows["model"].nunique() > 1
    ends = []
    for _, row in rows.sort_values("value", kind="stable").iloc[[0, -1]].iterrows():
        whose = f"{row['group']}, {row['model']}" if several else row["group"]
        ends.append(f"{row['value']:.2f} ({whose})")
    return f"{MEASURES[measure]} from {ends[0]} to {ends[1]}"


def table(reviews: list[Review], by: str, measure: str) -> pd.DataFrame:
    """A row a model and group: model, group, n, malignant, value, low, high.

    There is no value where no figure can be given.
    """
    import pandas as pd

    rows = []
    for review in reviews:
        for group in review.groups:
            if group.by == by:
                rate: Rate | None = getattr(group, measure)
                found = (rate.value, rate.low, rate.high) if rate else (None, None, None)
                rows.append((review.model, group.group, group.n, group.malignant, *found))
    columns = ["model", "group", "n", "malignant", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], float))


def _as_text(reviews: list[Review], by: str, measure: str) -> None:
    # What a threshold moves is a bargain: neither side of it is shown without the other.
    measures = MOVED if measure in MOVED else (measure,)
    heads = [MEASURES[name] for name in measures]
    heads += {"auc": ["better than a coin?"], "ece": ["predicted"]}.get(measure, [])
    rows = [
        (review.model, *_cells(group, measures))
        for review in reviews for group in review.groups if group.by == by
    ]  # fmt: skip
    text_table.show(
        ("model", "group", "n", "people", "malignant", *heads, "observed"), rows,
        "The figures of the chart, group by group.",
    )  # fmt: skip
    st.caption(
        "Observed is the share that is malignant"
        + (", predicted the mean chance of it that the model gives. " if measure == "ece" else ". ")
        + f"A dash: fewer than {groups.LEAST} people of the class that the figure is about."
    )


def _cells(group: GroupFigures, measures: tuple[str, ...]) -> tuple[str, ...]:
    shown = []
    for name in measures:
        rate: Rate | None = getattr(group, name)
        shown.append(percent(rate) if name in MOVED else decimal(rate))
        if name == "auc":
            shown.append(groups.beats_chance(rate))
        elif name == "ece":
            shown.append(percent(group.predicted))
    counts = (f"{count:,}" for count in (group.n, group.people, group.malignant))
    return group.group, *counts, *shown, percent(group.observed)


def whole(review: Review) -> None:
    """Draw the row of all pictures together, before any group of them."""
    everybody = [group for group in review.groups if group.by == EVERYBODY]
    measures = tuple(MEASURES)
    rows = [
        (f"{group.n:,}", f"{group.malignant:,}",
         *(percent(rate) if name in MOVED else decimal(rate)
           for name in measures for rate in [getattr(group, name)]))
        for group in everybody
    ]  # fmt: skip
    if rows:
        st.markdown("**All pictures together**")
        heads = ("pictures", "malignant", *(MEASURES[name] for name in measures))
        text_table.show(heads, rows, "The figures of all pictures together.")


def _shares(reviews: list[Review]) -> None:
    rows = [(review.model, *_share(share)) for review in reviews for share in review.shares]
    if not rows:
        return
    st.markdown("## How much of the saliency map lies on the lesion?")
    heads = ("model", "type", "n", "on the lesion", "lesion's area (chance)", "mean map", "verdict")
    text_table.show(heads, rows, "Share of the saliency map on the lesion, by type.")
    st.caption(
        "Against masks drawn by people. 'Mean map' is what the model's average map, which knows "
        "where lesions usually lie but not this picture, has on the lesion: a map worth more than "
        "habit has to beat that too."
    )
    for review in reviews:
        if review.probed_by:
            st.caption(f"Maps of {review.model}: {review.probed_by}.")


def _share(share: LesionShare) -> tuple[str, ...]:
    rates = (percent(rate) for rate in (share.share, share.area, share.elsewhere))
    return share.group, f"{share.n:,}", *rates, share.verdict
