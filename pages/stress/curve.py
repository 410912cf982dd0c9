"""P(malignant) against epsilon: an attack's direction beside a noise of the same size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from core.results.robustness import FGSM, GAUSSIAN, PGD, REPORTS, SIGN_NOISE
from core.results.stressed_example import EPSILONS, ByEpsilon
from pages.components import figure, visit
from pages.stress import session, strength_chart
from pages.stress.judged import BeforeAndAfter
from pages.stress.setting import CHANGES, Setting

if TYPE_CHECKING:
    import pandas as pd


def of(sent: visit.Sent, shown: BeforeAndAfter, setting: Setting) -> None:
    """``show`` for a picture, once its strengths are tried: with a bar, and a button to stop.

    Those of the app's own example were tried before.
    """
    found = shown.curves
    if shown.done is not None:
        sweep = session.curves(shown.done.model, sent, setting.seed)
        found = sweep.by_epsilon if sweep else None
    if found is not None:
        show(found, shown.chances[1], setting)


def show(found: ByEpsilon, chance: float, setting: Setting) -> None:
    """Draw the curve with the slider's place on it, its table, and the smallest flip.

    ``chance`` is the one under the setting.
    """
    st.markdown("## Direction or size?")
    rows = table(found)
    place = None if setting.change == GAUSSIAN else (255 * setting.value, 100 * chance)
    figure.show(
        strength_chart.by_epsilon(rows, place, 255 * REPORTS), flip(found.flip), rows, "strengths"
    )
    st.caption(
        "At each epsilon all three move every value by at most as much. FGSM takes one step along "
        "the gradient; PGD takes new gradients at 1/255 and 4/255, so it is FGSM up to 1/255; "
        "noise tosses a coin for each value. The dotted line is the report's 0.003."
    )


def table(found: ByEpsilon) -> pd.DataFrame:
    """A row a kind and epsilon: kind, epsilon in 255ths, chance in percent."""
    import pandas as pd

    kinds = ((FGSM, found.fgsm), (PGD, found.pgd), (SIGN_NOISE, found.noise))
    return pd.DataFrame(
        [
            {"kind": CHANGES[kind], "epsilon, 255ths": round(255 * epsilon, 3),
             "chance, %": round(100 * probability, 1)}
            for kind, points in kinds
            for epsilon, probability in zip(EPSILONS, points, strict=True)
        ]
    )  # fmt: skip


def flip(epsilon: float | None) -> str:
    """The smallest epsilon that makes the other class likelier, in a sentence."""
    if epsilon is None:
        return "No step of FGSM up to 8/255 makes the other class likelier"
    above = math.ceil(255 * epsilon * 100) / 100  # still a flip, as far as the two digits tell
    return (
        f"A step of {above:.2f}/255 makes the other class likelier, {epsilon / REPORTS:.2g} times "
        f"the report's {REPORTS:g}"
    )
