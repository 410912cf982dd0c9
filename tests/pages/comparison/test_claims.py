"""Whether the report's figures are found again is told from the intervals of both."""

from __future__ import annotations

import pytest

from core.statistics.estimates import Rate
from pages.comparison import claims
from pages.comparison.claims import AccuracyClaim, TrackClaim

LOW, MIDDLE, HIGH = Rate(0.6, 0.55, 0.65), Rate(0.7, 0.6, 0.8), Rate(0.9, 0.85, 0.95)


def claim(published: Rate, here: Rate | None) -> AccuracyClaim:
    return AccuracyClaim("net", published, "section 1", here, None)


@pytest.mark.parametrize(
    ("both", "said"),
    [
        ([claim(MIDDLE, LOW), claim(LOW, MIDDLE)], "are found again here: 2 of 2"),
        ([claim(LOW, HIGH), claim(LOW, MIDDLE)], "Of 2 accuracies of the report, here 1 higher"),
        ([claim(HIGH, LOW), claim(LOW, HIGH)], "here 1 higher and 1 lower"),
        ([claim(HIGH, LOW), claim(HIGH, None)], "Of 1 accuracies of the report, here 1 lower"),
        ([claim(HIGH, None)], "not run here"),
    ],
)
def test_the_title_of_the_accuracies_follows_from_the_intervals(
    both: list[AccuracyClaim], said: str
) -> None:
    assert said in claims.accuracy_title(both)


@pytest.mark.parametrize(
    ("own", "best", "said", "apart"),
    [
        (HIGH, LOW, "highest in 1 of 1 tracks, and can be told from the next in 1", True),
        (MIDDLE, LOW, "highest in 1 of 1 tracks, and can be told from the next in 0", False),
        (LOW, HIGH, "highest in 0 of 1 tracks, and can be told from the next in 0", True),
    ],
)
def test_the_title_of_the_tracks_follows_from_the_intervals(
    own: Rate, best: Rate, said: str, apart: bool
) -> None:
    one = TrackClaim("random", own, best, "AlexNet (random start)")
    assert said in claims.highest_title([one])
    assert one.apart is apart


def test_without_any_run_the_report_stands_alone() -> None:
    (baseline, resnet18) = claims.accuracy_claims([])
    assert baseline.here is None
    assert resnet18.published.low < 0.897 < resnet18.published.high
    assert claims.highest_claims([]) == []
