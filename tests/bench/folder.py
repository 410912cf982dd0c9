"""A folder of 5,000 pictures through ``python -m core``, against the bare forward pass.

python -m tests.bench.folder [--pictures 5000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core import checkpoints, classifier
from core.pictures.drawn_lesion import draw_lesion

ROOT = Path(__file__).resolve().parents[2]
DRAWN = 50  # different pictures; the others are links to them
SIZES = (1, 4, 16, 32)  # batches of which the bare forward pass has the best
MEASURED = 6  # passes of each


def measure(name: str, pictures: int) -> dict[str, float]:
    """Pictures a second over the bare forward's at its best batch, and how memory went (MiB)."""
    before = best_rate(name)
    with tempfile.TemporaryDirectory() as folder:
        rate, settled, end = _score(name, _folder(Path(folder), pictures))
    bare = max(before, best_rate(name))  # before and after: the machine may have slow spells
    return {
        "pictures": pictures,
        "pictures a second, of the bare forward's": round(rate / bare, 3),
        "memory after a tenth, MiB": round(settled, 1),
        "memory at the end, MiB": round(end, 1),
    }


def best_rate(name: str) -> float:
    """Pictures a second of the network alone, on all threads, at its best batch size."""
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))  # as python -m core has them
    model = classifier.load(name)
    one = model.network_input(draw_lesion(224, 224))
    rates = []
    for size in SIZES:
        batch = torch.stack([one] * size)
        taken = []
        with torch.inference_mode():
            for _ in range(MEASURED):
                start = time.perf_counter()
                model.network(batch)
                taken.append(time.perf_counter() - start)
        rates.append(size / statistics.median(taken))
    return max(rates)


def _folder(folder: Path, pictures: int) -> list[str]:
    files = []
    for number in range(pictures):
        path = folder / f"{number:05}.jpg"
        if number < DRAWN:
            draw_lesion(224, 224, seed=number).save(path, quality=92)
        else:
            path.hardlink_to(folder / f"{number % DRAWN:05}.jpg")
        files.append(str(path))
    return files


def _score(name: str, files: list[str]) -> tuple[float, float, float]:
    """Pictures a second between the first tenth and the end, and memory at both."""
    command = [sys.executable, "-m", "core", "--model", name, *files]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    tenth = len(files) // 10
    began = settled = end = 0.0
    for number, _ in enumerate(process.stdout, 1):
        if number == tenth:
            began, settled = time.perf_counter(), _resident(process.pid)
        elif number == len(files) - tenth // 10:  # near the end, while it is still there
            end = _resident(process.pid)
    took = time.perf_counter() - began
    if process.wait():
        raise RuntimeError(f"python -m core ended with {process.returncode}")
    return (len(files) - tenth) / took, settled, end


def _resident(pid: int) -> float:
    from tests.support.server import resident

    return resident(pid)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", type=int, default=5000)
    options = parser.parse_args()
    for name in checkpoints.available():
        print(name, measure(name, options.pictures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
