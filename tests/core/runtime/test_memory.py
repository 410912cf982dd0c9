from __future__ import annotations

import gc
import platform
import re
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


def system(folder: Path, groups: str, limits: dict[str, str]) -> Path:
    """A folder with a process's control groups and what each is held to."""
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/self/cgroup").write_text(groups)
    for path, limit in limits.items():
        file = folder / "sys/fs/cgroup" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit + "\n")
    return folder


@pytest.mark.parametrize(
    ("groups", "limits", "mib"),
    [
        ("0::/\n", {"memory.max": str(690 * 2**20)}, 690),  # a container's own view of itself
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": str(512 * 2**20)}, 512),
        ("9:cpu:/x\n4:memory:/a\n", {"memory/a/memory.limit_in_bytes": str(2**28)}, 256),
        ("9:cpu:/x\n", {"x/memory.max": "1000"}, None),  # no group of memory's
        ("0::/\n", {"memory.max": "max"}, None),
    ],
)
def test_what_a_process_may_take_is_the_least_that_a_group_around_it_may(
    tmp_path: Path, groups: str, limits: dict[str, str], mib: float | None
) -> None:
    found = memory.allowed(system(tmp_path, groups, limits))
    assert found == (memory.allowed(tmp_path / "nowhere") if mib is None else mib)


def test_without_any_group_it_is_what_the_machine_has(tmp_path: Path) -> None:
    whole = float(re.findall(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())[0]) / 1024
    assert memory.allowed(tmp_path) == pytest.approx(whole, rel=0.01)
