"""A model's card, drawn from its file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import checkpoints
from core.results import look_alikes, map_check
from core.results.card import Card
from core.results.collections import in_words
from core.results.json_files import ResultsRejected
from core.results.look_alikes import LookAlikesRecord
from core.results.map_check import MapCheck
from core.statistics.estimates import decimal, percent
from pages.cards import limits
from pages.components import rate_table

_HEADS = ("pictures", "AUC", "sensitivity", "specificity")


def show(card: Card) -> None:
    """Draw one card: what it is, its figures, and how it came about."""
    with st.container(border=True):
        st.subheader(f"{card.title} · {card.name}", anchor=False)
        st.markdown(in_words(card.description))
        told = f"What {card.title} scored on each set of pictures."
        rate_table.show(_HEADS, _headline(card), told, (None, "decimal", "percent", "percent"))
        st.caption(
            "In brackets, and as a bar, the 95\N{NO-BREAK SPACE}% interval; the dashed line is "
            "a coin's AUC of 0.5."
        )
        with st.expander("All its figures, to sort", icon=":material/table:"):
            st.dataframe(figures_table(card), hide_index=True, alt=told)
            st.caption(
                "In brackets the 95\N{NO-BREAK SPACE}% interval. ECE: expected "
                "calibration error, ten bins."
            )
        if card.limits is not None:
            limits.show(card.limits)
        _show_map_check(card)
        _show_look_alikes(card)
        with st.expander("How it was made"):
            st.markdown(origin(card))


def _show_map_check(card: Card) -> None:
    try:
        found = map_check.read_map_check(card, checkpoints.FOLDER)
    except ResultsRejected as error:
        st.warning(str(error))
        return
    if found is not None:
        with st.expander("Do its maps know what it has learned?"):
            st.markdown(maps_forget(found))
            # layers have long names: on a phone a column of Markdown beside them is cut off
            rate_table.show(
                ("drawn afresh down to", "likeness", "maps"), likenesses(found),
                "How much is left of the maps.", (None, None, None),
            )  # fmt: skip
            st.markdown(f"""
Mean of Spearman's rank correlations, in brackets the 95\N{NO-BREAK SPACE}% interval by
lesion; {found.draws} draws
of weights. After Adebayo et al. 2018, [arXiv:1810.03292](https://arxiv.org/abs/1810.03292).
Command: `{found.command}`
""")


def maps_forget(found: MapCheck) -> str:
    """Markdown: what it means if a map stays when what the network learned is thrown away."""
    each = in_words("; ".join(f"{n} of {name}" for name, n in found.collections.items()))
    shown = f"pictures that it did not learn from ({each})" if each else "validation pictures"
    return f"""
A map that shows what a network has learned must change when that is thrown away. Here its layers
were drawn afresh, from the answer down to the picture, as in an untrained network, and the maps of
{found.pictures} {shown} compared with the trained network's: 1 is the same map, 0 has
nothing in common. Its maps of two *different* pictures have {decimal(found.other_pictures)}: what
is not above that says nothing of the picture.
"""


def likenesses(found: MapCheck) -> list[list[rate_table.Cell]]:
    """A row a stage: the layer, how much the maps are still alike, and how many they are."""
    return [[stage.layer, decimal(stage.likeness), f"{stage.n:,}"] for stage in found.stages]


def _show_look_alikes(card: Card) -> None:
    try:
        found = look_alikes.read_look_alikes(card, checkpoints.FOLDER)
    except ResultsRejected as error:
        st.warning(str(error))
        return
    if found is not None:
        with st.expander("What are pictures that look alike worth?"):
            _votes(found)


def _votes(found: LookAlikesRecord) -> None:
    """How well the nearest pictures' diagnoses tell malignant from benign."""
    st.markdown(f"""
'Check a photo' shows which of {len(found.files)} pictures that this network learned from
({found.malignant} malignant) are nearest to a photo, by the network's own features. Were the share
of malignant ones among the 20 nearest its answer, this is how well it would rank pictures that it
never learned from, beside the network's own answer:
""")
    # in a box that scrolls of itself: four columns of Markdown are wider than a phone
    rate_table.show(
        ["pictures", "n / malignant", "AUC of the vote", "AUC of the network"],
        [
            [check.title, f"{check.n:,} / {check.malignant:,}", check.vote, check.network]
            for check in found.checks.values()
        ],
        "What pictures that look alike are worth",
        (None, None, "decimal", "decimal"),
    )
    st.markdown(f"""
In brackets the 95\N{NO-BREAK SPACE}% interval; the dashed line is a coin's 0.5. A photo has
nothing alike where its
nearest is farther than that of 99 in 100 of {found.measured} other pictures of the same
collections. Command: `{found.command}`
""")


def _headline(card: Card) -> list[list[rate_table.Cell]]:
    """What fits a screen: how well it ranks, and which of its answers hold."""
    return [
        [f"{one.title}: {f.n:,}, {f.malignant:,} malignant", f.auc, f.sensitivity, f.specificity]
        for one in card.evaluations.values()
        for f in (one.figures,)
    ]


def figures_table(card: Card) -> pd.DataFrame:
    """A row for each set of pictures that the model was scored on, in words."""
    found = {evaluation.title: evaluation.figures for evaluation in card.evaluations.values()}
    return pd.DataFrame(
        {
            "pictures": list(found),
            "n / malignant": [f"{f.n:,} / {f.malignant:,}" for f in found.values()],
            "accuracy": [percent(f.accuracy) for f in found.values()],
            "AUC": [decimal(f.auc) for f in found.values()],
            "sensitivity": [percent(f.sensitivity) for f in found.values()],
            "specificity": [percent(f.specificity) for f in found.values()],
            "ECE": [decimal(f.ece) for f in found.values()],
        }
    )


_FITTED = {"squeeze": "squeezed", "crop": "cropped"}


def origin(card: Card) -> str:
    """Markdown: training, start, calibration and weights of a card."""
    t, w, c, start = card.training, card.weights, card.calibration, card.initialisation
    left = f"; random at the start: {', '.join(start.not_loaded)}" if start.not_loaded else ""
    versions = ", ".join(f"{name} {version}" for name, version in t.versions.items())
    return f"""
- Network: {card.architecture}, {w.parameters:,} parameters, pictures {_FITTED[card.geometry]} to
  {card.side} x {card.side}
- Start: {start.source} ({start.lineage}), {start.loaded} tensors loaded{left}
- Data: {t.data}, {t.n_train:,} training and {t.n_validation:,} validation pictures, split by
  {t.split}, SHA-256 `{t.data_sha256[:16]}…`{f"; {t.labels}" if t.labels else ""}
- Recipe: {t.preset}, {t.epochs} epochs, the best on validation was {t.best_epoch}; seed {t.seed}
- Machine: {t.device}, {t.precision}, {t.seconds / 60:.0f} minutes, {t.date}; {versions}
- Calibration on validation: {c.method}, slope {c.slope:.3f}, intercept {c.intercept:.3f};
  malignant is answered from {card.threshold:.2f} up
- Weights: {w.stored_as}, SHA-256 `{w.sha256[:16]}…`; storing them so moved no validation
  probability by more than {w.change_from_float32:.4f}
- Command: `{t.command}`
- Licence: {card.licence}
"""
