"""No file takes more than 5 seconds or 300 MiB, over all threads and processes."""

from __future__ import annotations

import pytest

from tests.core.encoded import encode, quarters
from tests.fuzz import hostile, judge

OPENED = {
    "heic many tiles", "jpeg scans within", "jpeg refined", "jpeg exif of itself", "jpeg restarts",
    "jpeg strip of ink", "jpeg progressive strip within", "jpeg large profile",
    "png texts", "png bombs", "png the same bomb again", "png see through",
}  # fmt: skip


@pytest.mark.parametrize("name", hostile.FILES)
def test_a_file_made_to_hurt_stays_within_the_bounds(name: str) -> None:
    outcome = judge.alone(encode(quarters(), "JPEG"), hostile.FILES[name]())
    assert outcome.good, outcome
    assert outcome.kind == ("picture" if name in OPENED else "refused")
