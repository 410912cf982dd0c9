"""Average the weights of networks that were trained on from one start, if validation says so.

    python -m training.average --model resnet18 --name resnet18_robust --preset robust \
        --of checkpoints/one checkpoints/another --data DATA/malignant_vs_benign

Networks that share their beginning lie in one valley, and the middle of it serves better than its
edges (Wortsman et al. 2022, arXiv:2203.05482), most of all under attack. Each network alone and the
average are compared by the preset's own validation loss, of attacked pictures where the preset
attacks; the average is written to checkpoints/NAME only if it has the least. The history beside it
is the first network's: what others were attacked by may differ.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from safetensors import SafetensorError
from torch.nn import functional as F

from core import checkpoints
from core.networks import lesion_network, registry
from core.networks.lesion_network import LesionNetwork
from core.results.card import CARD, HISTORY, HISTORY_COLUMNS, WEIGHTS, Initialisation, read_card
from training import command
from training.data import learned
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.pixels import Part, in_memory, slices
from training.data.split import training_split
from training.fitting import initial_weights, run_folder
from training.fitting.adversarial import AdversarialModule
from training.fitting.module import LesionModule
from training.fitting.presets import PRESETS, Preset
from training.fitting.weight_average import State, average
from training.scoring import checkpoint
from training.scoring.device import best_precision

_BATCH = 64


@dataclass(frozen=True)
class AverageOptions:
    """What the command was given; ``of`` are checkpoints' folders."""

    model: str
    name: str
    preset: str
    of: list[Path]
    data: Path
    seed: int
    checkpoints: Path
    replace: bool


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.average", __doc__)
    p.add_argument("--model", required=True, choices=list(registry.ARCHITECTURES))
    p.add_argument("--name", required=True, help="checkpoint's name")
    p.add_argument("--preset", required=True, choices=list(PRESETS))
    p.add_argument("--of", required=True, nargs="+", type=Path, metavar="CHECKPOINT")
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--seed", type=int, default=0, help="that validation was drawn by")
    command.checkpoints_option(p)
    p.add_argument(
        "--replace", action="store_true",
        help="write over a checkpoint that another command made; its figures go too",
    )  # fmt: skip
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), AverageOptions, average_alone, arguments)


def average_alone(options: AverageOptions, recorded: str) -> int:
    """``average_if_best`` as the only writer of the checkpoint, if it may write there."""
    if not options.replace:
        _refuse_another(options.checkpoints / options.name, recorded)
    with writing(options.checkpoints / options.name):
        return average_if_best(options, recorded)


def _refuse_another(folder: Path, recorded: str) -> None:
    """``DataRejected`` where another command made the checkpoint that is there."""
    if not (folder / CARD).is_file():
        return
    made = read_card(folder / CARD).training.command
    if made != recorded:
        raise DataRejected(
            f"{folder} holds another model, made by `{made}`. Give --replace to write over it and "
            "its figures, or another --name."
        )


def average_if_best(options: AverageOptions, recorded: str) -> int:
    """Compare, and write the average if it is best; exit status 1 if it is not."""
    preset = PRESETS[options.preset]
    split = training_split(read_folder(options.data), options.seed, "lesion")
    part = in_memory(split.validation, side=preset.side), split.validation.labels
    states = [read(folder) for folder in options.of]
    for folder in options.of:
        _refuse_learned(folder, split.validation)
    named = {folder.name: state for folder, state in zip(options.of, states, strict=True)}
    mean = average(states)
    losses = {
        name: validation_loss(_network(options.model, state), preset, part)
        for name, state in {**named, "average": mean}.items()
    }
    for name, loss in losses.items():
        print(f"validation loss {loss:.4f}: {name}")
    best = min(losses, key=lambda name: losses[name])
    if best != "average":
        print(f"{best} alone is better; nothing is written.", file=sys.stderr)
        return command.FAILED
    lineages = [initial_weights.lineage(folder / WEIGHTS) for folder in options.of]
    history = pd.read_csv(options.of[0] / HISTORY, usecols=list(HISTORY_COLUMNS))
    finished = checkpoint.Finished(
        name=options.name, architecture=options.model, command=recorded, preset=options.preset,
        side=preset.side, seed=options.seed, split="lesion", epochs=len(history),
        device="CPU", precision=best_precision(), history=history,
        best_epoch=run_folder.best_epoch(history),
        start=Initialisation(f"mean of {' and '.join(named)}", "; ".join(lineages), len(mean)),
    )  # fmt: skip
    checkpoint.export(finished, _network(options.model, mean), split, part, options.checkpoints)
    return 0


def read(folder: Path) -> State:
    """The backbone's weights of a checkpoint's folder. Raises ``DataRejected``."""
    try:
        return checkpoints.read_state(folder / WEIGHTS)
    except (OSError, SafetensorError, ValueError) as error:
        raise DataRejected(f"{folder} is no checkpoint.") from error


def _refuse_learned(folder: Path, validation: LabelledSet) -> None:
    """``DataRejected`` for a member that learned from what the average would be chosen by."""
    known = learned.known(folder, validation, read_card(folder / CARD))
    if known and known.learned:
        raise DataRejected(
            f"{folder} has learned from {known.learned} of the {known.of} pictures that would "
            "choose the average: its validation was drawn by another seed, or before more pictures "
            "were known to show one lesion."
        )


def validation_loss(network: LesionNetwork, preset: Preset, part: Part) -> float:
    """Mean cross-entropy on validation as ``preset`` sees it: attacked if it attacks."""
    kind = AdversarialModule if preset.adversarial else LesionModule
    module = kind(network, preset, seed=0)
    half = torch.autocast("cpu", torch.bfloat16, best_precision() == "bf16-mixed")
    total = 0.0
    for pixels, labels in zip(slices(part[0], _BATCH), part[1].split(_BATCH), strict=True):
        with half:  # what is counted is float32 all the same
            x = module.met_in_validation(pixels.float() / 255, labels)
        with torch.inference_mode():
            total += float(F.cross_entropy(network(x), labels, reduction="sum"))
    return total / len(part[1])


def _network(name: str, state: State) -> LesionNetwork:
    network = lesion_network.build(name)
    try:
        network.backbone.load_state_dict(state)
    except RuntimeError as error:
        raise DataRejected(f"The networks to average are no {name}.") from error
    return network.requires_grad_(False).eval()


if __name__ == "__main__":
    raise SystemExit(main())
