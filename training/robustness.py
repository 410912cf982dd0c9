"""Score a model on changed pictures of the official test set, change by change.

    python -m training.robustness --model resnet18 --data DATA/malignant_vs_benign

Writes checkpoints/NAME/robustness.csv: accuracy, AUC and flipped verdicts under FGSM, PGD and noise
of the same size, Gaussian noise, and every one of ``core.pictures.corruptions`` at three strengths.
Attacks know the true label and raise its loss. Stop it at any time: the same command goes on, and
the file holds what is done. ``--only`` does some changes first, ``--epsilon`` some strengths of
PGD, each of which takes twenty gradients a picture. A run of the benchmark is called TRACK/NAME:
its weights are in runs/benchmark, its table goes to checkpoints/benchmark/TRACK/NAME. Gradients are
taken in bfloat16 where the processor or GPU has it; what is counted is always float32.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core import checkpoints
from core.calibration import calibrated
from core.classifier import Classifier
from core.files import write_bytes, write_text
from core.labels import margin
from core.pictures import corruptions
from core.probes import attacks
from core.results.card import Calibration
from core.results.of_weights import stamped
from core.results.robustness import (  # fmt: skip
    COLUMNS,
    EPSILONS,
    FGSM,
    FGSM_NORMALISED,
    FILE,
    GAUSSIAN,
    GAUSSIAN_NORMALISED,
    NONE,
    PGD,
    REPORTS,
    SIGMAS,
    SIGN_NOISE,
)
from core.results.scored_models import BENCHMARK
from core.statistics import intervals, metrics
from training import command
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected, LabelledSet
from training.scoring.device import best_precision, scoring_device

STEPS = 20
SHIFT_STRENGTHS = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Unit:
    """Strengths of one change that are scored together, and cached together."""

    change: str
    strengths: tuple[float, ...]

    @property
    def file(self) -> str:
        return f"{self.change}-{'-'.join(f'{strength:.6f}' for strength in self.strengths)}.npy"


# FGSM's strengths share one gradient; PGD's take twenty each.
UNITS = (
    Unit(NONE, (0.0,)),
    Unit(FGSM, EPSILONS),
    Unit(FGSM_NORMALISED, (REPORTS,)),
    Unit(SIGN_NOISE, EPSILONS),
    Unit(GAUSSIAN, SIGMAS),
    Unit(GAUSSIAN_NORMALISED, (REPORTS,)),
    *(Unit(PGD, (epsilon,)) for epsilon in EPSILONS),
    *(Unit(name, SHIFT_STRENGTHS) for name in corruptions.SHIFTS),
)


@dataclass(frozen=True)
class RobustnessOptions:
    """What the command was given. Raises ``DataRejected`` for strengths that the table lacks."""

    model: str
    data: Path
    only: Sequence[str]
    epsilon: Sequence[float]
    batch_size: int
    runs: Path

    def __post_init__(self) -> None:
        for epsilon in self.epsilon:
            if not any(_same(epsilon, known) for known in EPSILONS):
                raise DataRejected(f"--epsilon {epsilon:g} is none of the table's.")


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.robustness", __doc__)
    p.add_argument("--model", required=True, help="one of checkpoints/, or TRACK/NAME")
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    changes = list(dict.fromkeys(unit.change for unit in UNITS))
    p.add_argument("--only", nargs="+", choices=changes, default=changes, metavar="CHANGE")
    p.add_argument(
        "--epsilon", nargs="+", type=float, default=EPSILONS, metavar="E",
        help=f"of PGD, these alone: {', '.join(f'{e:.6g}' for e in EPSILONS)}",
    )  # fmt: skip
    p.add_argument("--batch-size", type=command.positive, default=32)
    p.add_argument("--runs", type=Path, default=Path("runs"))
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(),
        RobustnessOptions,
        score_alone,
        arguments,
        after_stop="The same command goes on where it was.",
    )


def _same(one: float, other: float) -> bool:
    """Whether two strengths are one but for the digits that the help leaves out."""
    return math.isclose(one, other, rel_tol=1e-4)


def score_alone(options: RobustnessOptions, recorded: str) -> None:
    """``score`` as the only writer of the results."""
    name, trained, results = whereabouts(options.model, options.runs)
    checkpoints.card(name, trained)  # a typing error is told before anything is made
    with writing(results):
        score(options, recorded)


def score(options: RobustnessOptions, _: str) -> None:
    """Score what is asked for and not yet scored; rewrite the table after each unit."""
    name, trained, results = whereabouts(options.model, options.runs)
    card = checkpoints.card(name, trained)
    data = read_folder(options.data)
    if data.has_official_split:
        data = data.only(data.table["split"] == "test")
    network = checkpoints.load_network(name, trained).to(scoring_device())
    model = Classifier(card, network, checkpoints.load_gate(card, trained))
    by = answered_by(model, data, options.batch_size)
    # another network or other pictures never go on with these
    folder = options.runs / "robustness" / f"{card.name}-{card.weights.sha256[:12]}"
    folder = folder.with_name(f"{folder.name}-{data.sha256()[:12]}")
    changes = {NONE, *options.only}
    asked = [e for e in EPSILONS if any(_same(e, one) for one in options.epsilon)]
    passed_over = {Unit(PGD, (e,)) for e in EPSILONS if e not in asked}
    wanted = [unit for unit in UNITS if unit.change in changes and unit not in passed_over]
    found: dict[Unit, NDArray[np.float64]] = {}
    for unit in UNITS:
        file = folder / unit.file
        if unit in wanted and not file.is_file():
            kept = BytesIO()
            np.save(kept, margins(model, data, unit, options.batch_size))
            write_bytes(file, kept.getvalue())
        if file.is_file():
            found[unit] = np.load(file)
            rows = stamped(table(model, data, found, by), card.weights.sha256)
            text = rows.to_csv(index=False, float_format="%.6g")
            write_text(results / FILE, text)
    print(f"wrote {options.model}/{FILE}")


def whereabouts(model: str, runs: Path) -> tuple[str, Path, Path]:
    """A model's own name, the folder that it and its like are in, and the one for its table."""
    track, _, name = model.rpartition("/")
    if track:
        return name, runs / BENCHMARK / track, checkpoints.FOLDER / BENCHMARK / track / name
    return name, checkpoints.FOLDER, checkpoints.FOLDER / name


