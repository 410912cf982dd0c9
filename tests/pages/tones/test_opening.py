"""What 'Skin tone' opens with: the sentence, with figures that say one thing and the other."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from core.fairness.groups import Gap, GroupFigures
from core.fairness.review import Review
from core.results import published
from core.statistics.estimates import Rate
from core.statistics.intervals import wilson
from pages.components import charts, forest
from pages.tones import gaps, groups, opening, type_chart


def rate(value: float) -> Rate:
    return Rate(value, value - 0.03, value + 0.03)


def group(
    name: str, sensitivity: float, specificity: float, by: str = "fitzpatrick"
) -> GroupFigures:
    return GroupFigures(
        by, name, 100, 100, 60, rate(sensitivity), rate(specificity), rate(0.8), None, None, None
    )


def review(model: str, sensitivity: float, specificity: float, gap: Gap | None = None) -> Review:
    names = [("all", "all"), ("I-II", "fitzpatrick"), ("V-VI", "fitzpatrick")]
    found = tuple(group(name, sensitivity, specificity, by) for name, by in names)
    return Review(1, model, "somewhere", "Somewhere", 0.5, "", "", "", "", found,
                  (gap,) if gap else ())  # fmt: skip


def auc_gap(value: float, low: float, high: float, verdict: str) -> Gap:
    return Gap("fitzpatrick", "auc", "I-II", "V-VI", Rate(value, low, high), verdict)


OPEN = auc_gap(-0.03, -0.16, 0.16, "can't tell")
TOLD = auc_gap(0.2, 0.1, 0.3, "better on I-II")


def test_who_only_raises_alarm_is_named_with_both_rates() -> None:
    said = opening.finding([review("one", 0.93, 0.08), review("two", 0.96, 0.04)])
    assert said.startswith("one and two find 93 to 96 of 100 malignant lesions and clear 4 to 8 of")
    assert "not far from always saying malignant" in said


def test_one_alone_is_told_in_the_singular() -> None:
    said = opening.finding([review("one", 0.93, 0.08)])
    assert said.startswith("one finds 93 of 100 malignant lesions and clears 8 of 100 benign ones")


def test_who_tells_lesions_apart_is_not_called_an_alarmist() -> None:
    said = opening.finding([review("good", 0.88, 0.67, OPEN)])
    assert "always saying" not in said
    assert "good finds 88 of 100 malignant lesions (85 to 91)" in said
    assert "clears 67 of 100 benign ones (64 to 70)" in said
    assert "can't tell" in said
    assert "the 100 pictures of V-VI" in said


@pytest.mark.parametrize(
    ("gap", "better"),
    [(TOLD, "I-II"), (auc_gap(-0.2, -0.3, -0.1, "better on V-VI"), "V-VI")],
)
def test_a_gap_that_can_be_told_is_told_either_way(gap: Gap, better: str) -> None:
    said = opening.finding([review("good", 0.88, 0.67, gap)])
    assert f"It serves {better} better" in said
    assert "can't tell" not in said


def test_a_specificity_whose_interval_reaches_a_half_is_no_proof_of_alarm() -> None:
    one = group("all", 0.9, 0.48, "all")
    assert not opening.only_alarms(one)
    assert opening.only_alarms(dataclasses.replace(one, specificity=rate(0.4)))
    assert not opening.only_alarms(dataclasses.replace(one, sensitivity=rate(0.4)))
    assert not opening.only_alarms(dataclasses.replace(one, specificity=None))


def test_the_titles_are_the_charts_own_figures() -> None:
    rows = groups.table([review("one", 0.93, 0.08), review("two", 0.71, 0.6)], "fitzpatrick",
                        "sensitivity")  # fmt: skip
    assert "71 to 93\N{NO-BREAK SPACE}%" in opening.title(rows, "sensitivity")
    with_report = pd.concat([rows, type_chart.reports()])
    assert ("71 to 93\N{NO-BREAK SPACE}%") in opening.title(
        with_report, "sensitivity"
    )  # the nine are not ours
    assert groups.group_title(rows, "sensitivity") == (
        "sensitivity from 0.71 (I-II, two) to 0.93 (V-VI, one)"
    )


def test_the_report_s_points_stand_on_the_same_axis_as_its_heirs() -> None:
    rows = groups.table([review("one", 0.93, 0.08)], "fitzpatrick", "sensitivity")
    plot = type_chart.plot(pd.concat([rows, type_chart.reports()]), "sensitivity")
    marks = {trace.name: trace for trace in plot.data}
    ours = wilson(published.FOUND_OF_NINE["ResNet18"], published.NINE)
    assert marks["report: ResNet18"].x[0] == pytest.approx(100 * ours.value)
    assert marks["report: ResNet18"].y[0].startswith(type_chart.NINE)
    assert "60 malignant" in marks["one"].y[0]
    assert plot.layout.shapes[0].x0 == 100  # who always says malignant finds all
    assert type_chart.plot(rows, "specificity").layout.shapes[0].x0 == 0  # and clears nobody


def test_a_forest_plot_s_mark_is_full_only_where_the_interval_tells() -> None:
    reviews = [review("one", 0.9, 0.6, OPEN), review("two", 0.9, 0.6, TOLD)]
    rows = gaps.gap_rows(reviews, "fitzpatrick", "auc")
    assert gaps.gap_title(rows, "auc") == "1 of 2 gaps in AUC can be told from none"
    assert gaps.gap_title(rows[:1], "auc") == "Not one of 1 gaps in AUC can be told from none"
    plot = forest.plot(rows, "difference", 0.0, "model")
    assert [trace.marker.symbol[0] for trace in plot.data] == [
        f"{charts.SYMBOLS[0]}-open", charts.SYMBOLS[1],
    ]  # fmt: skip
    assert plot.data[1].error_x.array[0] == pytest.approx(0.1)
    assert plot.layout.shapes[0].x0 == 0
