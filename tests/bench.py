"""What a check costs, as ratios within one run, and what a server of checks grows to.

    make bench            (python -m tests.bench [--checks 100])

Times depend on the machine, so they are given as multiples of one bare forward pass of the same
network, measured in turns with it, in the same process. Nothing here is a test: it prints, and
writes checkpoints/bench.json, which the README's table is made from.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import shutil
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
from core.drawn_example import draw_lesion
from core.results import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULTS = checkpoints.FOLDER / "bench.json"
ROUNDS = 60
SETTLED = 20  # checks until caches are full; growth is counted from here


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--checks", type=int, default=100)
    options = parser.parse_args()
    results: dict[str, Any] = {"ratios": {}, "server": None}
    for name in checkpoints.available():
        results["ratios"][name] = ratios(name)
        line = ", ".join(f"{key} {value:.2f}" for key, value in results["ratios"][name].items())
        print(f"{name}, in forward passes: {line}")
    browser = shutil.which("chromium")
    if browser is None:
        print("no Chromium: the server's memory was not measured", file=sys.stderr)
        return 1
    results["server"] = server_memory(browser, options.checks)
    print(f"server, MiB: {results['server']}")
    write_text(RESULTS, json.dumps(results, indent=2) + "\n")
    return 0


def ratios(name: str) -> dict[str, float]:
    """Medians over rounds, as multiples of a bare forward pass of one tensor."""
    import torch

    from core import classifier, torchvision_import
    from core.images import open_image

    model = classifier.load_for_serving(name)
    picture = draw_lesion(224, 224)
    data = io.BytesIO()
    draw_lesion(1632, 1224).save(data, "JPEG", quality=90)  # 2 megapixels
    x = model.tensor(picture)[None]
    torchvision_import.prepare()
    from pytorch_grad_cam import GradCAMPlusPlus

    # The library's own way: hooks and a backward pass, on a network of its own.
    twin = type(model.network)(model.network.architecture)
    twin.backbone.load_state_dict(model.network.backbone.state_dict())
    twin.eval()

    def bare() -> None:
        with torch.inference_mode():
            model.network(x)

    def library() -> None:
        with GradCAMPlusPlus(twin, [twin.tap]) as cam:
            cam(x, targets=None)

    timed: dict[str, Callable[[], object]] = {
        "forward": bare,
        "verdict and map": lambda: model.explain(picture).heatmap,
        "2-megapixel JPEG to verdict and map": lambda: model.explain(
            open_image(data.getvalue())
        ).heatmap_at(900, 675),
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
    return {key: round(value / unit, 3) for key, value in medians.items()}


def server_memory(browser: str, checks: int) -> dict[str, float]:
    """Resident memory of a server in MiB: at the start, after all checks, and growth a check."""
    from playwright.sync_api import expect, sync_playwright

    with tempfile.TemporaryDirectory() as folder, serving() as (server, url), \
            sync_playwright() as playwright:  # fmt: skip
        page = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        ).new_page()
        page.goto(url)
        expect(page.get_by_role("heading", name="Check a photo")).to_be_visible(timeout=60_000)
        idle = resident(server.pid)
        picture = page.get_by_role("img", name=re.compile("saliency map"))
        memory, before = [], ""
        for number in tqdm(range(checks), desc="checks in Chromium", leave=False):
            photo = Path(folder) / f"{number}.jpg"
            draw_lesion(1632, 1224, seed=number).save(photo, quality=90)
            page.set_input_files("input[type=file]", photo)
            expect(picture).not_to_have_attribute("src", before, timeout=60_000)
            photo.unlink()  # only now: the browser reads it when it sends it
            before = picture.get_attribute("src") or ""
            memory.append(resident(server.pid))
    settled = np.array(memory[SETTLED:])
    growth = np.polyfit(np.arange(len(settled)), settled, 1)[0] if len(settled) > 1 else np.nan
    return {
        "checks": checks,
        "first page": round(idle, 1),
        "most": round(max(memory), 1),
        "after all checks": round(memory[-1], 1),
        "growth a check": round(float(growth), 4),
    }


@contextlib.contextmanager
def serving(
    script: str = "streamlit_app.py",
    environment: dict[str, str] | None = None,
    output: int = subprocess.DEVNULL,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The app, or another script, on a free port, up and answering.

    With ``output``, a descriptor, both what it says and its errors go there.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless",
               "true", "--server.port", str(port), "--server.address", "127.0.0.1",
               "--server.fileWatcherType", "none"]  # fmt: skip
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
        server.wait(10)


def resident(pid: int) -> float:
    """Resident memory of a process in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


if __name__ == "__main__":
    raise SystemExit(main())
