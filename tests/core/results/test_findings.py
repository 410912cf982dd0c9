"""What results say when held against each other: with figures that say one thing, and the other."""

from __future__ import annotations

import pandas as pd
import pytest

from core import checkpoints
from core.results import findings, scored_models
from core.statistics.estimates import Rate
from core.statistics.intervals import wilson


def tables(*origins: tuple[str, int, int, int, int]) -> tuple[pd.DataFrame, ...]:
    """Scored pictures, whose lesions they show, and pairs.

    For each origin a lesion's prefix, how many of how many seen are found, and how many of how many
    unseen.
    """
    scored, people, pairs = [], [], []
    for prefix, found, n, found_unseen, n_unseen in origins:
        for i in range(n + n_unseen):
            seen = i < n
            hit = i < found if seen else i - n < found_unseen
            file = f"test/malignant/{prefix}{i}.jpg"
            scored.append((file, "malignant", 0.9 if hit else 0.1))
            people.append((file, f"{prefix}{i}"))
            if seen and prefix.startswith("HAM_"):
                people.append((f"train/malignant/{prefix}{i}.jpg", f"{prefix}{i}"))
            elif seen:
                pairs.append((file, f"train/malignant/other{i}.jpg"))
    scored.append(("test/benign/1.jpg", "benign", 0.9))  # no melanoma, and not counted
    people.append(("test/benign/1.jpg", "HAM_b"))
    pairs.append(("test/malignant/nobody.jpg", "test/malignant/other.jpg"))  # not of training
    return (
        pd.DataFrame(scored, columns=["file", "label", "probability"]),
        pd.DataFrame(people, columns=["file", "person"]),
        pd.DataFrame(pairs, columns=["file", "other_file"]),
    )


def test_the_leak_is_told_among_like_pictures() -> None:
    ham, older = findings.leak(*tables(("HAM_", 8, 10, 7, 10), ("x", 4, 4, 5, 6)), 0.5)
    assert (ham.origin, ham.n_seen, ham.n_unseen) == (findings.HAM, 10, 10)
    assert (ham.seen, ham.unseen) == (wilson(8, 10), wilson(7, 10))
    assert (older.origin, older.n_seen, older.n_unseen) == (findings.OTHERS, 4, 6)
    assert (older.seen, older.unseen) == (wilson(4, 4), wilson(5, 6))


@pytest.mark.parametrize(
    ("seen", "unseen", "apart"), [((39, 40), (10, 40), 1), ((10, 40), (39, 40), -1),
                                  ((30, 40), (28, 40), 0)],
)  # fmt: skip
def test_whom_the_leak_flatters_depends_on_the_intervals(
    seen: tuple[int, int], unseen: tuple[int, int], apart: int
) -> None:
    (one,) = findings.leak(*tables(("HAM_", *seen, *unseen)), 0.5)
    assert one.told_apart == apart


def test_an_origin_without_pictures_on_both_sides_is_left_out() -> None:
    assert findings.leak(*tables(("HAM_", 3, 4, 0, 0)), 0.5) == ()


def test_the_threshold_is_the_model_s() -> None:
    (one,) = findings.leak(*tables(("HAM_", 3, 10, 3, 10)), 0.05)
    assert one.seen.value == 1.0


def test_the_shipped_table_knows_131_leaked_pictures() -> None:
    results, _ = scored_models.read_scored_models(checkpoints.FOLDER)
    result = next(r for r in results if r.where == "resnet18")
    found = findings.read_leak(result, checkpoints.FOLDER)
    assert sum(one.n_seen for one in found) == 72 + 34  # of the 131 these are malignant
    assert sum(one.n_seen + one.n_unseen for one in found) == 300


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.51, 0.6, "better than a coin"), (0.4, 0.6, "can't tell"), (0.3, 0.49, "worse than a coin")],
)
def test_a_coin_is_beaten_only_where_the_interval_says_so(
    low: float, high: float, said: str
) -> None:
    assert findings.against_coin(Rate((low + high) / 2, low, high)) == said
