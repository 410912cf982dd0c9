"""Over the whole test set: what changes cost each model, beside the report's three points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core import architectures, checkpoints, published, robustness
from core.published import Published
from core.results import Rate, ResultsRejected, percent
from core.robustness import (
    FGSM,
    FGSM_NORMALISED,
    GAUSSIAN,
    GAUSSIAN_NORMALISED,
    NONE,
    PGD,
    REPORTS,
    SIGN_NOISE,
)
from core.shifts import SHIFTS
from pages.components import charts
from pages.components.stress_setting import STANDARD

if TYPE_CHECKING:
    import pandas as pd

NOT_RUN = "Not run yet over the test set: `python -m training.robustness --model {} --data FOLDER`"
_TITLES = {
    FGSM: "FGSM", PGD: "PGD, twenty steps from a random start", SIGN_NOISE: "noise of their size",
    GAUSSIAN: "Gaussian noise", FGSM_NORMALISED: "FGSM, in normalised units",
    GAUSSIAN_NORMALISED: "Gaussian noise, in normalised units",
}  # fmt: skip
Tables = dict[str, "pd.DataFrame"]


def read(names: list[str]) -> Tables:
    """The tables of the models that have one; a damaged one costs itself alone, and says so."""
    tables = {}
    for name in names:
        try:
            table = robustness.read(name, checkpoints.FOLDER)
        except ResultsRejected as error:
            st.warning(str(error), icon=":material/broken_image:")
            continue
        if table is not None:
            tables[name] = table
    return tables


def headline(tables: Tables) -> str:
    """What the report's 0.003 is, in our own figures; the command where there are none."""
    table = tables.get(STANDARD)
    pixel, normalised, clean = (
        (figure(table, FGSM, REPORTS), figure(table, FGSM_NORMALISED, REPORTS),
         figure(table, NONE, 0.0))
        if table is not None else (None, None, None)
    )  # fmt: skip
    if pixel is None or normalised is None or clean is None:
        return NOT_RUN.format(STANDARD)
    title = checkpoints.card(STANDARD).title
    theirs = published.UNDER_FGSM.value
    told = (
        f"The report's ResNet18 fell from {100 * published.CLEAN.value:.1f} to {100 * theirs:.1f} "
        f"% under FGSM of {REPORTS:g}, 'the value of one pixel'. Ours ({title}) falls from "
        f"{percent(clean)} to **{percent(pixel)}** if that is in pixel units, and to "
        f"**{percent(normalised)}** if it is added after normalisation."
    )
    if abs(normalised.value - theirs) >= abs(pixel.value - theirs):
        return f"{told} The report's figure is nearer to the first."
    std = architectures.get(checkpoints.card(STANDARD).architecture).normalisation.std
    mean = sum(std) / len(std)
    return (
        f"{told} The report's figure is near the second: it probably changed normalised pictures, "
        f"where {REPORTS:g} is only about {REPORTS * mean:.4f} of a pixel's range, and so "
        f"understates the danger {1 / mean:.0f} times in epsilon."
    )


def figure(table: pd.DataFrame, change: str, strength: float) -> Rate | None:
    """The accuracy under a change of that strength, if it has been scored."""
    rows = table[(table["perturbation"] == change) & (abs(table["strength"] - strength) < 1e-5)]
    if not len(rows):
        return None
    row = rows.iloc[0]
    return Rate(*(float(row[key]) for key in ("accuracy", "accuracy_low", "accuracy_high")))


def show(tables: Tables) -> None:
    """Draw a change's curve for all models that were scored, with the report's points, as a table
    too."""
    st.markdown("## Over the official test set")
    if not tables:
        st.info(NOT_RUN.format(STANDARD))
        return
    there = {change for table in tables.values() for change in table["perturbation"]}
    changes = [change for change in (*_TITLES, *SHIFTS) if change in there]
    if not changes:
        st.info(NOT_RUN.format(STANDARD))
        return
    change = st.selectbox(
        "Change", changes, format_func=lambda c: _TITLES.get(c) or SHIFTS[c].title
    )
    rows = curve(tables, change)
    st.plotly_chart(
        charts.by_strength(
            rows, reports(change), _axis(change), logarithmic=change == GAUSSIAN
        ),
        width="stretch",
    )  # fmt: skip
    st.dataframe(rows, hide_index=True)
    st.caption(
        "Accuracy in percent with its 95 % interval; flips: verdicts that the change turns round. "
        "Attacks here know the true label. Stars: the report's own figures, read as it wrote them, "
        "in pixel units."
    )


def curve(tables: Tables, change: str) -> pd.DataFrame:
    """A row a model and strength, the clean one first: strength, accuracy, low, high, flips, n."""
    import pandas as pd

    parts = []
    for name, table in tables.items():
        # a logarithm has no place for nothing
        kinds = [change] if change == GAUSSIAN else [NONE, change]
        own = table[table["perturbation"].isin(kinds)].sort_values("strength")
        part = pd.DataFrame(
            {
                "model": name,
                "strength": (own["strength"] * _unit(change)).round(3),
                "accuracy": (100 * own["accuracy"]).round(1),
                "low": (100 * own["accuracy_low"]).round(1),
                "high": (100 * own["accuracy_high"]).round(1),
                "flips, %": (100 * own["flips"]).round(1),
                "n": own["n"].astype(int),
            }
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def reports(change: str) -> pd.DataFrame:
    """The report's points on that curve: title, strength, accuracy in percent."""
    import pandas as pd

    at = published.STRENGTH * _unit(change)
    points: list[tuple[Published, float]] = {
        FGSM: [(published.CLEAN, 0.0), (published.UNDER_FGSM, at)],
        FGSM_NORMALISED: [(published.CLEAN, 0.0), (published.UNDER_FGSM, at)],
        GAUSSIAN: [(published.UNDER_GAUSSIAN, at)],
        GAUSSIAN_NORMALISED: [(published.CLEAN, 0.0), (published.UNDER_GAUSSIAN, at)],
    }.get(change, [])
    return pd.DataFrame(
        [
            {"title": f"{point.title}, {point.where}", "strength": strength,
             "accuracy": 100 * point.value}
            for point, strength in points
        ],
        columns=["title", "strength", "accuracy"],
    )  # fmt: skip


def _unit(change: str) -> float:
    """Attacks are drawn in grey levels."""
    return 255.0 if change in (FGSM, PGD, SIGN_NOISE) else 1.0


def _axis(change: str) -> str:
    if change in SHIFTS:
        return "strength, from nothing (0) to as bad as it gets (1)"
    if change in (FGSM_NORMALISED, GAUSSIAN_NORMALISED):
        return "epsilon or standard deviation, after normalisation"
    if change == GAUSSIAN:
        return "standard deviation, in pixel units"
    return "epsilon, in grey levels (255ths)"
