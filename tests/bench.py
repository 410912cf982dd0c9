"""What a check costs, as ratios within one run, and what a server of checks grows to.

    make bench            (python -m tests.bench [--only ratios load server ...])

Times depend on the machine, so they are given as multiples of one bare forward pass of the same
network, measured in turns with it, in the same process. These multiples depend on the machine too:
one that does a forward pass in a third of the time does the rest no faster. So they are kept for
each kind of processor. Nothing here is a test: it prints, and writes checkpoints/bench.json, which
the README's tables are made from.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from core import checkpoints
from core.files import write_text
from core.pictures.drawn_lesion import draw_lesion

ROOT = Path(__file__).resolve().parents[1]
RESULTS = checkpoints.FOLDER / "bench.json"
ROUNDS = 60
SETTLED = 20  # checks until caches are full; growth is counted from here
FIRST_PAGE = "Check a photo"
BETWEEN = 5  # checks between two visits of other pages
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


def processor() -> str:
    """What torch makes use of here: 'AVX2', 'AVX512' or another."""
    import torch

    name: str = torch.backends.cpu.get_cpu_capability()
    return name


def measure(part: str, checks: int, pictures: int) -> dict[str, Any]:
    """One of ``PARTS``; those that are about a model, for each model."""
    from tests import (
        bench_folder,
        bench_load,
        bench_onnx,
        bench_start,
        bench_stress,
        bench_tone,
        bench_training,
    )

    if part == "server":
        return server_memory(checks)
    if part == "container":
        return container(checks)
    if part == "start":
        return bench_start.ratio()
    if part == "training":
        return bench_training.ratio()
    each: dict[str, Callable[[str], dict[str, float]]] = {
        "ratios": lambda name: (
            ratios(name)
            | bench_onnx.ratio(name)
            | bench_stress.stress_ratios(name)
            | {"ten tones": bench_tone.strip_ratio(name)}
        ),
        "load": bench_load.measure,
        "folder": lambda name: bench_folder.measure(name, pictures),
    }
    return {name: each[part](name) for name in checkpoints.available()}


def ratios(name: str) -> dict[str, float]:
    """Medians over rounds, as multiples of a bare forward pass of one tensor, and its own time."""
    import torch

    from core import classifier
    from core.networks import torchvision_import
    from tests.bench_load import jpeg, whole_check

    model = classifier.load_for_serving(name)
    picture = draw_lesion(224, 224)
    data = jpeg(1632, 1224)  # 2 megapixels
    x = model.tensor(picture)[None]
    torchvision_import.prepare()
    from pytorch_grad_cam import GradCAMPlusPlus

    # The library's own way: hooks and a backward pass, on a network of its own.
    twin = type(model.network)(model.network.architecture)
    twin.backbone.load_state_dict(model.network.backbone.state_dict())
    twin.eval().to(memory_format=torch.channels_last)

    def bare() -> None:
        with torch.inference_mode():
            model.network(x)

    def library() -> None:
        with GradCAMPlusPlus(twin, [twin.tap]) as cam:
            cam(x, targets=None)

    timed: dict[str, Callable[[], object]] = {
        "forward": bare,
        "verdict and map": lambda: model.explain(picture).heatmap,
        "2-megapixel JPEG to drawn result": lambda: whole_check(model, data),
        "map by pytorch-grad-cam": library,
    }
    seconds: dict[str, list[float]] = {key: [] for key in timed}
    for _ in range(ROUNDS):
        for key, run in timed.items():  # in turns, so that a slow spell of the machine hits all
            start = time.perf_counter()
            run()
            seconds[key].append(time.perf_counter() - start)
    medians = {key: statistics.median(values) for key, values in seconds.items()}
    unit = medians.pop("forward")
    return {
        "forward, ms": round(1000 * unit, 1),
        **{key: round(value / unit, 3) for key, value in medians.items()},
    }


def server_memory(checks: int) -> dict[str, float]:
    """Resident memory of a server in MiB: at the start, at its highest, after all checks, and
    growth a check."""
    with serving() as (server, url):
        idle, *memory = visited(url, server.pid, checks)
        most = highest(server.pid)
    settled = np.array(memory[SETTLED:])
    growth = np.polyfit(np.arange(len(settled)), settled, 1)[0] if len(settled) > 1 else np.nan
    return {
        "checks": checks,
        "first page": round(idle, 1),
        "most": round(most, 1),
        "after all checks": round(memory[-1], 1),
        "growth a check": round(float(growth), 4),
    }


def container(checks: int) -> dict[str, float]:
    """The same in what stands for the container, under its memory limit; nothing where that can't
    be made."""
    from tests.support.container import contained, possible

    if not possible():
        return {}
    with tempfile.TemporaryDirectory() as folder, contained(Path(folder)) as running:
        visited(running.url, running.pid, checks)
        return {
            "checks": checks,
            "limit": running.recipe.memory / 2**20,
            "most": round(highest(running.pid), 1),
            "processes killed": running.killed,
        }


def visited(url: str, pid: int, checks: int) -> list[float]:
    """Resident memory of a server in MiB at its first page and after each check.

    One visitor over a real websocket, with all models in turn and every page in between.
    """
    from tests.support.visitor import Visitor

    with Visitor(url) as visitor:
        visitor.open()
        memory = [resident(pid)]
        others = itertools.cycle([title for title in visitor.pages if title != FIRST_PAGE])
        models = len(checkpoints.available())
        for number in tqdm(range(checks), desc="checks", leave=False):
            if number % BETWEEN == 0:
                visitor.open(next(others))
                visitor.open(FIRST_PAGE)
            data = io.BytesIO()
            draw_lesion(1632, 1224, seed=number).save(data, "JPEG", quality=90)
            visitor.upload(data.getvalue())
            visitor.choose("Model", number % models)
            visitor.anyway()  # after it: another model stops the same drawing anew
            visitor.picture()
            memory.append(resident(pid))
    return memory


@contextlib.contextmanager
def serving(
    script: str = "streamlit_app.py",
    environment: dict[str, str] | None = None,
    output: int = subprocess.DEVNULL,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The app, or another script, on a free port, up and answering.

    With ``output``, a descriptor, both what it says and its errors go there.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless",
               "true", "--server.port", str(port), "--server.address", "127.0.0.1",
               "--server.fileWatcherType", "none"]  # fmt: skip
    with answering(command, port, environment, output) as found:
        yield found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def answering(
    command: list[str],
    port: int,
    environment: dict[str, str] | None = None,
    output: int = subprocess.DEVNULL,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A streamlit server that ``command`` starts on ``port``, up and answering; as ``serving``."""
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=output,
        stderr=None if output == subprocess.DEVNULL else output,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 180  # a busy machine takes its time
        while time.monotonic() < end:
            if server.poll() is not None:
                raise RuntimeError("the app did not start")
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()  # noqa: S310
                break
            except OSError:
                time.sleep(0.2)
        yield server, url
    finally:
        server.terminate()
        server.wait(60)


def resident(pid: int) -> float:
    """Resident memory of a process in MiB (Linux)."""
    return _status(pid, "VmRSS")


def highest(pid: int) -> float:
    """The most that a process has ever had resident, in MiB (Linux)."""
    return _status(pid, "VmHWM")


def _status(pid: int, what: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


if __name__ == "__main__":
    raise SystemExit(main())
