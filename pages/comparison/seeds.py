"""What weight decay, label smoothing and skin pictures change, beside what the seed changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.results.scored_models import Result, start
from core.results.seeds import REFERENCE, Seeds, groups
from core.results.test_sets import LEAK_FREE, OFFICIAL, VALIDATION
from pages.components import charts, figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SETS = {"Official test": OFFICIAL, "Test, no known lesion": LEAK_FREE, "Validation": VALIDATION}
OTHERS = "candidates"  # other networks, not changes of the reference


def show(results: list[Result]) -> None:
    """Draw a mark a run, and the table of means with their spread."""
    found = groups(results)
    if not found:
        st.info(
            "Not run: `python -m training.benchmark --data malignant_vs_benign --only reference "
            "--only weight-decay --only label-smoothing --only skin-pretraining`"
        )
        return
    title = st.selectbox("Pictures", list(_SETS), key="seeds-pictures", bind="query-params")
    key = _SETS[title]
    marks = [
        (seeds.title, seed, value)
        for seeds in found
        for seed, result in seeds.results.items()
        if (value := accuracy(key)(result)) is not None
    ]
    if not marks:
        st.info("None of these runs was scored on them.")
        return
    points = pd.DataFrame(marks, columns=["runs", "seed", "accuracy"])
    rows = table(found, key)
    figure.show(plot(points), what_helped(rows), rows, "seeds")
    st.markdown(
        "The report left open whether weight decay, label smoothing or skin pictures would have "
        "helped. Each was trained with several seeds. **A change that is smaller than what the "
        "seed alone makes is no finding.**"
    )
    st.caption(
        "Accuracies in percent: the mean of the seeds, the lowest and the highest, and how far the "
        "mean is from the reference's."
    )


def what_helped(rows: pd.DataFrame) -> str:
    """Which changes lie outside what the seed alone does to the reference."""
    reference = rows[rows["beside the reference"].isna()]
    others = rows[rows["beside the reference"].notna() & ~rows["runs"].str.startswith(OTHERS)]
    if not len(reference) or not len(others):
        return "There is no reference to compare with"
    low, high = reference["lowest"].min(), reference["highest"].max()
    better = list(others[others["lowest"] > high]["runs"])
    worse = list(others[others["highest"] < low]["runs"])
    said = [f"{' and '.join(names)} did {than} than every seed of the reference"
            for names, than in ((better, "better"), (worse, "worse")) if names]  # fmt: skip
    left = len(others) - len(better) - len(worse)
    if not said:
        return f"None of {len(others)} changes does more than the seed alone"
    rest = f"; {left} others do no more than the seed alone" if left else ""
    return f"{'; '.join(said)}{rest}"


def table(found: list[Seeds], key: str) -> pd.DataFrame:
    """A row a group: seeds, mean, lowest, highest, difference to the reference; in percent."""
    reference = next((s for s in found if s.track == REFERENCE), None)
    base = reference.spread(accuracy(key)) if reference else None
    rows = []
    for seeds in found:
        whole, auc = seeds.spread(accuracy(key)), seeds.spread(_auc(key))
        if whole is None:
            continue
        change = None if base is None or seeds is reference else 100 * (whole.mean - base.mean)
        rows.append({
            "runs": seeds.title,
            "start": ", ".join(sorted({start(r.card) for r in seeds.results.values()})),
            "seeds": whole.n,
            "mean": round(100 * whole.mean, 2),
            "lowest": round(100 * whole.low, 2),
            "highest": round(100 * whole.high, 2),
            "beside the reference": None if change is None else round(change, 2),
            "mean AUC": None if auc is None else round(auc.mean, 4),
        })  # fmt: skip
    return pd.DataFrame(rows)


def accuracy(key: str) -> Callable[[Result], float | None]:
    def of(result: Result) -> float | None:
        evaluation = result.card.evaluations.get(key)
        return evaluation.figures.accuracy.value if evaluation else None

    return of


def _auc(key: str) -> Callable[[Result], float | None]:
    def of(result: Result) -> float | None:
        evaluation = result.card.evaluations.get(key)
        return evaluation.figures.auc.value if evaluation and evaluation.figures.auc else None

    return of


def plot(points: pd.DataFrame) -> go.Figure:
    """``points``: runs, seed, accuracy in [0, 1]; a row of marks for the runs of a kind."""
    import plotly.graph_objects as go

    drawn = go.Figure()
    for i, (seed, rows) in enumerate(points.groupby("seed")):
        drawn.add_scatter(
            x=100 * rows["accuracy"], y=rows["runs"], name=f"seed {seed}", mode="markers",
            marker={"size": 12, "symbol": charts.SYMBOLS[i % 6], "color": charts.COLOURS[i % 6]},
        )  # fmt: skip
    means = points.groupby("runs", sort=False)["accuracy"].mean()
    drawn.add_scatter(
        x=100 * means, y=list(means.index), name="mean", mode="markers",
        marker={"size": 22, "symbol": "line-ns-open", "color": "grey", "line": {"width": 3}},
    )  # fmt: skip
    drawn.update_xaxes(title="accuracy, %")
    drawn.update_yaxes(autorange="reversed")
    return charts.placed(drawn)
