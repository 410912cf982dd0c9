"""Every attack against a server as its container runs it, and what became of the others.

    make attacks         (python -m tests.attacks [--only reruns zips ...])

Needs Linux, root and a memory control group. Prints a line for each attack: seconds that another
visitor waited, memory at its highest in MiB, and whether the server lives. Writes nothing; the
exit status is 1 if a server was ended.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.attacks import crafted, fills, floods, leaves
from tests.support.container import Contained, contained, possible
from tests.support.server import highest

ATTACKS: dict[str, Callable[[Contained], dict[str, object]]] = {
    "reruns": floods.reruns,
    "connections": floods.connections,
    "clear_cache": floods.clear_cache,
    "big_files": fills.big_files,
    "stalled": fills.stalled,
    "zips": fills.two_zips,
    "slow_maps": leaves.slow_maps,
    "slow_evidence": leaves.slow_evidence,
    "quiet": leaves.quiet,
    "foreign": floods.foreign,
    "downloads": crafted.downloads,
    "names": crafted.names,
    "halves": crafted.halves,
    "heads": crafted.heads,
    "deaf": crafted.deaf,
    "wrong_values": crafted.wrong_values,
    "deep_queries": crafted.deep_queries,
    "odd_places": crafted.odd_places,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--only", nargs="+", choices=ATTACKS, default=list(ATTACKS))
    options = parser.parse_args()
    if not possible():
        print("This system can't hold a server to its memory: see tests/support/container.py.")
        return 2
    ended = 0
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder, contained(Path(folder)) as running:
            start = time.monotonic()
            try:
                found = ATTACKS[name](running)
            except Exception as error:  # whatever it is, it is a finding
                found = {"error": f"{type(error).__name__}: {error}"[:200]}
            found |= {
                "in all, s": round(time.monotonic() - start, 1),
                "memory at most, MiB": round(running.most_memory),
                "resident at most, MiB": _resident(running),
                "processes killed": running.killed,
            }
            ended += running.killed
        print(f"{name}: {json.dumps(found)}", flush=True)
    return 1 if ended else 0


def _resident(running: Contained) -> float | None:
    try:
        return round(highest(running.pid))
    except (OSError, TypeError):
        return None  # it is gone


if __name__ == "__main__":
    raise SystemExit(main())
