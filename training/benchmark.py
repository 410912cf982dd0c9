"""Train and score every network of the benchmark; what the page 'Compare models' reads.

    python -m training.benchmark --data DATA/malignant_vs_benign --init-from WEIGHTS

Stop it at any time: the same command goes on where it was, also in the middle of a network, and
skips what is done. Several of them at once share the work out, which fills a GPU that one small
network leaves idle. Results go to checkpoints/benchmark/TRACK/NAME; the weights stay in
runs/benchmark/TRACK/NAME. Where no weights are at hand the best start is a random one: the results
of that run are taken, it is not trained twice. A run that fails is told, and the others go on;
the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import checkpoints
from core.results.scored_models import BENCHMARK
from training import command
from training.data.file_lock import claim
from training.data.labelled_set import DataRejected
from training.fitting.fit import Machine
from training.tracks import jobs as plan
from training.tracks import runs, speed
from training.tracks.progress import Progress


@dataclass(frozen=True)
class BenchmarkOptions:
    """What the command was given."""

    data: Path | None
    skin: Path | None
    init_from: Path | None
    budget: str | None
    only: Sequence[str]
    listed: bool
    restart: bool
    runs: Path
    checkpoints: Path
    accelerator: str
    precision: str


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.benchmark", __doc__)
    p.add_argument("--data", type=Path, metavar="FOLDER", help="the set in Kaggle's layout")
    p.add_argument(
        "--skin", type=Path, metavar="FOLDER",
        help=f"pictures for pretraining; default: {plan.SKIN} beside the data",
    )  # fmt: skip
    p.add_argument(
        "--init-from", type=Path, metavar="FOLDER",
        help="safetensors named after architectures; what is not there is downloaded, or random",
    )  # fmt: skip
    p.add_argument("--budget", choices=list(plan.BUDGETS), help="default: gpu if there is one")
    p.add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help="a track, a network, or TRACK/NAME; may be given several times",
    )  # fmt: skip
    p.add_argument(
        "--list",
        dest="listed",
        action="store_true",
        help="print the plan and what is done, and stop",
    )
    p.add_argument("--restart", action="store_true", help="train again what is done or begun")
    p.add_argument("--runs", type=Path, default=Path("runs"), help="where weights and stops live")
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    p.add_argument("--accelerator", default="auto", help="as Lightning takes it: auto, cpu, gpu")
    p.add_argument("--precision", choices=["auto", "32-true", "bf16-mixed"], default="auto")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), BenchmarkOptions, train_all, arguments,
        after_stop="The same command goes on where it was.",
    )  # fmt: skip


def train_all(options: BenchmarkOptions, recorded: str) -> int:
    """Do what is left of the plan; the exit status."""
    jobs = plan.chosen(plan.jobs(), list(options.only))
    budget = plan.BUDGETS[options.budget or runs.usual_budget()]
    place = runs.Workplace(
        data=options.data, skin=options.skin, weights=options.init_from, budget=budget,
        runs=options.runs / BENCHMARK, results=options.checkpoints / BENCHMARK, command=recorded,
        machine=Machine(accelerator=options.accelerator, devices="1", precision=options.precision),
    )  # fmt: skip
    progress = Progress(jobs, place)
    if options.listed:
        print("\n".join(progress.listing()))
        return 0
    if options.data is None:
        raise DataRejected("Give the data with --data FOLDER.")
    place.refuse_another_budget(jobs, options.restart)
    failed = _train_each(jobs, place, progress, options.restart)
    return _close(options, place, jobs, failed)


def _train_each(
    jobs: list[plan.Job], place: runs.Workplace, progress: Progress, restart: bool
) -> dict[str, str]:
    """Train what is left, one run after another; why runs failed, by their keys."""
    failed: dict[str, str] = {}
    elsewhere: set[str] = set()
    restarted: set[str] = set()
    while job := next(
        (j for j in jobs if j.key not in failed and j.key not in elsewhere
         and (not place.is_done(j) or (restart and j.key not in restarted))
         and place.is_ready(j, jobs)), None,
    ):  # fmt: skip
        with claim(place.run_folder(job).with_suffix(".lock"), wait=False) as ours:
            if not ours:  # another process is at it: see what else there is
                elsewhere.add(job.key)
                continue
            if place.is_done(job) and not restart:
                continue  # another process has just finished it
            progress.begins(job)
            try:
                _train_or_copy(job, jobs, place, progress, restart)
            except Exception as error:
                if not isinstance(error, DataRejected):
                    traceback.print_exc()
                failed[job.key] = str(error).strip() or type(error).__name__
                print(f"{job.key} failed: {failed[job.key]}", file=sys.stderr)
            restarted.add(job.key)
    return failed


def _train_or_copy(
    job: plan.Job, jobs: list[plan.Job], place: runs.Workplace, progress: Progress, restart: bool
) -> None:
    twin = place.twin(job, jobs)
    if twin is None:
        place.train(job, restart=restart, callbacks=[progress.watch(job)])
    else:
        print(f"the same run as {twin.key}, whose results it takes")
        place.copy(twin, job)


def _close(
    options: BenchmarkOptions, place: runs.Workplace, jobs: list[plan.Job],
    failed: dict[str, str],
) -> int:  # fmt: skip
    """Measure speeds once all is quiet, and say what came of the runs."""
    with claim(place.runs / "speed.lock", wait=False) as ours:
        if ours:
            names = dict.fromkeys(job.architecture for job in jobs)
            speed.measure(list(names), options.checkpoints, place.command)
    done = sum(place.is_done(job) for job in jobs)
    print(f"{done} of {len(jobs)} runs are done.")
    for key, why in failed.items():
        print(f"failed: {key}: {why}", file=sys.stderr)
    waiting = [j.key for j in jobs if not place.is_done(j) and j.key not in failed]
    if waiting:
        print(f"not done here, begun elsewhere or waiting: {', '.join(waiting)}", file=sys.stderr)
    return command.FAILED if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
