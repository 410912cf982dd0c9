"""What the benchmark trains: tracks of runs, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.networks.registry import ARCHITECTURES
from core.results.collections import HAM_OTHER, ISIC_2017, UDA_1
from training.data.labelled_set import DataRejected

SEEDS = (0, 1, 2)
# Validation is the same for all runs, whatever their seed: only so can they be compared on it.
SPLIT_SEED = 0
SKIN = HAM_OTHER
# Scored too, each by itself, where they are beside the data: benign and malignant pictures of the
# collections that gave the report's set malignant ones alone. Without the lesions that are in its
# train folder, and without stickers, which only benign pictures have.
OLDER_WITHOUT = {ISIC_2017: ("in_mvb_train", "collection=SONIC"), UDA_1: ("in_mvb_train",)}


@dataclass(frozen=True)
class Budget:
    """Resolution and epochs that all runs share, but those of the report's own recipes."""

    name: str
    about: str
    side: int
    epochs: int


BUDGETS = {
    "cpu": Budget("cpu", "for processors alone: smaller pictures, fewer epochs", 96, 6),
    "gpu": Budget("gpu", "for a machine with a GPU", 224, 20),
}

Start = Literal["random", "best", "skin", "skin after best"]


@dataclass(frozen=True)
class Job:
    """One run of the benchmark: TRACK/NAME in every folder.

    ``literal`` keeps the preset's own side and epochs; ``longer`` multiplies the budget's epochs.
    ``pretraining`` runs are on ``SKIN`` and only there to be started from.
    """

    track: str
    name: str
    architecture: str
    preset: str
    start: Start
    seed: int = 0
    literal: bool = False
    longer: int = 1
    pretraining: bool = False

    @property
    def key(self) -> str:
        return f"{self.track}/{self.name}"

    @property
    def needs(self) -> str | None:
        """The run that this one starts from."""
        if self.start not in ("skin", "skin after best"):
            return None
        return f"{PRETRAINING}/{_pretrained(self.start, self.seed)}"

    def epochs(self, budget: Budget, preset_epochs: int) -> int:
        return preset_epochs if self.literal else self.longer * budget.epochs

    def side(self, budget: Budget, preset_side: int) -> int:
        only = ARCHITECTURES[self.architecture].only_side
        return only or (preset_side if self.literal else budget.side)


PRETRAINING = "pretraining"
ABLATED = "resnet18"


def jobs() -> list[Job]:
    """Every run, in the order in which they are most worth having should time run out."""
    table = [name for name, entry in ARCHITECTURES.items() if entry.variant_of is None]
    return [
        *(Job("random", name, name, "benchmark", "random") for name in table),
        *(Job("best-start", name, name, "benchmark", "best") for name in table),
        Job("report", "baseline_cnn", "baseline_cnn", "report-baseline", "random", literal=True),
        Job("report", "resnet18", "resnet18", "report-resnet18", "best", literal=True),
        *_candidates(),
        *_ablations(),
    ]


def _candidates() -> list[Job]:
    """Longer and better augmented, for the best model and its ensemble."""
    networks = ("densenet169", "mobilenet_v2", "resnet18", "densenet121", "resnet50")
    return [
        Job("candidates", f"{name}-seed{seed}", name, "candidate", "best", seed, longer=2)
        for seed in SEEDS
        for name in (networks if seed == 0 else networks[:2])
    ]


def _ablations() -> list[Job]:
    """What section 10 of the report leaves open, three seeds each beside their reference."""

    def three(track: str, about: str, preset: str, start: Start) -> list[Job]:
        return [Job(track, f"{about}-seed{s}", ABLATED, preset, start, s) for s in SEEDS]

    skin: tuple[Start, ...] = ("skin", "skin after best")
    return [
        *three("reference", "resnet18", "benchmark", "best"),
        *three("weight-decay", "resnet18", "benchmark-weight-decay", "best"),
        *three("label-smoothing", "resnet18", "benchmark-label-smoothing", "best"),
        *(
            Job(
                PRETRAINING, _pretrained(start, seed), ABLATED, "benchmark",
                "random" if start == "skin" else "best", seed, pretraining=True,
            )
            for start in skin
            for seed in SEEDS
        ),
        *three("skin-pretraining", "resnet18-instead", "benchmark", "skin"),
        *three("skin-pretraining", "resnet18-after", "benchmark", "skin after best"),
    ]  # fmt: skip


def _pretrained(start: Start, seed: int) -> str:
    return f"{SKIN}-{'alone' if start == 'skin' else 'after-imagenet'}-seed{seed}"


def chosen(plan: list[Job], only: list[str]) -> list[Job]:
    """The runs that words choose, with those that they start from.

    A word is a track, a name, an architecture or TRACK/NAME; without words all runs are chosen.
    Raises ``DataRejected`` that names a word that is none of these.
    """
    if not only:
        return plan
    words = {job.key: {job.key, job.track, job.name, job.architecture} for job in plan}
    for word in only:
        if not any(word in names for names in words.values()):
            raise DataRejected(
                f"Nothing in the plan is called {word!r}; --list shows it. Tracks: "
                f"{', '.join(dict.fromkeys(job.track for job in plan))}."
            )
    wanted = {job.key for job in plan if not job.pretraining and words[job.key] & set(only)} | {
        job.key for job in plan if job.pretraining and words[job.key] - {ABLATED} & set(only)
    }
    wanted |= {job.needs for job in plan if job.key in wanted and job.needs}
    return [job for job in plan if job.key in wanted]


def beside(data: Path, name: str) -> Path:
    """Where another collection is: beside the folder of the benchmark's own pictures."""
    return data.resolve().parent / name
