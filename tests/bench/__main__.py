"""What a check costs, as ratios within one run, and what a server of checks grows to.

    make bench            (python -m tests.bench [--only ratios load server ...])

Times depend on the machine, so they are given as multiples of one bare forward pass of the same
network, measured in turns with it, in the same process. These multiples depend on the machine too:
one that does a forward pass in a third of the time does the rest no faster. So they are kept for
each kind of processor. Nothing here is a test: it prints, and writes checkpoints/bench.json, which
the tables of docs/results.md are made from.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from core import checkpoints
from core.files import write_text
from tests.support.server import processor

RESULTS = checkpoints.FOLDER / "bench.json"
# The first are multiples of a forward pass, which the processor's instructions make cheap or dear.
PER_PROCESSOR = ("ratios", "load", "folder", "training")
PARTS = (*PER_PROCESSOR, "start", "server", "container")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--checks", type=int, default=300, help="of the server's memory")
    parser.add_argument("--pictures", type=int, default=5000, help="in the folder that is scored")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="others are kept")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for part in options.only:
        found = measure(part, options.checks, options.pictures)
        if part in PER_PROCESSOR:
            results[part] = results.get(part, {}) | {processor(): found}
        else:
            results[part] = found
        print(f"{part}: {json.dumps(found)}")
        write_text(RESULTS, json.dumps(results, indent=2) + "\n")
    return 0


def measure(part: str, checks: int, pictures: int) -> dict[str, Any]:
    """One of ``PARTS``; those that are about a model, for each model."""
    from tests.bench import folder, load, memory, onnx, ratios, start, stress, tone, training

    if part == "server":
        return memory.server(checks)
    if part == "container":
        return memory.container(checks)
    if part == "start":
        return start.ratio()
    if part == "training":
        return training.ratio()
    each: dict[str, Callable[[str], dict[str, float]]] = {
        "ratios": lambda name: (
            ratios.measure(name)
            | onnx.ratio(name)
            | stress.stress_ratios(name)
            | {"ten tones": tone.strip_ratio(name)}
        ),
        "load": load.measure,
        "folder": lambda name: folder.measure(name, pictures),
    }
    return {name: each[part](name) for name in checkpoints.available()}


if __name__ == "__main__":
    raise SystemExit(main())
