"""Checks a second of a class that looks at photos all at once, and how long each visitor waits.

    python -m tests.bench.visitors [--visitors 8 30] [--seconds 60] [--against FOLDER]

Each visitor opens the app, sends a photo, reads the answer and leaves, again and again. With
``--against``, another working tree of the project is measured in turns with this one: only such
figures can be compared. On a machine with other work, compare the processor's seconds that the
server takes for a check. Prints, and writes nothing.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

from core.pictures.examples import FOLDER, IMAGES
from tests.support.server import ROOT, serving
from tests.support.visitor import Visitor

PHOTO = FOLDER / IMAGES / "PAT_801_1518_78.jpg"
SIZE = (1632, 1224)  # pixels; from a photo of a lesion, so that an answer is given at once


def photo() -> bytes:
    """A photo of a lesion in a phone's smaller size."""
    packed = io.BytesIO()
    with Image.open(PHOTO) as opened:
        opened.convert("RGB").resize(SIZE).save(packed, "JPEG", quality=90)
    return packed.getvalue()


def check(url: str, data: bytes) -> float:
    """Seconds from sending a photo to the drawn answer."""
    with Visitor(url) as visitor:
        visitor.open()
        start = time.monotonic()
        visitor.upload(data)
        visitor.anyway()
        if not visitor.maps():
            raise RuntimeError("the page shows no map")
        return time.monotonic() - start


def processor_seconds(pid: int) -> float:
    """What a process has computed so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def together(pid: int, url: str, data: bytes, visitors: int, seconds: float) -> dict[str, float]:
    """What so many visitors get done in that time."""
    end, waits, late = time.monotonic() + seconds, list[float](), list[float]()
    before = processor_seconds(pid)

    def visit() -> None:
        while time.monotonic() < end:
            wait = check(url, data)
            (waits if time.monotonic() < end else late).append(wait)

    threads = [threading.Thread(target=visit) for _ in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = processor_seconds(pid) - before
    p50, p95 = np.percentile(waits, [50, 95]) if waits else (np.nan, np.nan)
    return {
        "visitors": visitors, "checks a second": round(len(waits) / seconds, 3),
        "p50, s": round(float(p50), 2), "p95, s": round(float(p95), 2),
        "processor, s a check": round(taken / (len(waits) + len(late)), 3),
    }  # fmt: skip


def measure(folder: Path, visitors: int, seconds: float) -> dict[str, float]:
    """``together`` at a new server of the project in ``folder``."""
    data = photo()
    with serving(folder=folder) as (server, url):
        start = time.monotonic()
        check(url, data)
        first = round(time.monotonic() - start, 2)
        return together(server.pid, url, data, visitors, seconds) | {
            "first visit of the server, s": first
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--visitors", type=int, nargs="+", default=[8, 30])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--against", type=Path, help="another working tree, measured in turns")
    options = parser.parse_args()
    folders = [folder for folder in (options.against, ROOT) if folder]
    for visitors in options.visitors:
        for folder in folders:
            found = measure(folder.resolve(), visitors, options.seconds)
            print(f"{'this' if folder == ROOT else 'other'}: {json.dumps(found)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
