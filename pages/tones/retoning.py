"""Does the simulation of darker skin agree with people? A forest plot of both changes in AUC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.fairness.groups import CANT_TELL
from core.fairness.review import Retoning, Review
from core.pictures.colour import MONK
from pages.components import figure, forest

if TYPE_CHECKING:
    import pandas as pd

SIMULATED, PEOPLE = "simulated", "between people"


def show(reviews: Sequence[Review]) -> None:
    """Draw the changes of all models that were asked, and what they say."""
    found = [(review.model, review.retoning) for review in reviews if review.retoning]
    if not found:
        return
    st.markdown("## Does the simulation of darker skin agree with people?")
    rows = table(found)
    plot = forest.plot(rows, "change in AUC toward dark skin", 0.0, "change")
    figure.show(plot, title(found), rows, "retoning")
    counts = " to ".join(f"{n:,}" for n in sorted({one.n for _, one in found}))
    groups = " or ".join(dict.fromkeys(one.group for _, one in found))
    tones = " or ".join(dict.fromkeys(_tone(one.tone) for _, one in found))
    st.caption(
        f"Simulated: {counts} pictures of {groups} re-toned to {tones}, beside the same as they "
        "are. Between people: V-VI minus I-II. They agree where both intervals lie on one side of "
        "0, the same; a hollow mark's interval holds 0."
    )


def table(found: Sequence[tuple[str, Retoning]]) -> pd.DataFrame:
    """A row a model and change: name, change, value, low, high, told, pictures, same direction."""
    import pandas as pd

    rows = [
        (model, kind, rate.value, rate.low, rate.high, not rate.low <= 0 <= rate.high, one.n,
         one.answer)
        for model, one in found
        for kind, rate in ((SIMULATED, one.simulated), (PEOPLE, one.real)) if rate
    ]  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=["name", "change", "value", "low", "high", "told", "pictures", "same direction"],
    )


def title(found: Sequence[tuple[str, Retoning]]) -> str:
    """For how many models the simulation agrees with people, as far as the intervals tell."""
    answers = [one.answer for _, one in found]
    n = len(answers)
    if answers.count(CANT_TELL) == n:
        return f"Whether it agrees, these pictures can't tell for any of {n} models"
    said = [f"{word} for {answers.count(word)}" for word in ("agrees", "disagrees", CANT_TELL)
            if word in answers]  # fmt: skip
    return f"The simulation {', '.join(said)} of {n} models".replace(CANT_TELL, "can't be judged")


def _tone(code: str) -> str:
    """A tone of the Monk scale by its number: a colour's code says nothing to anybody."""
    number = f"tone {MONK.index(code) + 1} of {len(MONK)}" if code in MONK else "another tone"
    return f"{number} (Monk scale)"
