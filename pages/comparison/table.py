"""The table of all networks, ours beside what was published, and accuracy by size."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.networks.registry import ARCHITECTURES
from core.results import published
from core.results.collections import ISIC_2017
from core.results.findings import STARTS
from core.results.scored_models import Result, Speed, row_of, start
from core.results.seeds import is_seeded
from core.results.test_sets import HAM_ONLY, LEAK_FREE, OFFICIAL, VALIDATION
from core.statistics import intervals
from core.statistics.estimates import Rate
from pages.comparison import size_chart
from pages.components import figure, rate_table

_SETS = {
    OFFICIAL: "official test", VALIDATION: "validation",
    LEAK_FREE: "test, no known lesion", HAM_ONLY: "HAM10000-only test",
}  # fmt: skip
TIME = "time an image"
SHIPPED = "shipped"
PUBLISHED = "published (validation, ImageNet start)"
# What fits 1280 pixels: a set, one of its figures, and the column's head.
_SHOWN = {
    (OFFICIAL, "accuracy"): "official test, right",
    (OFFICIAL, "auc"): "official test, AUC",
    (LEAK_FREE, "auc"): "no known lesion, AUC",
    (ISIC_2017, "auc"): "older collections, AUC",
}
_DIGITS = ("percent", "decimal", "decimal", "decimal")
_MOST = 6  # series that colours tell apart
_RUN = "run"  # the column that tells a run from all others: its weights
_ALIKE = 0.3  # a rank correlation below which two things hardly go together


def table(results: list[Result], not_run: list[str], speeds: dict[str, Speed]) -> pd.DataFrame:
    """A row a result, then a row for each network that has none. Accuracies in percent."""
    rows = [*(_row(result, speeds) for result in results), *map(_empty_row, not_run)]
    return pd.DataFrame(rows)


def show(results: list[Result], not_run: list[str], speeds: dict[str, Speed]) -> None:
    """Draw the choice of tracks, what fits a screen of each network, and all of it folded."""
    tracks = list(dict.fromkeys(result.track or SHIPPED for result in results))
    if len(tracks) > 1:
        chosen = st.pills("Tracks", tracks, selection_mode="multi", default=tracks[:1],
                          key="table-tracks", bind="query-params")  # fmt: skip
        results = [result for result in results if (result.track or SHIPPED) in chosen]
        if not results:
            st.info("Choose at least one track.")
            return
    rate_table.show(
        ("network", "start", *_SHOWN.values()), [_estimates(result) for result in results],
        "Every network's figures with their 95\N{NO-BREAK SPACE}% "
        "intervals.", (None, None, *_DIGITS),
    )  # fmt: skip
    st.caption(
        "In brackets, and as a bar, the 95\N{NO-BREAK SPACE}% interval; the dashed line is a "
        "coin's AUC. "
        "The older collections are ISIC 2017's."
    )
    rows = table(results, not_run, speeds)
    with st.expander("All figures, to sort and to save", icon=":material/table:"):
        _whole(rows)
    for name in not_run:
        st.markdown(  # not a caption: code would be too pale in it
            f"{ARCHITECTURES[name].title}: not run. "
            f"`python -m training.benchmark --only {name} --data malignant_vs_benign`"
        )


def _estimates(result: Result) -> list[rate_table.Cell]:
    """The cells of one network in the table that fits a screen."""
    evaluations = result.card.evaluations
    cells: list[rate_table.Cell] = [f"{result.card.title} ({result.where})", start(result.card)]
    for (key, measure), kind in zip(_SHOWN, _DIGITS, strict=True):
        figures = evaluations[key].figures if key in evaluations else None
        rate = None if figures is None else getattr(figures, measure)
        cells.append(rate if kind else None)
    return cells


def _whole(rows: pd.DataFrame) -> None:
    names = [str(column) for column in rows]
    numbers = {
        column: st.column_config.NumberColumn(format="%.1f")
        for column in names
        if column.startswith(("accuracy", "published"))
    }
    small = {
        column: st.column_config.NumberColumn(format="%.3f")
        for column in names
        if column.startswith(("AUC", "ECE", "average precision"))
    }
    others = {
        TIME: st.column_config.NumberColumn(format="%.2f x"),
        "network": st.column_config.Column(pinned=True),
    }
    st.dataframe(
        rows, hide_index=True, placeholder="–", column_config={**numbers, **small, **others}
    )
    st.caption(
        "Accuracies in percent; click a column's head to sort, its menu to hide it. "
        "AUC, average precision and ECE are of the official test. An image's milliseconds are told "
        "as a multiple of ResNet18's, measured in the same run on one thread at 224 pixels."
    )
    st.download_button(
        "Download as CSV", lambda: figure.csv(rows), "models.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def sizes(results: list[Result]) -> pd.DataFrame:
    """Points of accuracy on validation against parameters: published, and ours by start."""
    rows = [
        _point(ARCHITECTURES[name].title, PUBLISHED,
               row.parameters * 1e6, _published_rate(row.validation))
        for name, row in published.TABLE_1.items()
    ]  # fmt: skip
    for result in results:
        evaluation = result.card.evaluations.get(VALIDATION)
        if evaluation is not None and not is_seeded(result):
            series = f"ours ({start(result.card)}, {result.where})"
            point = _point(result.card.title, series, result.card.weights.parameters,
                           evaluation.figures.accuracy)  # fmt: skip
            rows.append(point | {_RUN: result.card.weights.sha256})
    return pd.DataFrame(rows)


def each_run_once(points: pd.DataFrame) -> pd.DataFrame:
    """Points without a run's second place: the best start of a network may be the random one."""
    if _RUN not in points:
        return points
    again = points[_RUN].notna() & points[_RUN].duplicated()
    return points[~again].drop(columns=_RUN)


