"""Fifty visitors for ten minutes, and training killed twenty times at random moments.

    make soak            (python -m tests.soak [--minutes 10] [--visitors 50] [--kills 20])

Every answer must be the one that a lone visitor gets, and training must end as an unbroken run.
Writes checkpoints/soak.json; what was not run (``--minutes 0``, ``--kills 0``) keeps its figures.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: see tests/conftest.py

from core import checkpoints
from core.files import write_text
from core.results.card import WEIGHTS
from tests.training import kills
from tests.training.conftest import write_kaggle

RESULTS = checkpoints.FOLDER / "soak.json"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path, default=RESULTS, help="the results file")
    options = parser.parse_args(arguments)
    results = json.loads(options.to.read_text(encoding="utf-8")) if options.to.is_file() else {}
    if options.minutes > 0:
        from tests.soak import visitors

        results["visitors"] = visitors.measure(options.visitors, options.minutes, options.seed)
    if options.kills > 0:
        results["training"] = _kill_training(options.kills, options.seed)
    print(json.dumps(results))
    write_text(options.to, json.dumps(results, indent=2) + "\n")
    return 0 if _all_well(results) else 1


def _all_well(results: dict[str, Any]) -> bool:
    training, visitors = results.get("training"), results.get("visitors")
    unlike = training and training["runs"] != training["runs with the unbroken run's weights"]
    return not unlike and not (visitors and visitors["wrong in all"])


def _kill_training(kills_wanted: int, seed: int) -> dict[str, Any]:
    from training import train  # noqa: F401  (imported once, here, for all that is forked)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_kaggle(folder / "colours", (44, 36), (3, 2))
        start = time.monotonic()
        unbroken = _finish(data, folder / "unbroken")
        longest = time.monotonic() - start
        # Rounds: a run that is killed again and again gets an epoch or two further each time.
        moments: list[float] = []
        rounds, same = 0, 0
        while len(moments) < kills_wanted:
            to = folder / f"killed{rounds}"
            wanted = min(5, kills_wanted - len(moments))
            moments += kills.kill_at_random(data, to, wanted, seed + rounds, longest)
            same += _finish(data, to) == unbroken
            rounds += 1
    return {
        "kills": len(moments), "moments, s": moments, "unbroken run, s": round(longest, 2),
        "runs": rounds, "runs with the unbroken run's weights": same,
    }  # fmt: skip


def _finish(data: Path, to: Path) -> bytes:
    """Train to the end; the weights' bytes."""
    process = kills.start(data, to)
    process.join()
    if process.exitcode:
        raise RuntimeError((to / "said").read_text(encoding="utf-8"))
    return (to / "checkpoints/baseline_cnn" / WEIGHTS).read_bytes()


if __name__ == "__main__":
    raise SystemExit(main())
