"""Over the whole test set: what changes cost each model, beside the report's three points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core import checkpoints
from core.pictures.corruptions import SHIFTS
from core.results import published, robustness
from core.results.json_files import ResultsRejected
from core.results.published import Published
from core.results.robustness import (
    FGSM,
    FGSM_NORMALISED,
    GAUSSIAN,
    GAUSSIAN_NORMALISED,
    NONE,
    PGD,
    SIGN_NOISE,
)
from core.statistics.estimates import percent
from pages.components import figure
from pages.stress import strength_chart
from pages.stress.setting import OVER_KEY, STANDARD

if TYPE_CHECKING:
    import pandas as pd

NOT_RUN = "Not run yet over the test set: `python -m training.robustness --model {} --data FOLDER`"
_TITLES = {
    FGSM: "FGSM", PGD: "PGD, twenty steps from a random start", SIGN_NOISE: "noise of their size",
    GAUSSIAN: "Gaussian noise", FGSM_NORMALISED: "FGSM, in normalised units",
    GAUSSIAN_NORMALISED: "Gaussian noise, in normalised units",
}  # fmt: skip
_CURVE = ("model", "strength", "accuracy", "low", "high", "flips, %", "n")
Tables = dict[str, "pd.DataFrame"]


def read(names: list[str], root: Path | None = None) -> Tables:
    """The tables of the models that have one; a damaged one costs itself alone, and says so."""
    tables = {}
    for name in names:
        try:
            table = robustness.read_robustness(name, root or checkpoints.FOLDER)
        except ResultsRejected as error:
            st.warning(str(error), icon=":material/broken_image:")
            continue
        if table is not None:
            tables[name] = table
    return tables


def worst_shifts(tables: Tables) -> str:
    """Which change that cameras and clinics make costs each model most.

    Of all changes at their strongest; nothing where none was scored.
    """
    told = []
    for name, table in tables.items():
        found = robustness.on_the_same(table, (NONE, 0.0), *((shift, 1.0) for shift in SHIFTS))
        if found:
            clean, *left = found.accuracies
            worst, rate = min(zip(SHIFTS, left, strict=True), key=lambda one: one[1].value)
            told.append(
                f"- `{name}`: from {percent(clean)} to **{percent(rate)}** "
                f"({SHIFTS[worst].title.lower()}){found.told}"
            )
    if not told:
        return ""
    return (
        f"Of {len(SHIFTS)} changes that phones and clinics make, each at its strongest, the one "
        "that costs most brings down what is right:\n\n" + "\n".join(told)
    )


def show(tables: Tables) -> None:
    """Draw a change's curve for all models that were scored, as a table too.

    The report's points are beside them.
    """
    st.markdown("## Over the official test set")
    if not tables:
        st.info(NOT_RUN.format(STANDARD))
        return
    st.markdown(worst_shifts(tables))
    there = {change for table in tables.values() for change in table["perturbation"]}
    changes = [change for change in (*_TITLES, *SHIFTS) if change in there]
    if not changes:
        st.info(NOT_RUN.format(STANDARD))
        return
    if st.session_state.get(OVER_KEY, changes[0]) not in changes:
        del st.session_state[OVER_KEY]  # an address may ask for anything
    change = st.selectbox("Change", changes, format_func=title, key=OVER_KEY)
    rows = curve(tables, change)
    plot = strength_chart.by_strength(
        rows, reports(change), _axis(change), logarithmic=change == GAUSSIAN
    )
    figure.show(plot, fall(rows, title(change)), rows, f"test-set-{change.replace(' ', '-')}")
    sampled = (
        "Where a name has a number, only so many pictures, drawn at random, were changed: its "
        "first point is of the same ones, and other lines are of other pictures. "
        if rows["n"].nunique() > 1 else ""
    )  # fmt: skip
    st.caption(
        "Accuracy in percent with its 95\N{NO-BREAK SPACE}% interval; flips: verdicts that the "
        f"change turns round. {sampled}"
        "Attacks here know the true label. Stars: the report's own figures, read as it wrote them, "
        "in pixel units."
    )


def title(change: str) -> str:
    """What a change is called."""
    return _TITLES.get(change) or SHIFTS[change].title


def fall(rows: pd.DataFrame, what: str) -> str:
    """How far a change brings each model down, from the curve's own figures.

    That is its lowest point: a large step overshoots, and more of it may do less.
    """
    ends = [(name, own["accuracy"].iloc[0], own["accuracy"].min())
            for name, own in rows.groupby("model", sort=False)]  # fmt: skip
    told = "; ".join(
        f"{name} from {first:.0f} to {lowest:.0f}\N{NO-BREAK SPACE}%"
        for name, first, lowest in ends
    )
    return f"{what} at its worst: {told}"


def curve(tables: Tables, change: str) -> pd.DataFrame:
    """A row a model and strength, the clean one first: strength, accuracy, low, high, flips, n.

    What was scored on other pictures is of another line, under the model's name with their number:
    a clean row is of the same pictures as what follows it.
    """
    import pandas as pd

    parts = [pd.DataFrame(columns=list(_CURVE))]
    for name, table in tables.items():
        for n, same in reversed(list(table.groupby("n"))):
            if change not in set(same["perturbation"]):
                continue
            # a logarithm has no place for nothing
            kinds = [change] if change == GAUSSIAN else [NONE, change]
            own = same[same["perturbation"].isin(kinds)].sort_values("strength")
            whole = n == table["n"].max()
            columns: list[object] = [
                name if whole else f"{name}, {n} pictures",
                (own["strength"] * _unit(change)).round(3),
                *((100 * own[key]).round(1)
                  for key in ("accuracy", "accuracy_low", "accuracy_high", "flips")),
                own["n"].astype(int),
            ]  # fmt: skip
            parts.append(pd.DataFrame(dict(zip(_CURVE, columns, strict=True))))
    return pd.concat(parts[1:] or parts, ignore_index=True)


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
