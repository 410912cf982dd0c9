"""Train one network and leave a checkpoint that the app can show.

    python -m training.train --model resnet18 --data DATA/malignant_vs_benign \
        --init-from resnet18.safetensors --preset tuned

Stop it at any time; the same command goes on after the last finished epoch and gives the weights
that an unbroken run gives. The best epoch on validation becomes checkpoints/NAME.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import sys
import warnings
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Literal

import lightning.pytorch as pl
import torch

from core import architectures, checkpoints
from training import run_folder, start
from training.data import DataRejected, load_pixels, read_folder, split_validation
from training.export import Finished, command_line, export
from training.module import LesionData, LesionModule
from training.presets import PRESETS, Preset

DEFAULT_PRESETS = {"baseline_cnn": "report-baseline"}


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m training.train", description=(__doc__ or "").split("\n")[0]
    )
    p.add_argument("--model", required=True, choices=list(architectures.ARCHITECTURES))
    p.add_argument(
        "--data",
        required=True,
        type=Path,
        help="folder with train/ and test/, or with a metadata.csv",
    )
    p.add_argument("--preset", choices=list(PRESETS), help="default: report-baseline or tuned")
    p.add_argument("--name", help="checkpoint's name; default: the model's")
    begin = p.add_mutually_exclusive_group()
    begin.add_argument("--init", choices=[start.RANDOM, start.TORCHVISION], default=start.RANDOM)
    begin.add_argument("--init-from", metavar="FILE", help="safetensors, whole or partial")
    p.add_argument(
        "--split", choices=["lesion", "report"], default="lesion", help="how validation is drawn"
    )
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--epochs", type=int, help="instead of the preset's")
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
    # Lightning's notices on processors found and products to try; its warnings still come through.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    preset = _preset(options)
    whole = read_folder(options.data)
    print(f"{whole.name}: {len(whole.table):,} pictures, {whole.balance()}")
    if whole.has_official_split:
        whole = whole.only(whole.table["split"] == "train")
    parts = split_validation(whole, options.seed, options.split)
    for title, part in zip(("training", "validation"), parts, strict=True):
        print(f"{title}: {len(part.table):,} pictures, {part.balance()}")

    pl.seed_everything(options.seed, verbose=False)
    network = architectures.build(options.model)
    begun, fresh = start.initialise(network, options.model, options.init_from or options.init)
    print(start.describe(begun))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub

    folder = options.runs / (options.name or options.model)
    precision = options.precision if options.precision != "auto" else _precision()
    settings = {
        "model": options.model, "preset": dataclasses.asdict(preset), "seed": options.seed,
        "split": options.split, "start": dataclasses.asdict(begun), "precision": precision,
        "data": whole.sha256(),
    }  # fmt: skip
    batches = [(load_pixels(part, side=preset.side), part.labels) for part in parts]
    resume = run_folder.prepare(folder, settings, options.restart)
    data = LesionData(batches[0], batches[1], preset.batch_size, options.seed)
    history = run_folder.History()
    trainer = pl.Trainer(
        max_epochs=preset.epochs,
        accelerator=options.accelerator, devices=options.devices, num_nodes=options.nodes,
        strategy=options.strategy, precision=precision,
        callbacks=[history, *run_folder.callbacks(folder)],
        plugins=[run_folder.AtomicCheckpointIO()],
        use_distributed_sampler=False, logger=False, enable_model_summary=False,
        num_sanity_val_steps=0, default_root_dir=folder, deterministic="warn",
    )  # fmt: skip
    module = LesionModule(network, preset, options.seed, fresh)
    with warnings.catch_warnings():
        # The set is a tensor in memory: there is nothing for loader processes to do.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # The run's settings are there before its checkpoints.
        warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
        try:
            trainer.fit(module, data, ckpt_path=resume, weights_only=True)
        except SystemExit as end:  # Lightning's way out: status 1 on Ctrl-C, 0 on SIGTERM
            signal = SIGTERM if trainer.received_sigterm else SIGINT
            raise KeyboardInterrupt(128 + signal) from end
    if trainer.is_global_zero:
        finished = Finished(
            name=options.name or options.model, architecture=options.model, command=command,
            preset=options.preset or DEFAULT_PRESETS.get(options.model, "tuned"),
            side=preset.side, seed=options.seed,
            split=options.split, epochs=preset.epochs,
            device=_device(trainer), precision=precision, start=begun, history=history.table(),
        )  # fmt: skip
        export(finished, folder / run_folder.BEST, parts, batches[1], whole, options.checkpoints)


def _preset(options: argparse.Namespace) -> Preset:
    preset = PRESETS[options.preset or DEFAULT_PRESETS.get(options.model, "tuned")]
    return preset if options.epochs is None else dataclasses.replace(preset, epochs=options.epochs)


def _precision() -> Literal["bf16-mixed", "32-true"]:
    """bf16 where the machine multiplies it natively, else float32."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    processor = Path("/proc/cpuinfo")
    flags = processor.read_text() if processor.is_file() else ""
    return "bf16-mixed" if "avx512_bf16" in flags or "amx_bf16" in flags else "32-true"


def _device(trainer: pl.Trainer) -> str:
    if isinstance(trainer.accelerator, pl.accelerators.CUDAAccelerator):
        return f"{trainer.world_size} x {torch.cuda.get_device_name()}"
    return f"CPU, {torch.get_num_threads()} threads, {trainer.world_size} process"


if __name__ == "__main__":
    raise SystemExit(main())
