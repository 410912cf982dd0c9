"""A server of the app, up and answering, and what it takes of the machine."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def processor() -> str:
    """What torch makes use of here: 'AVX2', 'AVX512' or another."""
    import torch

    name: str = torch.backends.cpu.get_cpu_capability()
    return name


@contextlib.contextmanager
def serving(
    script: str = "streamlit_app.py",
    environment: dict[str, str] | None = None,
    output: int = subprocess.DEVNULL,
    folder: Path = ROOT,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The app, or another script, on a free port, up and answering.

    With ``output``, a descriptor, both what it says and its errors go there. ``folder`` is the
    working tree that is served.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless",
               "true", "--server.port", str(port), "--server.address", "127.0.0.1",
               "--server.fileWatcherType", "none"]  # fmt: skip
    with answering(command, port, environment, output, folder) as found:
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
    folder: Path = ROOT,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A streamlit server that ``command`` starts on ``port``, up and answering; as ``serving``."""
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=output,
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
