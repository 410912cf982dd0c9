"""Damage in structure ends as soon as a decoder does, and no file outgrows what may be sent."""

from __future__ import annotations

import time

from core.images import MAX_BYTES
from tests.fuzz import seeds, structure

# The same item was there thousands of times, and each got 65,535 references: 400 MB to pack.
GREW = (31_014, 35_439)


def test_an_item_that_was_repeated_gets_its_references_once() -> None:
    files = list(seeds.whole_files().values())
    for number in GREW:
        begins = time.process_time()
        data = structure.mutated(files, files, number)
        assert len(data) <= MAX_BYTES
        assert time.process_time() - begins < 5