def show_sizes(results: list[Result]) -> None:
    """Draw accuracy against parameters for a few series, and the same as a table."""
    points = sizes(results)
    series = list(dict.fromkeys(points["series"]))
    usual = [name for name in series if name == PUBLISHED or _wide_track(name)] or series[:1]
    chosen = st.multiselect(
        "Series, six at most", series, default=usual[:_MOST], max_selections=_MOST, key="size",
        bind="query-params",
    )  # fmt: skip
    shown = each_run_once(points[points["series"].isin(chosen)])
    if not len(shown):
        st.info("Choose at least one series.")
        return
    figure.show(size_chart.plot(shown), size_title(shown), shown, "accuracy-by-size")
    st.caption(
        "Accuracy on 264 validation pictures, with 95\N{NO-BREAK SPACE}% intervals: with so "
        "few, two networks "
        "have to lie far apart before the difference means anything. Names stand where there is "
        "room; the others are told when you point at a mark. A run of two series is drawn in one."
    )


def size_title(points: pd.DataFrame) -> str:
    """Whether larger networks do better, from the points' own rank correlation."""
    if points["parameters"].nunique() < 2 or points["accuracy"].nunique() < 2:
        return "Accuracy by the number of parameters"
    size, accuracy = points["parameters"].rank(), points["accuracy"].rank()
    together = float(size.corr(accuracy))
    if abs(together) < _ALIKE:
        return f"Size and accuracy hardly go together (rank correlation {together:.2f})"
    way = "better" if together > 0 else "worse"
    return f"Larger networks do {way} here (rank correlation {together:.2f})"


def _wide_track(series: str) -> bool:
    """Whether it is one of the two tracks that all architectures were run on."""
    return any(series.endswith(f", {track})") for track in STARTS)


def _row(result: Result, speeds: dict[str, Speed]) -> dict[str, object]:
    card = result.card
    speed = speeds.get(card.architecture) or speeds.get(row_of(card.architecture))
    # what a visitor came for first: a narrow screen shows four or five columns
    row: dict[str, object] = {
        "network": card.title, "model": result.where, "start": start(card),
    }  # fmt: skip
    for key, title in _SETS.items():
        evaluation = card.evaluations.get(key)
        found = evaluation.figures if evaluation else None
        row[f"accuracy, {title}"] = 100 * found.accuracy.value if found else None
        if key == OFFICIAL:
            row["95\N{NO-BREAK SPACE}% of that"] = _interval(found.accuracy) if found else None
            row["AUC"] = found.auc.value if found and found.auc else None
            row["ECE"] = found.ece.value if found else None
            precision = found.average_precision if found else None
            row["average precision"] = precision.value if precision else None
    return row | {
        "published validation": _published(card.architecture),
        "layers": ARCHITECTURES[card.architecture].layers if _known(card.architecture) else None,
        "parameters": card.weights.parameters,
        "recipe": card.training.preset,
        "seed": card.training.seed,
        "epochs": card.training.epochs,
        "pixels": card.side,
        TIME: speed.relative if speed else None,
    }


def _interval(rate: Rate) -> str:
    return f"{100 * rate.low:.1f} to {100 * rate.high:.1f}"


def _empty_row(name: str) -> dict[str, object]:
    entry = ARCHITECTURES[name]
    return {
        "network": entry.title, "model": "not run", "layers": entry.layers,
        "published validation": _published(name),
    }  # fmt: skip


def _known(name: str) -> bool:
    return name in ARCHITECTURES


def _published(name: str) -> float | None:
    name = row_of(name)
    if name == "baseline_cnn":
        return 100 * published.BASELINE_VALIDATION
    return 100 * published.TABLE_1[name].validation if name in published.TABLE_1 else None


def _published_rate(share: float) -> Rate:
    """A published accuracy with the interval that its 264 pictures allow."""
    n = published.VALIDATION_PICTURES
    return intervals.wilson(round(share * n), n)


def _point(network: str, series: str, parameters: float, rate: Rate) -> dict[str, object]:
    return {
        "network": network, "series": series, "parameters": round(parameters),
        "accuracy": rate.value, "low": rate.low, "high": rate.high,
    }  # fmt: skip
