"""Training in a process of its own that can be killed or given a bad disk, without its imports.

The child is forked from a process that has torch and Lightning already, so it costs a second.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import random
import resource
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch

from core import checkpoints
from core.results.card import WEIGHTS, read_card
from tests.training.conftest import run_train

_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2  # capabilities, linux/capability.h
_CAPABILITY_VERSION_3 = 0x20080522


def start(data: Path, to: Path, before: Callable[[], None] | None = None) -> BaseProcess:
    """Begin a run into ``to``; what it says goes to ``to``/said, its status is the process's."""
    to.mkdir(exist_ok=True)

    def child() -> None:
        torch.set_num_threads(1)  # a forked thread pool would wait for threads it has not got
        if before is not None:
            before()
        run = run_train(data, to)
        descriptor = os.open(to / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(descriptor, run.said.encode())
        os._exit(run.status)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    return process


def disk_is_full_after(size: int) -> Callable[[], None]:
    """No file may grow beyond ``size`` bytes: writing more fails as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def permissions_count() -> None:
    """Root may write anywhere; from here on this process may not."""

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    class Data(ctypes.Structure):
        _fields_ = (
            ("effective", ctypes.c_uint32),
            ("permitted", ctypes.c_uint32),
            ("inheritable", ctypes.c_uint32),
        )

    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = Header(_CAPABILITY_VERSION_3, 0), (Data * 2)()
    assert libc.capget(ctypes.byref(header), sets) == 0
    sets[0].effective &= ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH)
    assert libc.capset(ctypes.byref(header), sets) == 0


def kill_at_random(data: Path, to: Path, kills: int, seed: int, longest: float) -> list[float]:
    """Start and kill -9 that often, each within ``longest`` seconds; the moments of real kills.

    After each kill every file under its final name must be whole. The same folder is gone on with,
    so a run that came to its end before its kill starts (and ends) again.
    """
    chance, moments = random.Random(seed), []
    for _ in range(kills):
        process = start(data, to)
        moment = chance.uniform(0, longest)
        process.join(moment)
        if process.is_alive():
            moments.append(round(moment, 2))
            process.kill()
        process.join()
        assert_whole(to)
    return moments


def assert_whole(to: Path) -> None:
    """No file under its final name is half-written."""
    for file in (to / "runs").rglob("*.ckpt"):
        torch.load(file, weights_only=True)
    for card in (to / "checkpoints").glob("*/card.json"):
        read_card(card)
    for weights in (to / "checkpoints").glob(f"*/{WEIGHTS}"):
        checkpoints.read_state(weights)
