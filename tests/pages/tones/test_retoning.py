"""What the page says of a simulation beside people follows from both intervals."""

from __future__ import annotations

import pytest

from core.fairness.review import Retoning, retoning_answer
from core.statistics.estimates import Rate
from pages.tones import retoning

UP, DOWN, OPEN = Rate(0.1, 0.05, 0.15), Rate(-0.1, -0.15, -0.05), Rate(0.02, -0.05, 0.09)


def found(*pairs: tuple[Rate, Rate | None]) -> list[tuple[str, Retoning]]:
    return [
        (f"model {i}", Retoning("I-II", "#000000", 100, one, real, retoning_answer(one, real)))
        for i, (one, real) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(OPEN, UP), (UP, None)],
         "Whether it agrees, these pictures can't tell for any of 2 models"),
        ([(UP, UP), (DOWN, DOWN)], "The simulation agrees for 2 of 2 models"),
        ([(UP, DOWN)], "The simulation disagrees for 1 of 1 models"),
        ([(UP, UP), (UP, DOWN), (UP, OPEN)],
         "The simulation agrees for 1, disagrees for 1, can't be judged for 1 of 3 models"),
    ],
)  # fmt: skip
def test_the_title_counts_where_the_simulation_agrees(
    pairs: list[tuple[Rate, Rate | None]], said: str
) -> None:
    assert retoning.title(found(*pairs)) == said


def test_a_gap_between_people_that_was_not_measured_has_no_mark() -> None:
    rows = retoning.table(found((UP, None), (DOWN, OPEN)))
    assert list(rows["change"]) == [retoning.SIMULATED, retoning.SIMULATED, retoning.PEOPLE]
    assert list(rows["told"]) == [True, True, False]
    assert list(rows["value"]) == pytest.approx([0.1, -0.1, 0.02])
