"""A long computation lets others go first, and ends where nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable

Between = Callable[[float], object]
"""Called between two batches with the share that is done, in [0, 1].

It may take its time, and raises to end the computation: nothing is to be tidied up then.
"""


def go_on(_share: float) -> None:
    """For a computation that nobody stops and nobody waits behind."""
