"""Coroutines of a test, run where no event loop runs yet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_coroutine(work: Coroutine[Any, Any, Result]) -> Result:
    """What ``asyncio.run`` returns or raises, in a thread of its own.

    Playwright leaves an event loop running in the main thread for as long as a browser is open,
    and ``asyncio.run`` refuses to be called there.
    """
    with ThreadPoolExecutor(1, "coroutine") as thread:
        return thread.submit(asyncio.run, work).result()
