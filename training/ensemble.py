"""Choose an ensemble of the benchmark's runs on validation alone, then score the official test.

    python -m training.ensemble --data DATA/malignant_vs_benign

Takes the runs whose weights are in runs/benchmark and that saw no other skin pictures, without
those whose validation AUC is below the interval of the best one's. Each is scored on validation as
it is, and averaged over the square's eight symmetries; ``training.tracks.member_choice`` chooses.
Only what was chosen is scored on the test, once: a second call with the same choice is a no.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from core import checkpoints
from core.arrays import Floats
from core.calibration import calibrated
from core.results.card import (
    CARD,
    Calibration,
    Card,
    Ensemble,
    Evaluation,
    read_card,
    write_card,
)
from core.results.scored_models import BENCHMARK
from core.results.test_sets import OFFICIAL, VALIDATION
from core.statistics import metrics
from core.statistics.estimates import percent
from training import command
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.pixels import Pixels, in_memory
from training.data.split import Split, training_split
from training.fitting.augmentation import symmetry
from training.scoring import calibration, checkpoint, evaluations
from training.scoring.device import scoring_device
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_predictions
from training.tracks.jobs import SPLIT_SEED
from training.tracks.member_choice import (
    SYMMETRIES,
    Candidate,
    average,
    candidates,
    choose,
    hopeful,
)

NAME = "ensemble"


@dataclass(frozen=True)
class EnsembleOptions:
    """What the command was given."""

    data: Path
    runs: Path
    checkpoints: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.ensemble", __doc__)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), EnsembleOptions, make_and_tell, arguments)


def make_and_tell(options: EnsembleOptions, recorded: str) -> None:
    to = options.checkpoints / BENCHMARK / NAME
    card = make(options.data, options.runs / BENCHMARK, to, recorded)
    for evaluation in card.evaluations.values():
        print(f"{evaluation.title}: {percent(evaluation.figures.accuracy)}")


def make(data: Path, runs: Path, to: Path, recorded: str) -> Card:
    """Choose, calibrate, score, and write ``to``/NAME; raises ``DataRejected``."""
    whole = read_folder(data)
    split = training_split(whole, SPLIT_SEED, "lesion")
    held = split.validation
    labels = held.labels.numpy()
    found = _scored(runs, held)
    chosen = choose(found, labels)
    for what, loss in chosen.validation_loss.items():
        print(f"validation loss {loss:.4f}: {what}")
    folder = to / f"{len(chosen.members)}-models-{chosen.views}-views"
    _refuse_again(folder, chosen)

    members = [next(c for c in found if c.key == key) for key in chosen.members]
    on_validation = _mean([c.margins[chosen.views] for c in members], members, chosen)
    fitted = calibration.fit(on_validation, labels)
    card = _card(folder.name, chosen, members, fitted, recorded)
    on_validation_scored = _of_validation(card, split, calibrated(on_validation, fitted), recorded)

    test = whole.only(whole.table["split"] == "test")
    on_test = _mean(_margins_on(test, members, chosen.views), members, chosen)
    entries = evaluations.entries(card, test, True, on_test, recorded)
    card = dataclasses.replace(card, evaluations={VALIDATION: on_validation_scored, **entries})
    sha256 = card.weights.sha256
    write_predictions(folder, VALIDATION, held, on_validation, fitted, sha256)
    write_predictions(folder, OFFICIAL, test, on_test, fitted, sha256)
    write_card(card, folder / CARD)
    return card


def _scored(runs: Path, held: LabelledSet) -> list[Candidate]:
    """The runs that may be members, with their margins on validation. Raises ``DataRejected``."""

    @cache
    def pixels(side: int) -> Pixels:
        return in_memory(held, side=side)

    found = [
        Candidate(key, folder, card, by_views(folder, pixels(card.side)))
        for key, folder, card in hopeful(list(candidates(runs, held.sha256())))
    ]
    if not found:
        raise DataRejected(f"{runs} has no finished runs; python -m training.benchmark makes some.")
    return found


def _margins_on(test: LabelledSet, members: list[Candidate], views: int) -> list[Floats]:
    """Margins (N,) of each member, averaged over the views."""

    @cache
    def pixels(side: int) -> Pixels:
        return in_memory(test, side=side)

    return [margins(c.folder, pixels(c.card.side), views).mean(axis=0) for c in members]


def _mean(each: list[Floats], members: list[Candidate], chosen: Ensemble) -> Floats:
    weighed = list(zip(each, chosen.members.values(), strict=True))
    return average(weighed, [c.card.calibration for c in members])


def _refuse_again(folder: Path, chosen: Ensemble) -> None:
    """``DataRejected`` where the same members have been scored on the test before."""
    before = folder / CARD
    known = read_card(before).ensemble if before.is_file() else None
    if known and known.members == chosen.members:
        raise DataRejected(f"{folder.name} with these members has been scored on the test already.")


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


def _of_validation(card: Card, split: Split, scores: Floats, recorded: str) -> Evaluation:
    held = split.validation
    return Evaluation(
        title="Validation (members and calibration chosen on it)",
        figures=metrics.evaluate(held.labels.numpy(), scores, held.table["group"], card.threshold),
        command=recorded, data=f"{split.name}, validation", data_sha256=held.sha256(),
        date=datetime.date.today().isoformat(),
    )  # fmt: skip


def _card(
    name: str, chosen: Ensemble, members: list[Candidate], fitted: Calibration, recorded: str
) -> Card:
    """The card of the ensemble: its first member's, with what differs."""
    cards = [member.card for member in members]
    first = cards[0]
    hashes = hashlib.sha256("".join(c.weights.sha256 for c in cards).encode()).hexdigest()
    starts = sorted({c.initialisation.source for c in cards})
    return dataclasses.replace(
        first, name=name, title=f"Ensemble of {len(cards)}", architecture=NAME,
        description=f"The mean of {', '.join(chosen.members)}, each over {chosen.views} views of "
        f"a picture; chosen on validation. Trained on {first.training.data} alone.",
        threshold=checkpoint.THRESHOLD,
        initialisation=dataclasses.replace(
            first.initialisation, source=", ".join(starts), loaded=min(
                c.initialisation.loaded for c in cards),
            not_loaded=tuple(sorted({p for c in cards for p in c.initialisation.not_loaded})),
        ),
        training=dataclasses.replace(
            first.training, command=recorded, preset=", ".join({c.training.preset for c in cards}),
            epochs=max(c.training.epochs for c in cards),
            seconds=sum(c.training.seconds for c in cards),
            date=datetime.date.today().isoformat(),
        ),
        weights=dataclasses.replace(
            first.weights, file="", sha256=hashes,
            parameters=sum(c.weights.parameters for c in cards),
            change_from_float32=max(c.weights.change_from_float32 for c in cards),
        ),
        calibration=fitted, evaluations={}, ensemble=chosen,
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
