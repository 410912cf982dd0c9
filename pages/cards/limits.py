"""What a model's gate and its three answers were found to do, from its card."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import checkpoints
from core.fairness import review
from core.results import limits_tables, robustness
from core.results.collections import in_words
from core.results.json_files import ResultsRejected
from core.results.limits import Limits
from pages.cards import five_limits

ATTACKED = "resnet18"  # the network that the report attacked


def show(limits: Limits) -> None:
    """Draw both tables, and what they were fitted on."""
    with st.expander("What it stops, and when it can't tell"):
        st.markdown(
            "Before a verdict it tells dermoscopic pictures, photos of skin and all else apart. "
            f"It judges **{' and '.join(limits.kinds_judged)}** pictures; the rest is stopped."
        )
        st.dataframe(
            pd.DataFrame(limits_tables.gate_rows(limits)), hide_index=True,
            alt="How many pictures of each kind were told right, and how many were stopped.",
        )  # fmt: skip
        st.markdown(
            "It answers benign or malignant where its set of answers holds that one alone; a set "
            "is meant to hold the truth as often as stated (split conformal prediction, class by "
            "class). Else it can't tell. The last columns are what 'looks benign' is worth: how "
            "many of those that are told so are malignant. What is stopped is not among them."
        )
        st.dataframe(
            pd.DataFrame(limits_tables.answer_rows(limits)), hide_index=True,
            alt="How often the truth was covered, how often it can't tell, how many answers hold.",
        )  # fmt: skip
        if limits.not_fitted:
            st.warning("  \n".join(limits.not_fitted))
        st.markdown(
            f"In brackets the 95\N{NO-BREAK SPACE}% interval. Fitted on: "
            f"{in_words(limits.fitted_on)}; no "
            f"picture of these tables is among them. Command: `{limits.command}`"
        )


def show_five() -> None:
    """Draw the five limits of the model that judges photos, from its files."""
    name = checkpoints.default(checkpoints.FOLDER)
    if name is None:
        return
    reviews, _ = review.read_reviews(checkpoints.FOLDER)
    try:
        attacked = robustness.read_robustness(ATTACKED, checkpoints.FOLDER)
    except ResultsRejected:
        attacked = None
    told = five_limits.sentences(checkpoints.card(name), reviews, attacked, ATTACKED)
    st.markdown("\n".join(f"{i}. {sentence}" for i, sentence in enumerate(told, 1)))
