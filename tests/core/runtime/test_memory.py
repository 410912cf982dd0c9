from __future__ import annotations

import gc
import platform
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from core.runtime import memory

ROOT = Path(__file__).resolve().parents[3]

# Small blocks that are freed, all but one at their end: without it the C library gives them back
# by itself.
_FREED = """
import re
from pathlib import Path
from core.runtime import memory

def resident():
    found = re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024

blocks = [bytearray(4000) for _ in range(50_000)]
del blocks[:-1]
before = resident()
memory.give_back()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_blocks_go_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FREED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) > 150  # of 191 MiB


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "c_library", lambda: None)
    memory.be_frugal()
    memory.give_back()


class _Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_is_set_aside_is_passed_over_until_the_next_time() -> None:
    try:
        circle = _Circle()
        seen = weakref.ref(circle)
        memory.set_aside()
        del circle
        gc.collect()
        assert seen() is not None
        later = weakref.ref(_Circle())
        gc.collect()
        assert later() is None
        memory.set_aside()
        assert seen() is None
    finally:
        gc.unfreeze()
