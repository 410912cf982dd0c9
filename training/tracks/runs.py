"""Where the benchmark's runs find their pictures and starts, and leave weights and results."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from lightning.pytorch.callbacks import Callback

from core import checkpoints, files
from core.results.card import CARD, HISTORY, PREDICTIONS, WEIGHTS, Card, read_card, write_card
from core.results.json_files import ResultsRejected
from core.results.test_sets import OFFICIAL
from training.data import pixels
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.left_out import leave_out
from training.data.pixels import Part
from training.data.split import Split, training_split
from training.fitting import fit, initial_weights, run_folder
from training.fitting.presets import PRESETS, Preset
from training.scoring.device import scoring_device
from training.scoring.evaluations import entries
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_predictions
from training.tracks.jobs import OLDER_WITHOUT, SKIN, SPLIT_SEED, Budget, Job, beside

_SHOWN = (HISTORY, PREDICTIONS)


def usual_budget() -> str:
    return "gpu" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True)
class Workplace:
    """Everything that the runs of one command share; without ``data`` it can only be listed.

    Pictures are decoded once for all runs.
    """

    data: Path | None
    skin: Path | None
    weights: Path | None
    budget: Budget
    runs: Path
    results: Path
    command: str
    machine: fit.Machine

    @cached_property
    def _pixels(self) -> dict[tuple[str, str, int], torch.Tensor]:
        return {}

    @property
    def _folder(self) -> Path:
        if self.data is None:
            raise DataRejected("Give the data with --data FOLDER.")
        return self.data

    @cached_property
    def _whole(self) -> LabelledSet:
        whole = read_folder(self._folder)
        if not whole.has_official_split:
            raise DataRejected(f"{self._folder} has no train/ and test/: the benchmark needs both.")
        return whole

    @cached_property
    def _own(self) -> Split:
        return training_split(self._whole, SPLIT_SEED, "lesion")

    @cached_property
    def _skin(self) -> Split:
        folder = self.skin or beside(self._folder, SKIN)
        return training_split(read_folder(folder), SPLIT_SEED, "lesion")

    @cached_property
    def _older(self) -> list[LabelledSet]:
        """What is at hand of the older collections, without lesions that are learned here."""
        found = ((beside(self._folder, name), without) for name, without in OLDER_WITHOUT.items())
        return [leave_out(read_folder(folder), without) for folder, without in found
                if folder.is_dir()]  # fmt: skip

    def run_folder(self, job: Job) -> Path:
        return self.runs / job.track / job.name

    def card(self, job: Job) -> Card | None:
        """The card of a finished run; ``None`` if it isn't finished, or its card is damaged."""
        folder = self.run_folder(job) if job.pretraining else self.results / job.track / job.name
        try:
            card = read_card(folder / CARD)
        except ResultsRejected:
            return None
        return card if job.pretraining or OFFICIAL in card.evaluations else None

    def is_done(self, job: Job) -> bool:
        return self.card(job) is not None

    def is_ready(self, job: Job, among: Sequence[Job]) -> bool:
        """Whether the run that it starts from is there, or the one that it would only repeat."""
        if job.needs is not None:
            return (self.runs / job.needs / CARD).is_file()
        twin = self.twin(job, among)
        return twin is None or self.is_done(twin)

    def twin(self, job: Job, among: Sequence[Job]) -> Job | None:
        """The first run before ``job`` that trains the same network in the same way.

        Where no weights are at hand the best start is a random one, and that run is in another
        track. ``among`` is in the order of training.
        """
        if job.needs is not None or job.pretraining:
            return None
        for other in among[: among.index(job)]:
            if other.needs is None and not other.pretraining and self._same(other, job):
                return other
        return None

    def _same(self, one: Job, other: Job) -> bool:
        alike = (one.architecture, one.seed, one.preset) == (
            other.architecture, other.seed, other.preset,
        )  # fmt: skip
        return alike and (self.preset(one), self._start(one)) == (
            self.preset(other), self._start(other),
        )  # fmt: skip

    def refuse_another_budget(self, jobs: list[Job], restart: bool) -> None:
        """``DataRejected`` if results of another budget would stand beside the new ones."""
        for job in jobs:
            card = self.card(job)
            if card and card.training.budget != self.budget.name and not restart:
                raise DataRejected(
                    f"{job.key} was run with --budget {card.training.budget}; give that, or "
                    "--restart to train it again."
                )

    def preset(self, job: Job) -> Preset:
        preset = PRESETS[job.preset]
        return dataclasses.replace(
            preset,
            epochs=job.epochs(self.budget, preset.epochs),
            side=job.side(self.budget, preset.side),
        )

    def train(self, job: Job, restart: bool, callbacks: Sequence[Callback]) -> None:
        """Train, export and score one run; goes on where it was."""
        architecture, source = self._start(job)
        split, preset = self._skin if job.pretraining else self._own, self.preset(job)
        folder = self.run_folder(job)
        fit.fit(
            fit.Run(
                name=job.name, architecture=architecture, preset_name=job.preset, preset=preset,
                start=source, split="lesion", seed=job.seed, command=self.command,
                runs=folder.parent, checkpoints=folder.parent, restart=restart,
                machine=self.machine, budget=self.budget.name, score_on_device=True,
                progress_bar=False,
            ),
            split, (self._part(split.train, "train", preset.side),
                    self._part(split.validation, "validation", preset.side)), callbacks,
        )  # fmt: skip
        if not job.pretraining:
            self._score(job, folder)
            card = read_card(folder / CARD)
            self._publish(folder, self.results / job.track / job.name, card)
        for name in (run_folder.LAST, run_folder.BEST):  # weights.safetensors has what is needed
            (folder / name).unlink(missing_ok=True)

    def copy(self, twin: Job, job: Job) -> None:
        """Publish the results of ``twin`` as those of ``job`` too."""
        source, to = (self.results / run.track / run.name for run in (twin, job))
        self._publish(source, to, dataclasses.replace(
            read_card(source / CARD), name=job.name
        ))  # fmt: skip

    def _start(self, job: Job) -> tuple[str, str]:
        """Architecture, or the variant that the weights are for, and the source of the start."""
        if job.needs is not None:
            # under its own name, which the card then shows as the starting point
            named = self.runs / job.needs / f"{Path(job.needs).name}.safetensors"
            shutil.copyfile(named.with_name(WEIGHTS), named)
            return job.architecture, str(named)
        if job.start == "random":
            return job.architecture, initial_weights.RANDOM
        return initial_weights.best_at_hand(job.architecture, self.weights)

    def _part(self, data: LabelledSet, role: str, side: int) -> Part:
        key = (data.name, role, side)
        if key not in self._pixels:
            self._pixels[key] = pixels.in_memory(data, side=side)
        return self._pixels[key], data.labels

    def _score(self, job: Job, folder: Path) -> None:
        """Put the official test, its parts and the older collections on the card."""
        test = self._whole.only(self._whole.table["split"] == "test")
        card = read_card(folder / CARD)
        network = checkpoints.load_network(job.name, folder.parent).to(scoring_device())
        found = margins_of_pixels(network, self._part(test, "test", card.side)[0])
        scored = entries(card, test, True, found, self.command)
        write_predictions(folder, OFFICIAL, test, found, card.calibration, card.weights.sha256)
        for data in self._older:
            margins = margins_of_pixels(network, self._part(data, "test", card.side)[0])
            scored |= entries(card, data, False, margins, self.command)
        whole = dataclasses.replace(card, evaluations={**card.evaluations, **scored})
        write_card(whole, folder / CARD)

    @staticmethod
    def _publish(folder: Path, to: Path, card: Card) -> None:
        for name in _SHOWN:
            source = folder / name
            for file in sorted(source.rglob("*.csv")) if source.is_dir() else [source]:
                files.write_bytes(to / file.relative_to(folder), file.read_bytes())
        # The card goes last: a folder with a card is a finished one.
        write_card(card, to / CARD)
