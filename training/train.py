"""Train one network and leave a checkpoint that the app can show.

    python -m training.train --model resnet18 --data DATA/malignant_vs_benign \
        --init-from resnet18.safetensors --preset tuned

Stop it at any time; the same command goes on after the last finished epoch and gives the weights
that an unbroken run gives. The best epoch on validation becomes checkpoints/NAME.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from signal import SIGINT
from typing import Any

from core import checkpoints
from core.networks import registry
from training.command import command_line
from training.data import pixels
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, training_split, with_more
from training.fitting import fit, initial_weights
from training.fitting.presets import PRESETS, Preset

DEFAULT_PRESETS = {"baseline_cnn": "report-baseline"}


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m training.train", description=(__doc__ or "").split("\n")[0]
    )
    p.add_argument("--model", required=True, choices=list(registry.ARCHITECTURES))
    p.add_argument(
        "--data",
        required=True,
        type=Path,
        help="folder with train/ and test/, or with a metadata.csv",
    )
    p.add_argument(
        "--also", type=Path, metavar="FOLDER",
        help="a further set to train on alone; lesions that the first is judged by are left out",
    )  # fmt: skip
    p.add_argument("--preset", choices=list(PRESETS), help="default: report-baseline or tuned")
    p.add_argument("--name", help="checkpoint's name; default: the model's")
    begin = p.add_mutually_exclusive_group()
    begin.add_argument(
        "--init",
        choices=[initial_weights.RANDOM, initial_weights.TORCHVISION],
        default=initial_weights.RANDOM,
    )
    begin.add_argument("--init-from", metavar="FILE", help="safetensors, whole or partial")
    p.add_argument(
        "--split", choices=["lesion", "report"], default="lesion", help="how validation is drawn"
    )
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--split-seed", type=int, help="what validation is drawn by; default: the seed")
    p.add_argument("--epochs", type=int, help="instead of the preset's")
    p.add_argument("--side", type=int, help="pixels a side, instead of the preset's")
    p.add_argument(
        "--cache", type=Path, metavar="FOLDER",
        help="keep decoded pictures in a file here, not in memory: for sets of many thousands",
    )  # fmt: skip
    p.add_argument("--precision", choices=["auto", "32-true", "bf16-mixed"], default="auto")
    p.add_argument("--devices", default="auto", help="as Lightning takes it: auto, 2, ...")
    p.add_argument("--nodes", type=int, default=1)
    p.add_argument("--strategy", default="auto", help="as Lightning takes it: auto, ddp, ...")
    p.add_argument("--accelerator", default="auto", help="as Lightning takes it: auto, cpu, gpu")
    p.add_argument("--runs", type=Path, default=Path("runs"), help="where an unfinished run lives")
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    p.add_argument("--restart", action="store_true", help="forget an unfinished run of this name")
    return p


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        train(options, command_line("training.train", arguments or sys.argv[1:]))
    except DataRejected as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}. "
            "Finished epochs are kept; the same command goes on after them.",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt as stop:
        print("stopped; the same command goes on after the last finished epoch", file=sys.stderr)
        return int(stop.args[0]) if stop.args else 128 + SIGINT
    return 0


def train(options: argparse.Namespace, command: str) -> None:
    """Run the whole of it; ``DataRejected`` with a sentence for anything the user can mend."""
    preset = _preset(options)
    whole = read_folder(options.data)
    seed = options.seed if options.split_seed is None else options.split_seed
    split = training_split(whole, seed, options.split)
    if options.also is not None:
        split = with_more(split, whole, read_folder(options.also))
    if fit.is_first_process():
        print(f"{whole.name}: {len(whole.table):,} pictures, {whole.balance()}")
        for title, part in (("training", split.train), ("validation", split.validation)):
            print(f"{title}: {len(part.table):,} pictures, {part.balance()}")
    run = fit.Run(
        name=options.name or options.model, architecture=options.model,
        preset_name=options.preset or DEFAULT_PRESETS.get(options.model, "tuned"), preset=preset,
        start=options.init_from or options.init, split=options.split, seed=options.seed,
        command=command, runs=options.runs, checkpoints=options.checkpoints,
        restart=options.restart,
        machine=fit.Machine(
            options.accelerator, options.devices, options.nodes, options.strategy,
            options.precision,
        ),
    )  # fmt: skip
    parts = [
        (pixels.load(part, preset.side, options.cache), part.labels)
        for part in (split.train, split.validation)
    ]
    fit.fit(run, split, (parts[0], parts[1]))


def _preset(options: argparse.Namespace) -> Preset:
    preset = PRESETS[options.preset or DEFAULT_PRESETS.get(options.model, "tuned")]
    changes = {"epochs": options.epochs, "side": options.side}
    only = registry.get(options.model).only_side
    if only is not None and options.side not in (None, only):
        raise DataRejected(f"{options.model} takes pictures of {only} pixels only.")
    given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    return dataclasses.replace(preset, **given)


if __name__ == "__main__":
    raise SystemExit(main())
