from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from core.batch.rows import NOT_READ, Row
from core.fairness import own_review
from core.fairness.groups import CANT_TELL
from core.reports import groups_csv
from core.statistics.intervals import wilson

if TYPE_CHECKING:
    from core.results.card import Card


def collection() -> pd.DataFrame:
    """Group 'a': 20 people, all right. Group 'b': 40 people, benign ones all wrong. 'c': three."""
    rows = [(i % 2, 0.9 if i % 2 else 0.1, f"a{i}", "a") for i in range(20)]
    rows += [(i % 2, 0.9 if i % 2 else 0.8, f"b{i}", "b") for i in range(40)]
    rows += [(0, 0.1, f"c{i}", "c") for i in range(3)]
    rows += [(1, 0.9, "n", "not recorded")]
    return pd.DataFrame(rows, columns=["label", "probability", "person", "type"])


def test_figures_and_gaps_are_what_can_be_counted(full_card: Card) -> None:
    found = own_review.review(collection(), "type", full_card, 0.5)
    groups = {group.group: group for group in found.groups}
    assert list(groups) == ["all", "a", "b", "c", "not recorded"]
    assert groups["a"].specificity == wilson(10, 10)
    assert groups["b"].specificity == wilson(0, 20)
    assert groups["c"].specificity is None
    gaps = {(gap.second, gap.measure): gap for gap in found.gaps}
    assert {gap.first for gap in found.gaps} == {"b"}  # the largest
    assert {second for second, _ in gaps} == {"a", "c"}
    gap = gaps["a", "specificity"]
    assert gap.difference is not None
    assert gap.difference.value == -1
    assert gap.verdict == "better on a"
    assert gaps["c", "auc"].verdict == CANT_TELL


def test_the_threshold_moves_what_is_called_malignant(full_card: Card) -> None:
    found = own_review.review(collection(), "type", full_card, 0.85)
    groups = {group.group: group for group in found.groups}
    assert groups["b"].specificity == wilson(20, 20)


def test_pictures_not_read_and_not_yet_looked_at_have_no_part_in_it() -> None:
    table = pd.DataFrame({"file": ["a", "b", "c"], "label": [0, 1, 0]})
    rows = [Row("a", NOT_READ, None, ()), Row("b", "benign", 0.2, ())]
    found = own_review.scored(table, rows)
    assert list(found["file"]) == ["b"]
    assert list(found["probability"]) == [0.2]
    assert own_review.scored(table, []).empty


def test_the_csv_has_every_figure_and_no_formula(full_card: Card) -> None:
    table = collection().replace({"type": {"a": "=1+1"}})
    review = own_review.review(table, "type", full_card, 0.5)
    rows = list(csv.DictReader(io.StringIO(groups_csv.as_csv(review).decode("utf-8-sig"))))
    figures = {(r["group"], r["measure"]): r for r in rows if r["kind"] == "figure"}
    assert len(figures) == 5 * 6
    assert float(figures["b", "specificity"]["value"]) == 0
    assert float(figures["b", "specificity"]["high"]) == pytest.approx(wilson(0, 20).high, abs=1e-4)
    assert figures["c", "auc"]["value"] == ""
    assert ("'=1+1", "auc") in figures
    gap = next(r for r in rows if r["kind"] == "gap" and r["measure"] == "specificity")
    assert (gap["group"], gap["compared_with"], gap["value"]) == ("b", "'=1+1", "-1.0")
