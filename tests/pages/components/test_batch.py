"""What of a batch's rows is kept when photos are added, and how they are counted."""

from __future__ import annotations

from core.batch.rows import NOT_READ, Row
from pages.components import batch, batch_table


def test_a_photo_added_beside_others_is_the_only_one_judged() -> None:
    rows = [Row(name, "benign", 0.1, ()) for name in "ab"]
    old = batch.Batch(("1", "2", "m"), rows=rows, photos=[b"1", None])
    kept = {
        ("1", "2", "3", "m"): rows, ("1", "3", "m"): rows[:1], ("3", "m"): [],
        ("1", "2", "3", "other"): [],
    }  # fmt: skip
    for of, expected in kept.items():
        found = batch.follow(old, of)
        assert found.rows == expected
        assert len(found.photos) == len(expected)


def test_the_count_in_words_puts_what_was_not_read_last() -> None:
    rows = [
        Row("a", NOT_READ, None, ("Bad.",)),
        Row("b", "benign", 0.1, ()),
        Row("c", "benign", 0.2, ()),
    ]
    assert batch_table.in_words(rows) == "3 files: **2** looks benign, **1** not read."
