"""Score a model on changed pictures of the official test set, change by change.

    python -m training.robustness --model resnet18 --data DATA/malignant_vs_benign

Writes checkpoints/NAME/robustness.csv: accuracy, AUC and flipped verdicts under FGSM, PGD and noise
of the same size, Gaussian noise, and every one of ``core.pictures.corruptions`` at three strengths.
Attacks know the true label and raise its loss. Stop it at any time: the same command goes on, and
the file holds what is done. ``--only`` does some changes first, ``--epsilon`` some strengths of
PGD, each of which takes twenty gradients a picture. ``--pictures`` scores changes on a random
sample of the test, always the same one, with a clean row of its own; a row of all pictures never
gives way to one of a sample. A run of the benchmark is called TRACK/NAME: its weights are in
runs/benchmark, its table goes to checkpoints/benchmark/TRACK/NAME. Gradients are taken in bfloat16
where the processor or GPU has it; what is counted is always float32.
"""

from __future__ import annotations

import argparse
import math
import time
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
from core.classifier import Classifier
from core.files import write_bytes, write_text
from core.labels import CLASSES, margin
from core.pictures import corruptions
from core.probes import attacks
from core.results.card import Calibration
from core.results.json_files import ResultsRejected
from core.results.of_weights import stamped
from core.results.robustness import (  # fmt: skip
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
    read_robustness,
)
from core.results.scored_models import BENCHMARK
from training import command
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected, LabelledSet
from training.scoring.device import best_precision, scoring_device
from training.scoring.evaluations import require_gate
from training.scoring.stress_table import Scored, Unit, same_state, sample, table, with_kept

STEPS = 20
SHIFT_STRENGTHS = (0.25, 0.5, 1.0)


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
_CHANGES = tuple(dict.fromkeys(unit.change for unit in UNITS))


@dataclass(frozen=True)
class RobustnessOptions:
    """What the command was given. Raises ``DataRejected`` for strengths that the table lacks."""

    model: str
    data: Path
    only: Sequence[str]
    epsilon: Sequence[float]
    pictures: int | None
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
    p.add_argument("--only", nargs="+", choices=_CHANGES, default=_CHANGES, metavar="CHANGE")
    p.add_argument(
        "--epsilon", nargs="+", type=float, default=EPSILONS, metavar="E",
        help=f"of PGD, these alone: {', '.join(f'{e:.6g}' for e in EPSILONS)}",
    )  # fmt: skip
    p.add_argument(
        "--pictures", type=command.several, metavar="N", help="score on a random sample of so many"
    )
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
    require_gate(model)
    by = answered_by(model, data, options.batch_size)
    # another network or other pictures never go on with these
    folder = options.runs / "robustness" / f"{card.name}-{card.weights.sha256[:12]}"
    folder = folder.with_name(f"{folder.name}-{data.sha256()[:12]}")
    changes = {NONE, *options.only}
    asked = [e for e in EPSILONS if any(_same(e, one) for one in options.epsilon)]
    passed_over = {Unit(PGD, (e,)) for e in EPSILONS if e not in asked}
    wanted = [unit for unit in UNITS if unit.change in changes and unit not in passed_over]
    total, few = len(data.table), min(options.pictures or len(data.table), len(data.table))
    if few < total and data.labels[sample(total, few)].unique().numel() < len(CLASSES):
        raise DataRejected(f"{few} pictures are too few: they have one class alone.")
    kept, found = _kept(results), {}
    for unit in UNITS:
        n = total if unit.change == NONE else few
        if unit in wanted and max(_there(folder, unit, total), default=0) < n:
            scored, start = BytesIO(), time.monotonic()
            np.save(scored, margins(model, data, unit, options.batch_size, sample(total, n)))
            write_bytes(folder / unit.file(None if n == total else n), scored.getvalue())
            seconds = time.monotonic() - start
            print(f"{Path(unit.file()).stem}: {n} pictures, {seconds:.0f} s", flush=True)
        there = _there(folder, unit, total)
        if not there:
            continue
        most = max(there)
        found[unit] = Scored(sample(total, most), np.load(there[most]))
        fresh = table(data.labels.numpy(), card.threshold, by, found)
        if kept is not None and unit.change == NONE and not same_state(fresh, kept):
            print("What the file had was by another calibration or gate: it is left out.")
            kept = None
        both = fresh if kept is None else with_kept(fresh, kept, _CHANGES)
        text = stamped(both, card.weights.sha256).to_csv(index=False, float_format="%.6g")
        write_text(results / FILE, text)
    print(f"wrote {options.model}/{FILE}")


def _kept(results: Path) -> pd.DataFrame | None:
    """What the file has so far; nothing of a damaged one, or of other weights."""
    try:
        return read_robustness(results.name, results.parent)
    except ResultsRejected:
        return None


def _there(folder: Path, unit: Unit, total: int) -> dict[int, Path]:
    """The margins that are kept of a unit, by how many pictures they are of."""
    whole = folder / unit.file()
    samples = {int(path.stem.rpartition("-of-")[2]): path
               for path in folder.glob(f"{whole.stem}-of-*.npy")}  # fmt: skip
    return {n: path for n, path in {**samples, total: whole}.items() if path.is_file()}


def whereabouts(model: str, runs: Path) -> tuple[str, Path, Path]:
    """A model's own name, the folder that it and its like are in, and the one for its table."""
    track, _, name = model.rpartition("/")
    if track:
        return name, runs / BENCHMARK / track, checkpoints.FOLDER / BENCHMARK / track / name
    return name, checkpoints.FOLDER, checkpoints.FOLDER / name


def margins(
    model: Classifier, data: LabelledSet, unit: Unit, batch_size: int,
    only: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Malignant minus benign logit of every picture at every strength, (S, N).

    ``only`` names rows (N,) of ``data``; what is drawn for a picture is drawn by its row, so it is
    the same in a sample as in the whole.
    """
    seeds = list(range(len(data.table))) if only is None else only.tolist()
    paths, labels = list(data.table["path"].iloc[seeds]), data.labels[seeds]
    network = model.network
    device = next(network.parameters()).device
    found = np.empty((len(unit.strengths), len(paths)))
    with tqdm(total=len(paths), desc=f"{unit.change} {unit.strengths}", leave=False) as bar:
        for start in range(0, len(paths), batch_size):
            rows = range(start, min(start + batch_size, len(paths)))
            images = [read_picture(paths[row]) for row in rows]
            truth = labels[rows.start : rows.stop].to(device)
            for s, x in enumerate(changed(model, images, truth, [seeds[r] for r in rows], unit)):
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


if __name__ == "__main__":
    raise SystemExit(main())
