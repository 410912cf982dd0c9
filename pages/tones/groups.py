"""Figures by group of people: a chart, its table, the gaps, and what the data can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core import checkpoints
from core.fairness import at_threshold, groups, more_pictures
from core.fairness.at_threshold import EVERYBODY, MOVED
from core.fairness.groups import GroupFigures
from core.fairness.review import LesionShare, Retoning, Review
from core.pictures.colour import MONK
from core.results import published
from core.results.json_files import ResultsRejected
from core.statistics.estimates import Rate, decimal, percent
from pages.components import figure, forest, text_table
from pages.tones import group_chart, recipes_tried

if TYPE_CHECKING:
    import pandas as pd

NOT_RUN = "Not run yet: `python -m training.fairness --model resnet18 --data FOLDER`"
# Every picture of a diagnosis is of one class: it has one of these rates, and nothing else.
DIAGNOSIS = "diagnosis"
_BY = {
    "fitzpatrick": "skin type (Fitzpatrick)", "sex": "sex", "age": "age", "site": "body site",
    EVERYBODY: "all together", DIAGNOSIS: "diagnosis",
}  # fmt: skip
MEASURES = {
    "auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity", "ece": "ECE",
}  # fmt: skip


def show(reviews: list[Review]) -> None:
    """Draw one collection's groups for all models that were reviewed on it."""
    if not reviews:
        st.info(NOT_RUN)
        return
    titles = {review.collection: review.title for review in reviews}
    collection = st.selectbox(
        "Pictures", list(titles), format_func=titles.__getitem__, key="groups-of"
    )
    here = [review for review in reviews if review.collection == collection]
    kinds = [k for k in _BY if any(group.by == k for review in here for group in review.groups)]
    left, right = st.columns(2)
    by = left.selectbox("Groups", kinds, format_func=_BY.__getitem__, key="groups-by")
    offered = MOVED if by == DIAGNOSIS else tuple(MEASURES)
    measure = right.selectbox(
        "Measure", offered, format_func=MEASURES.__getitem__, key="groups-measure"
    )
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
    _retoning(here)
    recipes_tried.offer()
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
        key=f"threshold_{key}",
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
    _gaps(reviews, by, measure)


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


def gap_rows(reviews: list[Review], by: str, measure: str) -> pd.DataFrame:
    """A row a model and pair of groups: name, model, value, low, high, told, verdict.

    Those of which no figure can be given are left out.
    """
    import pandas as pd

    rows = [
        (f"{gap.first} minus {gap.second}", review.model, gap.difference.value, gap.difference.low,
         gap.difference.high, gap.verdict != groups.CANT_TELL, gap.verdict)
        for review in reviews for gap in review.gaps
        if gap.by == by and gap.measure == measure and gap.difference
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "model", "value", "low", "high", "told", "verdict"])


def gap_title(rows: pd.DataFrame, measure: str) -> str:
    """What the gaps say, counted."""
    told = int(rows["told"].sum())
    what = f"{told} of {len(rows)} gaps in {MEASURES[measure]} can be told from none"
    return (
        what if told else f"None of {len(rows)} gaps in {MEASURES[measure]} can be told from none"
    )


def _gaps(reviews: list[Review], by: str, measure: str) -> None:
    gaps = [(review, gap) for review in reviews for gap in review.gaps
            if gap.by == by and gap.measure == measure]  # fmt: skip
    if not gaps:
        return
    st.markdown("## Are they served alike?")
    rows = gap_rows(reviews, by, measure)
    if len(rows):
        plot = forest.plot(rows, f"difference in {MEASURES[measure]}", 0.0, "model")
        figure.show(plot, gap_title(rows, measure), rows, f"gaps-{by}-{measure}")
    wanted = [(review, found) for review, gap in gaps
              if (found := more_pictures.wanted(gap, review.groups))]  # fmt: skip
    if wanted:
        st.markdown("**What these pictures can't tell, and how many more would:**")
        several = len(reviews) > 1
        st.markdown(
            "\n".join(
                f"- {f'{review.model}, ' if several else ''}{more_pictures.in_words(found)}"
                for review, found in wanted
            )
        )
    st.caption(
        "A full mark: the 95 % interval spares 0. A hollow one: it holds 0, so these pictures "
        "can't tell. Of many comparisons one in twenty comes out wrong by chance. How many more "
        "is reckoned by the width of the interval: a plan, not a promise."
    )


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


def _retoning(reviews: list[Review]) -> None:
    lines = [
        f"- **{review.model}**: {_simulated(review.retoning)}"
        for review in reviews
        if review.retoning
    ]
    if lines:
        st.markdown("## Does the simulation of darker skin agree with people?")
        st.markdown("\n".join(lines))


def _simulated(found: Retoning) -> str:
    real = f"V-VI minus I-II is {decimal(found.real)}" if found.real else "no gap could be measured"
    return (
        f"re-toning {found.n:,} pictures of {found.group} to {_tone(found.tone)} changes the AUC "
        f"by {decimal(found.simulated)}; between people, {real}. Same direction: "
        f"**{found.answer}**."
    )


def _tone(code: str) -> str:
    """A tone of the Monk scale by its number: a colour's code says nothing to anybody."""
    number = f"tone {MONK.index(code) + 1} of {len(MONK)}" if code in MONK else "another tone"
    return f"{number} (Monk scale)"
