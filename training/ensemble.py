"""Choose an ensemble of the benchmark's runs on validation alone, then score the official test.

    python -m training.ensemble --data DATA/malignant_vs_benign

Takes the runs whose weights are in runs/benchmark and that saw no other skin pictures, without
those whose validation AUC is below the interval of the best one's. Each is scored on validation as
it is, and averaged over the square's eight symmetries. Members are added one by one, with
replacement, as long as the validation loss falls (Caruana et al. 2004). Only what was chosen is
scored on the test, once: a second call with the same choice is a no.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core import checkpoints
from core.arrays import Floats
from core.classifier import calibrated
from core.results.card import (
    CARD,
    WEIGHTS,
    Calibration,
    Card,
    Ensemble,
    Evaluation,
    read_card,
    write_card,
)
from core.results.json_files import ResultsRejected
from core.results.scored_models import BENCHMARK
from core.results.test_sets import OFFICIAL, VALIDATION
from core.statistics import metrics
from core.statistics.estimates import percent
from training.command import command_line
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet, training_split
from training.data.pixels import Pixels, in_memory
from training.fitting.augmentation import symmetry
from training.scoring import calibration, checkpoint, evaluations
from training.scoring.device import scoring_device
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_predictions
from training.tracks.jobs import SKIN, SPLIT_SEED

SYMMETRIES = 8
MOST_MEMBERS = 7
# A member more has to lower the validation loss by so much; less than this is what 264 pictures'
# noise gives for nothing.
LEAST_GAIN = 0.001
NAME = "ensemble"


@dataclass(frozen=True)
class Candidate:
    """A run with weights, and its margins on validation (N,), by number of views averaged."""

    key: str
    folder: Path
    card: Card
    margins: dict[int, Floats]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.ensemble", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    options = parser.parse_args(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        card = make(
            options.data, options.runs / BENCHMARK, options.checkpoints / BENCHMARK / NAME,
            command_line("training.ensemble", given),
        )  # fmt: skip
    except (DataRejected, ResultsRejected, checkpoints.CheckpointRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for evaluation in card.evaluations.values():
        print(f"{evaluation.title}: {percent(evaluation.figures.accuracy)}")
    return 0


def make(data: Path, runs: Path, to: Path, command: str) -> Card:
    """Choose, calibrate, score, and write ``to``/NAME; raises ``DataRejected``."""
    whole = read_folder(data)
    split = training_split(whole, SPLIT_SEED, "lesion")
    held = split.validation
    labels = held.labels.numpy()
    sides: dict[tuple[str, int], Pixels] = {}

    def pixels(part: LabelledSet, role: str, side: int) -> Pixels:
        if (role, side) not in sides:
            sides[role, side] = in_memory(part, side=side)
        return sides[role, side]

    found = [
        Candidate(key, folder, card, by_views(folder, pixels(held, VALIDATION, card.side)))
        for key, folder, card in hopeful(list(candidates(runs, held.sha256())))
    ]
    if not found:
        raise DataRejected(f"{runs} has no finished runs; python -m training.benchmark makes some.")
    members, views, losses = choose(found, labels)
    for what, loss in losses.items():
        print(f"validation loss {loss:.4f}: {what}")
    name = f"{len(members)}-models-{views}-views"
    before = to / name / CARD
    if before.is_file():
        known = read_card(before)
        if known.ensemble and known.ensemble.members == members:
            raise DataRejected(f"{name} with these members has been scored on the test already.")
    by_key = {candidate.key: candidate for candidate in found}
    calibrations = [by_key[key].card.calibration for key in members]
    on_validation = average(
        [(by_key[key].margins[views], n) for key, n in members.items()], calibrations
    )
    fitted = calibration.fit(on_validation, labels)
    card = _card(name, members, by_key, views, losses, fitted, command)
    figures = metrics.evaluate(
        labels,
        calibrated(on_validation, fitted),
        held.table["group"],
        card.threshold,
    )
    today = datetime.date.today().isoformat()
    entry = Evaluation(
        "Validation (members and calibration chosen on it)", figures, command,
        f"{split.name}, validation", held.sha256(), today,
    )  # fmt: skip
    test = whole.only(whole.table["split"] == "test")
    on_test = average(
        [(margins(by_key[k].folder, pixels(test, OFFICIAL, by_key[k].card.side), views).mean(0), n)
         for k, n in members.items()],
        calibrations,
    )  # fmt: skip
    entries = evaluations.entries(card, test, True, on_test, command)
    card = dataclasses.replace(card, evaluations={VALIDATION: entry, **entries})
    write_predictions(to / name, VALIDATION, held, on_validation, fitted, card.weights.sha256)
    write_predictions(to / name, OFFICIAL, test, on_test, fitted, card.weights.sha256)
    write_card(card, before)
    return card


def candidates(runs: Path, validation: str) -> Iterable[tuple[str, Path, Card]]:
    """Runs that may be members: weights at hand, the same validation, no other skin pictures."""
    for path in sorted(runs.glob(f"*/*/{CARD}")):
        card, folder = read_card(path), path.parent
        same = VALIDATION in card.evaluations
        same = same and card.evaluations[VALIDATION].data_sha256 == validation
        other_skin = SKIN in card.initialisation.source or SKIN in card.initialisation.lineage
        if same and not other_skin and (folder / WEIGHTS).is_file():
            yield f"{folder.parent.name}/{folder.name}", folder, card


def hopeful(found: list[tuple[str, Path, Card]]) -> list[tuple[str, Path, Card]]:
    """Runs that validation does not tell apart from the best one, by its interval of the AUC."""
    aucs = {key: card.evaluations[VALIDATION].figures.auc for key, _, card in found}
    best = max((auc for auc in aucs.values() if auc), key=lambda auc: auc.value, default=None)
    least = best.low if best else 0.0
    return [one for one in found if (auc := aucs[one[0]]) and auc.value >= least]


def by_views(folder: Path, pixels: Pixels) -> dict[int, Floats]:
    """Margins (N,) of a run's network: of the pictures as they are, and over all symmetries."""
    each = margins(folder, pixels, SYMMETRIES)
    return {1: each[0], SYMMETRIES: np.mean(each, axis=0)}