def margins(
    model: Classifier, data: LabelledSet, unit: Unit, batch_size: int
) -> NDArray[np.float64]:
    """Malignant minus benign logit of every picture at every strength, (S, N)."""
    paths, labels = list(data.table["path"]), data.labels
    network = model.network
    device = next(network.parameters()).device
    found = np.empty((len(unit.strengths), len(paths)))
    with tqdm(total=len(paths), desc=f"{unit.change} {unit.strengths}", leave=False) as bar:
        for start in range(0, len(paths), batch_size):
            rows = range(start, min(start + batch_size, len(paths)))
            images = [read_picture(paths[row]) for row in rows]
            truth = labels[rows.start : rows.stop].to(device)
            for s, x in enumerate(changed(model, images, truth, list(rows), unit)):
                with torch.inference_mode():
                    logits = network(x).double().cpu().numpy()
                found[s, rows.start : rows.stop] = margin(logits)
            bar.update(len(rows))
    return found


def changed(
    model: Classifier, images: list[Image.Image], labels: torch.Tensor, seeds: Sequence[int],
    unit: Unit,
) -> Iterator[torch.Tensor]:  # fmt: skip
    """The pictures (B, 3, side, side) at each strength of a unit; a picture's seed is its row."""
    network, change = model.network, unit.change
    if change in corruptions.SHIFTS:
        for strength in unit.strengths:
            shifted = [corruptions.apply(image, change, strength, seed)
                       for image, seed in zip(images, seeds, strict=True)]  # fmt: skip
            yield batch(model, shifted, labels.device)
        return
    x = batch(model, images, labels.device)
    if change == NONE:
        yield x
        return
    half = torch.autocast(x.device.type, torch.bfloat16, best_precision() == "bf16-mixed")
    std = network.normalise.std.flatten().tolist()
    if change in (FGSM, FGSM_NORMALISED):
        with half:
            direction = attacks.input_gradient(network, x, labels)
    elif change == SIGN_NOISE:
        direction = attacks.signs(x, seeds)
    for strength in unit.strengths:
        if change == PGD:
            with half:
                yield attacks.pgd(network, x, labels, strength, STEPS, seeds)
        elif change == GAUSSIAN:
            yield attacks.gaussian(x, strength, seeds)
        elif change == GAUSSIAN_NORMALISED:
            yield attacks.gaussian(x, strength, seeds, std)
        else:
            scale = std if change == FGSM_NORMALISED else (1.0, 1.0, 1.0)
            yield attacks.along(x, direction, strength, scale)


def batch(model: Classifier, images: list[Image.Image], device: torch.device) -> torch.Tensor:
    """Pictures as the model takes them, (B, 3, side, side)."""
    return torch.stack([model.network_input(image) for image in images]).to(device)


def answered_by(model: Classifier, data: LabelledSet, batch_size: int) -> list[Calibration]:
    """The calibration that each picture is answered by, as it is and however it is changed."""
    if not model.card.calibration_by_kind:
        return [model.card.calibration] * len(data.table)
    found: list[Calibration] = []
    paths = list(data.table["path"])
    for start in range(0, len(paths), batch_size):
        images = [read_picture(path) for path in paths[start : start + batch_size]]
        _, summaries = model.margins_and_summaries(batch(model, images, scoring_device()))
        found += [model.for_summary(one.cpu()).card.calibration for one in summaries]
    return found


def table(
    model: Classifier, data: LabelledSet, found: dict[Unit, NDArray[np.float64]],
    by: Sequence[Calibration],
) -> pd.DataFrame:  # fmt: skip
    """A row a change and strength, ``core.results.robustness.COLUMNS``."""
    card, labels = model.card, data.labels.numpy()

    def chances(margins: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([float(calibrated(one, own)) for one, own in zip(margins, by, strict=True)])

    clean = chances(found[UNITS[0]][0]) >= card.threshold
    rows = []
    for unit, margins in found.items():
        for strength, lead in zip(unit.strengths, margins, strict=True):
            p = chances(lead)
            said = p >= card.threshold
            right = intervals.wilson(int((said == labels).sum()), len(labels))
            flips = intervals.wilson(int((said != clean).sum()), len(labels))
            rows.append((
                unit.change, strength, len(labels), right.value, right.low, right.high,
                metrics.auc(labels, p), flips.value, flips.low, flips.high,
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


if __name__ == "__main__":
    raise SystemExit(main())
