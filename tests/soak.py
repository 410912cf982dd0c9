"""Kill training twenty times at random moments; it must end as an unbroken run.

    make soak            (python -m tests.soak [--kills 20])

Writes checkpoints/soak.json. The load of many visitors is not part of it yet.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: see tests/conftest.py

from core import checkpoints
from core.results import write_text
from tests.training import kills
from tests.training.conftest import write_kaggle

RESULTS = checkpoints.FOLDER / "soak.json"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path, default=RESULTS, help="the results file")
    options = parser.parse_args(arguments)
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
        while len(moments) < options.kills:
            to = folder / f"killed{rounds}"
            wanted = min(5, options.kills - len(moments))
            moments += kills.kill_at_random(data, to, wanted, options.seed + rounds, longest)
            same += _finish(data, to) == unbroken
            rounds += 1
    result = {
        "kills": len(moments), "moments, s": moments, "unbroken run, s": round(longest, 2),
        "runs": rounds, "runs with the unbroken run's weights": same,
    }  # fmt: skip
    print(json.dumps(result))
    write_text(options.to, json.dumps({"training": result}, indent=2) + "\n")
    return 0 if same == rounds else 1


def _finish(data: Path, to: Path) -> bytes:
    """Train to the end; the weights' bytes."""
    process = kills.start(data, to)
    process.join()
    if process.exitcode:
        raise RuntimeError((to / "said").read_text(encoding="utf-8"))
    return (to / "checkpoints/baseline_cnn" / checkpoints.WEIGHTS).read_bytes()


if __name__ == "__main__":
    raise SystemExit(main())