def margins(folder: Path, pixels: Pixels, views: int) -> Floats:
    """Margins (V, N) of a run's network in the first ``views`` symmetries."""
    network = checkpoints.load_network(folder.name, folder.parent).to(scoring_device())
    return np.stack([margins_of_pixels(network, View(pixels, view)) for view in range(views)])


@dataclass(frozen=True)
class View:
    """Pictures turned by ``number`` quarter turns, mirrored from 4 up; 0 leaves them alone."""

    pixels: Pixels
    number: int

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, which: Sequence[int], /) -> torch.Tensor:
        return symmetry(self.pixels[which], self.number)


def choose(
    found: list[Candidate], labels: NDArray[np.int64]
) -> tuple[dict[str, int], int, dict[str, float]]:
    """Members with how often each counts, views, and the validation loss of all that was weighed.

    Every single model and the greedy ensemble of either number of views are weighed.
    """
    losses: dict[str, float] = {}
    best: tuple[float, dict[str, int], int] | None = None
    for views in (1, SYMMETRIES):
        for candidate in found:
            loss = _loss([(candidate, 1)], views, labels)
            losses[f"{candidate.key}, {views} views"] = loss
        members: Counter[str] = Counter()
        before = float("inf")
        by_key = {candidate.key: candidate for candidate in found}
        while members.total() < MOST_MEMBERS:
            tried = {
                key: _loss([(by_key[k], n) for k, n in (members + Counter([key])).items()],
                           views, labels)
                for key in by_key
            }  # fmt: skip
            key = min(tried, key=lambda k: tried[k])
            if before - tried[key] < LEAST_GAIN:
                break
            members[key] += 1
            before = tried[key]
        losses[f"{dict(members)}, {views} views"] = before
        if best is None or best[0] - before >= LEAST_GAIN:
            best = (before, dict(members), views)
    assert best is not None  # noqa: S101  # there are two numbers of views
    return best[1], best[2], losses


def average(margins: list[tuple[Floats, int]], fitted: list[Calibration]) -> Floats:
    """The mean of members' calibrated margins (N,), so that a bold one does not outweigh others."""
    parts = [
        n * (c.slope * margin + c.intercept) for (margin, n), c in zip(margins, fitted, strict=True)
    ]
    mean: Floats = np.sum(parts, axis=0) / sum(n for _, n in margins)
    return mean


def _loss(members: list[tuple[Candidate, int]], views: int, labels: NDArray[np.int64]) -> float:
    mean = average(
        [(c.margins[views], n) for c, n in members], [c.card.calibration for c, _ in members]
    )
    signed = np.where(labels == 1, -mean, mean)
    return float(np.logaddexp(0, signed).mean())


def _card(
    name: str, members: dict[str, int], by_key: dict[str, Candidate], views: int,
    losses: dict[str, float], fitted: Calibration, command: str,
) -> Card:  # fmt: skip
    """The card of the ensemble: its first member's, with what differs."""
    cards = [by_key[key].card for key in members]
    first = cards[0]
    hashes = hashlib.sha256("".join(c.weights.sha256 for c in cards).encode()).hexdigest()
    starts = sorted({c.initialisation.source for c in cards})
    return dataclasses.replace(
        first, name=name, title=f"Ensemble of {len(members)}", architecture=NAME,
        description=f"The mean of {', '.join(members)}, each over {views} views of a picture; "
        f"chosen on validation. Trained on {first.training.data} alone.",
        threshold=checkpoint.THRESHOLD,
        initialisation=dataclasses.replace(
            first.initialisation, source=", ".join(starts), loaded=min(
                c.initialisation.loaded for c in cards),
            not_loaded=tuple(sorted({p for c in cards for p in c.initialisation.not_loaded})),
        ),
        training=dataclasses.replace(
            first.training, command=command, preset=", ".join({c.training.preset for c in cards}),
            epochs=max(c.training.epochs for c in cards),
            seconds=sum(c.training.seconds for c in cards),
            date=datetime.date.today().isoformat(),
        ),
        weights=dataclasses.replace(
            first.weights, file="", sha256=hashes,
            parameters=sum(c.weights.parameters for c in cards),
            change_from_float32=max(c.weights.change_from_float32 for c in cards),
        ),
        calibration=fitted, evaluations={}, ensemble=Ensemble(dict(members), views, losses),
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
