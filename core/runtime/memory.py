"""Memory that is freed goes back to the system, which the smallest host needs (690 MB).

glibc keeps freed blocks for later, in an arena of its own for many a thread. Streamlit runs each
visitor in a thread, and so freed photos and networks stayed in the process.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

# mallopt: at most two arenas, blocks from 4 MiB up are returned when freed, and 16 MiB are kept.
# A forward pass takes blocks of up to 3.2 MB: returned after each, getting them anew made the
# baseline network 1.4 times slower.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_PERTURB, _M_ARENA_MAX = -1, -3, -6, -8
_BYTE = 0xA5  # what freed memory is overwritten with; any but 0 will do
# Python keeps small blocks itself, in pools for each size up to 512 bytes.
_POOLED, _STEP, _BLOCKS = 512, 16, 30_000


def be_frugal() -> None:
    """Tell the C library to keep little. Does nothing where it is not glibc."""
    mallopt = getattr(c_library(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 2**22)
        mallopt(_M_TRIM_THRESHOLD, 2**24)


def give_back() -> None:
    """Return every free page of every arena, about 1 ms. Does nothing where it is not glibc."""
    trim = getattr(c_library(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def overwrite_freed() -> None:
    """Have the C library overwrite whatever is freed from now on, which makes a check 4 % slower.

    A photo's pages go back to the system, but its first and last bytes share theirs with others
    and would stay readable, and the metadata stands in the first. Nothing where it is not glibc.
    """
    mallopt = getattr(c_library(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_PERTURB, _BYTE)


def overwrite_small() -> None:
    """Overwrite the small free blocks that Python itself keeps, in about 0.2 s of short steps."""
    for size in range(_STEP, _POOLED + 1, _STEP):
        taken = [bytes(max(0, size - sys.getsizeof(b""))) for _ in range(_BLOCKS)]
        del taken


def set_aside() -> None:
    """Collect what is in circles, in about 0.2 s, and have later collections pass over the rest.

    Streamlit collects after every run of a page. With torch imported that looked through a million
    objects that stay, twice a check, for longer than the check's forward pass took. What was set
    aside and has ended since is found by the next call alone, if it is in a circle.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def allowed(system: Path = Path("/")) -> float:
    """MiB that this process may take in all; infinite where nothing says how many.

    The least of what the machine has and of what the process's control group, or one around it,
    is held to (Linux, cgroup v2 or v1). ``system`` is where /proc and /sys are.
    """
    found = [float("inf")]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    try:
        groups = (system / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        groups = []
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, file = ("sys/fs/cgroup/memory", "memory.limit_in_bytes") if controllers else (
            "sys/fs/cgroup", "memory.max")  # fmt: skip
        group = system / root / path.strip("/")
        for one in (group, *group.parents):
            if one == system:
                break
            found.append(_limit(one / file))
    return min(found) / 2**20


def _limit(file: Path) -> float:
    """Bytes, infinite where the file is none or says ``max``."""
    try:
        said = file.read_text(encoding="ascii").strip()
    except OSError:
        return float("inf")
    return float(said) if said.isdecimal() else float("inf")


@cache
def c_library() -> Any:
    """The process's C library on Linux; ``None`` elsewhere."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
