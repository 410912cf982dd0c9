"""The tables of what a model stops and when it can't tell hold the card's figures, row by row."""

from __future__ import annotations

import dataclasses

from core import checkpoints
from core.labels import PHOTO
from core.results import limits_tables
from core.results.collections import PHONE_SETS, in_words

CARD = checkpoints.card("resnet18")
assert CARD.limits is not None
LIMITS = CARD.limits


def test_each_check_of_the_gate_is_a_row_with_what_was_told_and_stopped() -> None:
    table = {row["pictures"]: row for row in limits_tables.gate_rows(LIMITS)}
    assert len(table) == len(LIMITS.gate_checks)
    for check in LIMITS.gate_checks.values():
        row = table[in_words(check.title)]
        assert row["n"] == check.stopped.n
        assert str(row["told so"]).startswith(f"{100 * check.contents[check.truth].value:.1f}")
        assert str(row["stopped"]).startswith(f"{100 * check.stopped.value:.1f}")


def test_photos_with_cuts_of_their_own_are_shown_with_the_coverage_stated_for_them() -> None:
    other = dataclasses.replace(LIMITS.answers, coverage=0.8)
    checks = {
        "official_test": LIMITS.answer_checks["official_test"],
        PHONE_SETS[0]: LIMITS.answer_checks["isic2018_test_half"],
    }
    limits = dataclasses.replace(LIMITS, answers_by_kind={PHOTO: other}, answer_checks=checks)
    rows = limits_tables.answer_rows(limits)
    assert [row["covered, stated"] for row in rows] == [
        f"{100 * LIMITS.answers.coverage:.0f} %",
        "80 %",
    ]
    for row, check in zip(rows, checks.values(), strict=True):
        assert str(row["covered"]).startswith(f"{100 * check.coverage['all'].value:.1f}")
        assert str(row["malignant ones"]).startswith(
            f"{100 * check.coverage['malignant'].value:.1f}"
        )
        assert str(row["can't tell"]).startswith(f"{100 * check.uncertain.value:.1f}")


def test_no_answer_at_all_is_a_dash() -> None:
    check = LIMITS.answer_checks["official_test"]
    silent = dataclasses.replace(check, right_among_answered=None)
    rows = limits_tables.answer_rows(dataclasses.replace(LIMITS, answer_checks={"x": silent}))
    assert [row["right among answers"] for row in rows] == ["–"]
