"""Memory that is freed goes back to the system, which the smallest host needs (690 MB).

glibc keeps freed blocks for later, in an arena of its own for many a thread. Streamlit runs each
visitor in a thread, and so freed photos and networks stayed in the process.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

# mallopt: at most two arenas, blocks from 4 MiB up are returned when freed, and 16 MiB are kept.
# A forward pass takes blocks of up to 3.2 MB: returned after each, getting them anew made the
# baseline network 1.4 times slower.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def be_frugal() -> None:
    """Tell the C library to keep little. Does nothing where it is not glibc."""
    mallopt = getattr(_library(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 2**22)
        mallopt(_M_TRIM_THRESHOLD, 2**24)


def give_back() -> None:
    """Return every free page of every arena, about 1 ms. Does nothing where it is not glibc."""
    trim = getattr(_library(), "malloc_trim", None)
    if trim is not None:
        trim(0)


@cache
def _library() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
