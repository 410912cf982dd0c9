"""Measure memory at 1,000, 4,000 and 16,000 pictures in ISIC 2020's layout: it must not grow.

    python -m training.memory --data DATA/ham10000_other_lesions

Makes each set by linking real pictures over and over, 1.8 % of them malignant, decodes it into a
cache and reads a training epoch from that, in a process of its own. Writes checkpoints/memory.json:
the most memory the process had, over what it had when all was imported.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from core import checkpoints
from core.files import write_text
from training import command
from training.data import pixels
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.data.split import training_split
from training.fitting.module import LesionData

SIZES = (1_000, 4_000, 16_000)
MALIGNANT = 0.018  # ISIC 2020's share
PER_PATIENT = 16  # its 33,126 pictures are of 2,056 patients
FILE = "memory.json"


@dataclass(frozen=True)
class MemoryOptions:
    """What the command was given; ``one`` is how it calls itself for one size."""

    data: Path
    side: int
    sizes: list[int]
    checkpoints: Path
    one: bool


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.memory", __doc__)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--side", type=command.positive, default=256)
    p.add_argument("--sizes", type=command.positive, nargs="+", default=list(SIZES))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    p.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), MemoryOptions, measure_all, arguments)


def measure_all(options: MemoryOptions, recorded: str) -> None:
    """Write the row of every size; of one alone, in this process, print it."""
    if options.one:
        print(json.dumps(one(options.data, options.side)))
        return
    about = {
        "command": recorded, "side": options.side, "date": datetime.date.today().isoformat(),
        "rows": [measure(options.data, n, options.side) for n in options.sizes],
    }  # fmt: skip
    write_text(options.checkpoints / FILE, json.dumps(about, indent=2) + "\n")


def measure(data: Path, n: int, side: int) -> dict[str, Any]:
    """The row of ``n`` pictures, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        repeated(data, Path(folder) / "isic2020", n)
        itself = [sys.executable, "-m", "training.memory", "--one", "--side", str(side), "--data"]
        done = subprocess.run(  # noqa: S603  # ourselves
            [*itself, str(Path(folder) / "isic2020")], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise DataRejected(f"{n:,} pictures: {done.stderr.strip().splitlines()[-1]}")
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{n:,} pictures: {row['grew_mib']:.0f} MiB more than at the start, "
          f"{row['decoded_mib']:.0f} MiB decoded, {row['seconds']:.0f} s")  # fmt: skip
    return row


def repeated(data: Path, to: Path, n: int) -> None:
    """ISIC 2020's layout with ``n`` pictures, each a link to one of ``data``."""
    table = read_folder(data).table
    (to / "train").mkdir(parents=True)
    malignant = max(2, round(n * MALIGNANT))
    rows = []
    endless = [itertools.cycle(table["path"][table["label"] == label]) for label in (0, 1)]
    for i in range(n):
        target = int(i < malignant)
        # Copies have equal content; patients part them as if they were pictures of their own.
        (to / "train" / f"ISIC_{i:07}.jpg").symlink_to(next(endless[target]).resolve())
        rows.append((f"ISIC_{i:07}", f"IP_{i * 7919 % (n // PER_PATIENT + 1):07}", target))
    names = ["image_name", "patient_id", "target"]
    pd.DataFrame(rows, columns=names).to_csv(to / "train.csv", index=False)


def one(folder: Path, side: int) -> dict[str, Any]:
    """Read, split, decode and go through one epoch of ``folder``; this process's memory."""
    began, before = time.monotonic(), _most_mib()
    split = training_split(read_folder(folder), 0, "lesion")
    cache = folder / "cache"
    parts = [
        (pixels.in_file(part, cache, side=side), part.labels)
        for part in (split.train, split.validation)
    ]
    data = LesionData(parts[0], parts[1], 32, 0, balanced=True)
    data.trainer = SimpleNamespace(world_size=1, global_rank=0)  # type: ignore[assignment]
    seen = malignant = 0
    for _, labels in data.train_dataloader():
        seen += len(labels)
        malignant += int(labels.sum())
    pictures = sum(len(pixels) for pixels, _ in parts)
    return {
        "pictures": pictures, "grew_mib": round(_most_mib() - before, 1),
        "most_mib": round(_most_mib(), 1), "decoded_mib": pictures * 3 * side * side / 2**20,
        "seconds": round(time.monotonic() - began, 1), "shown": seen,
        "shown_malignant": malignant / seen,
    }  # fmt: skip


def _most_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
