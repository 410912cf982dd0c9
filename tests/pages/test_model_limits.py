"""The tables of what a model stops and when it can't tell hold the card's figures, row by row."""

from __future__ import annotations

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.gate import PHOTO
from pages.components import model_limits, wording

CARD = checkpoints.card("resnet18")
assert CARD.limits is not None
LIMITS = CARD.limits


def test_each_check_of_the_gate_is_a_row_with_what_was_told_and_stopped() -> None:
    table = model_limits.gate_table(LIMITS).set_index("pictures")
    assert len(table) == len(LIMITS.gate_checks)
    for check in LIMITS.gate_checks.values():
        row = table.loc[check.title]
        assert row["n"] == check.stopped.n
        assert row["told so"].startswith(f"{100 * check.kinds[check.truth].value:.1f}")
        assert row["stopped"].startswith(f"{100 * check.stopped.value:.1f}")


def test_photos_with_cuts_of_their_own_are_shown_with_the_coverage_stated_for_them() -> None:
    other = dataclasses.replace(LIMITS.answers, coverage=0.8)
    checks = {
        "official_test": LIMITS.answer_checks["official_test"],
        wording.PHONE_SETS[0]: LIMITS.answer_checks["isic2018_test_half"],
    }
    limits = dataclasses.replace(LIMITS, answers_by_kind={PHOTO: other}, answer_checks=checks)
    table = model_limits.answers_table(limits)
    assert list(table["covered, stated"]) == [f"{100 * LIMITS.answers.coverage:.0f} %", "80 %"]
    for row, check in zip(table.to_dict("records"), checks.values(), strict=True):
        assert row["covered"].startswith(f"{100 * check.coverage['all'].value:.1f}")
        assert row["malignant ones"].startswith(f"{100 * check.coverage['malignant'].value:.1f}")
        assert row["can't tell"].startswith(f"{100 * check.uncertain.value:.1f}")


def test_no_answer_at_all_is_a_dash() -> None:
    check = LIMITS.answer_checks["official_test"]
    silent = dataclasses.replace(check, right_among_answered=None)
    table = model_limits.answers_table(dataclasses.replace(LIMITS, answer_checks={"x": silent}))
    assert list(table["right among answers"]) == ["–"]


@pytest.mark.parametrize("judged", [("dermoscopic",), ("dermoscopic", "photo")])
def test_a_card_says_what_is_judged_and_what_that_was_fitted_on(judged: tuple[str, ...]) -> None:
    def page(judged: tuple[str, ...]) -> None:
        import dataclasses

        from core import checkpoints
        from pages.components import model_limits

        limits = checkpoints.card("resnet18").limits
        assert limits is not None
        model_limits.show(dataclasses.replace(limits, kinds_judged=judged))

    shown = AppTest.from_function(page, args=(judged,)).run()
    assert not shown.exception
    assert any(f"**{' and '.join(judged)}**" in one.value for one in shown.markdown)
    assert LIMITS.fitted_on in shown.markdown[-1].value
    assert len(shown.dataframe) == 2
