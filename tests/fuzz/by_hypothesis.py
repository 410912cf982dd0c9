"""Damage that hypothesis thinks of: it likes ends, repeats and small changes that combine."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import repair_checksums


def run(files: list[bytes], start: int, count: int, one: Callable[[bytes], None]) -> None:
    """Call ``one`` on exactly ``count`` pictures; ``start`` decides which."""
    left = count
    places = st.one_of(st.integers(0, 80), st.integers(0, 4000))

    @seed(start)
    @settings(
        max_examples=2 * count, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        base=st.sampled_from(files),
        changes=st.lists(st.tuples(places, st.binary(min_size=1, max_size=6)), max_size=10),
        keep=st.one_of(st.just(1.0), st.floats(0, 1)),
        repair=st.booleans(),
    )
    def damage(base: bytes, changes: list[tuple[int, bytes]], keep: float, repair: bool) -> None:
        nonlocal left
        if left <= 0:
            return
        left -= 1
        data = bytearray(base)
        for place, value in changes:
            at = place % len(data)
            data[at : at + len(value)] = value
        del data[int(len(data) * keep) :]
        if repair:
            repair_checksums(data)
        one(bytes(data))

    while left > 0:  # hypothesis stops early where it believes to have seen all
        damage()
