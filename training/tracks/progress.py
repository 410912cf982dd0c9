"""How far the benchmark is and how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback
from torch.utils.flop_counter import FlopCounterMode

from core.networks import lesion_network
from training.tracks.jobs import Job
from training.tracks.runs import Workplace


class Progress:
    """Says after each epoch how much of the plan is done, by multiplications, and the time left.

    The time is that of the epochs this process has seen, and of what it still has to do if it is
    alone; networks differ in how well they use a machine, so it is a guess that gets better.
    """

    def __init__(self, jobs: list[Job], place: Workplace) -> None:
        self.jobs, self.place = jobs, place
        self.seen_cost = self.seen_seconds = 0.0
        self._costs: dict[str, float] = {}
        self._done: set[str] = set()  # reading all cards after each epoch takes too long
        self._before = time.monotonic()

    def cost(self, job: Job) -> float:
        """Multiplications of a run's epochs, up to a factor that all runs share."""
        preset = self.place.preset(job)
        pictures = 1.6 if job.pretraining else 1.0  # that set is the larger by so much
        return pictures * preset.epochs * operations(job.architecture, preset.side)

    def _work(self, job: Job) -> float:
        """Its cost; none if it takes another's results."""
        if job.key not in self._costs:
            repeats = self.place.twin(job, self.jobs) is not None
            self._costs[job.key] = 0.0 if repeats else self.cost(job)
        return self._costs[job.key]

    def begins(self, job: Job) -> None:
        self._before = time.monotonic()
        number = self.jobs.index(job) + 1
        print(f"\n[{number} of {len(self.jobs)}] {job.key}", flush=True)

    def epoch(self, job: Job, done: int, of: int) -> str:
        """One line after the epoch ``done`` of ``of`` of a run."""
        now = time.monotonic()
        one = self._work(job) / of
        self.seen_seconds += now - self._before
        self.seen_cost += one
        self._before = now
        whole = sum(self._work(j) for j in self.jobs)
        self._done |= {
            j.key for j in self.jobs if j.key not in self._done and self.place.is_done(j)
        }
        left = sum(self._work(j) for j in self.jobs if j != job and j.key not in self._done)
        left += one * (of - done)
        share = 100 * (1 - left / whole)
        remaining = duration(left * self.seen_seconds / self.seen_cost)
        return f"{job.key}: epoch {done} of {of}; {share:.1f} % of all, about {remaining} left"

    def watch(self, job: Job) -> Callback:
        return _Teller(self, job)

    def listing(self) -> Iterator[str]:
        """A line a run: whether it is done, and its share of the work."""
        whole = sum(self.cost(job) for job in self.jobs)
        for job in self.jobs:
            state = "done   " if self.place.is_done(job) else "not run"
            preset = self.place.preset(job)
            yield (
                f"{state} {100 * self.cost(job) / whole:5.1f} % {job.key}: {job.preset}, start "
                f"{job.start}, {preset.side} pixels, {preset.epochs} epochs, seed {job.seed}"
            )


class _Teller(Callback):
    def __init__(self, progress: Progress, job: Job) -> None:
        self.progress, self.job = progress, job

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        of = int(trainer.max_epochs or 0)
        print(self.progress.epoch(self.job, trainer.current_epoch + 1, of), flush=True)


@cache
def operations(architecture: str, side: int) -> int:
    """Multiplications and additions of one picture's forward pass, counted without doing them."""
    with torch.device("meta"), torch.no_grad():
        network = lesion_network.build(architecture).eval()
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, side, side))
    return int(counter.get_total_flops())


def duration(seconds: float) -> str:
    """``2 h 05 min`` or ``3 min``."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
