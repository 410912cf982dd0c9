"""What results say when held against each other: with figures that say one thing, and the other."""

from __future__ import annotations

import dataclasses

import pytest

from core.results import findings
from core.results.card import HAM_ONLY, LEAK_FREE, OFFICIAL, Card, Evaluation, Figures, Rate
from core.statistics.metrics import wilson

SURE = Rate(0.9, 0.88, 0.92)


def with_found(card: Card, counts: dict[str, tuple[int, int]]) -> Card:
    """A card on which so many of so many malignant pictures were found, by set."""
    evaluations = {
        key: Evaluation(
            key, Figures(2 * n, n, SURE, SURE, wilson(found, n), SURE, SURE), "", key, "", ""
        )
        for key, (found, n) in counts.items()
    }
    return dataclasses.replace(card, evaluations=evaluations)


def test_the_leak_is_worked_out_among_like_pictures(full_card: Card) -> None:
    # of 300 malignant, 72 leaked; 144 are HAM10000's, so 72 of those are not leaked
    card = with_found(
        full_card, {OFFICIAL: (270, 300), LEAK_FREE: (212, 228), HAM_ONLY: (114, 144)}
    )
    found = findings.leak(card)
    assert found is not None
    assert (found.n_seen, found.n_unseen) == (72, 72)
    assert found.seen.value == pytest.approx(58 / 72)
    assert found.unseen.value == pytest.approx(56 / 72)
    assert found.seen.low == pytest.approx(wilson(58, 72).low)
    assert "can't tell" in found.verdict


@pytest.mark.parametrize(
    ("free", "ham", "said"),
    [((198, 228), (90, 144), "flatters"), ((228, 228), (114, 144), "less often")],
)
def test_a_leak_that_the_intervals_tell_is_said_either_way(
    full_card: Card, free: tuple[int, int], ham: tuple[int, int], said: str
) -> None:
    found = findings.leak(
        with_found(full_card, {OFFICIAL: (270, 300), LEAK_FREE: free, HAM_ONLY: ham})
    )
    assert found is not None
    assert said in found.verdict


def test_without_all_three_sets_nothing_is_said_of_the_leak(full_card: Card) -> None:
    assert findings.leak(full_card) is None
    assert findings.leak(with_found(full_card, {OFFICIAL: (9, 10), LEAK_FREE: (9, 10)})) is None


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.51, 0.6, "better than a coin"), (0.4, 0.6, "can't tell"), (0.3, 0.49, "worse than a coin")],
)
def test_a_coin_is_beaten_only_where_the_interval_says_so(
    low: float, high: float, said: str
) -> None:
    assert findings.against_coin(Rate((low + high) / 2, low, high)) == said
