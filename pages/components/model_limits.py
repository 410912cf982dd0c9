"""What a model's gate and its three answers were found to do, from its card."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.gate import PHOTO
from core.limits_results import Limits
from core.results import percent
from pages.components import wording


def show(limits: Limits) -> None:
    """Draw both tables, and what they were fitted on."""
    with st.expander("What it stops, and when it can't tell"):
        st.markdown(
            "Before a verdict it tells dermoscopic pictures, photos of skin and all else apart. "
            f"It judges **{' and '.join(limits.kinds_judged)}** pictures; the rest is stopped."
        )
        st.dataframe(
            gate_table(limits), hide_index=True,
            alt="How many pictures of each kind were told right, and how many were stopped.",
        )  # fmt: skip
        st.markdown(
            "It answers benign or malignant where its set of answers holds that one alone; a set "
            "is meant to hold the truth as often as stated (split conformal prediction, class by "
            "class). Else it can't tell."
        )
        st.dataframe(
            answers_table(limits), hide_index=True,
            alt="How often the truth was covered, how often it can't tell, how many answers hold.",
        )  # fmt: skip
        st.markdown(
            f"In brackets the 95 % interval. Fitted on: {limits.fitted_on}; no picture of these "
            f"tables is among them. Command: `{limits.command}`"
        )


def gate_table(limits: Limits) -> pd.DataFrame:
    """A row for each set of pictures that the gate was checked on."""
    checks = list(limits.gate_checks.values())
    return pd.DataFrame(
        {
            "pictures": [check.title for check in checks],
            "n": [check.stopped.n for check in checks],
            "what they are": [check.truth for check in checks],
            "told so": [percent(check.kinds[check.truth]) for check in checks],
            "stopped": [percent(check.stopped) for check in checks],
        }
    )


def answers_table(limits: Limits) -> pd.DataFrame:
    """A row for each set of pictures that the three answers were checked on."""
    rows = []
    for key, check in limits.answer_checks.items():
        stated = limits.answers_for(PHOTO if key in wording.PHOTO_SETS else None).coverage
        rows.append({
            "pictures": check.title,
            "n": check.uncertain.n,
            "covered, stated": f"{100 * stated:.0f} %",
            "covered": percent(check.coverage["all"]),
            "benign ones": percent(check.coverage.get("benign")),
            "malignant ones": percent(check.coverage.get("malignant")),
            "can't tell": percent(check.uncertain),
            "right among answers": percent(check.right_among_answered),
        })  # fmt: skip
    return pd.DataFrame(rows)
