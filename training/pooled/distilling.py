"""The last stage: a small network is taught what ``general`` knows, and every label.

``training.distil`` is the command; ``distillation`` tells the recipe.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import pandas as pd
import torch

from core import checkpoints
from core.networks import registry
from core.networks.lesion_network import LesionNetwork, build
from core.preprocessing import SIDE
from core.results.card import WEIGHTS, Card, Initialisation, Training
from training.data import same_lesion
from training.fitting import initial_weights
from training.pooled import broad_checkpoint, broad_pool, held_out, left_out_collection, recipes
from training.pooled.broad_pool import HELD, NEW, BroadPool
from training.pooled.distillation import (
    Distillation,
    DistillationModule,
    released,
    weights,
)
from training.pooled.drawing import loader
from training.pooled.teaching import Precision, Teaching, taught, training_of


@dataclass(frozen=True)
class DistilOptions:
    """What the command was given.

    Without ``again`` a checkpoint that this very run has left is not scored and written once more.
    """

    data: Path
    model: str
    student: str
    init_from: str
    name: str | None
    side: int
    epochs: int
    pictures: int
    seed: int
    leave_out: str | None
    precision: Precision
    accelerator: str
    runs: Path
    checkpoints: Path
    again: bool = True


def distil(options: DistilOptions, recorded: str) -> None:
    """Train, score what was held out, and write the checkpoint."""
    root, name = options.checkpoints, options.name or f"{options.model}_light"
    teacher = checkpoints.card(options.model, root)
    before = held_out.needed(root / options.model)
    cache = options.runs / "pixels"
    pool = broad_pool.read_pool(
        options.data, before.table, SIDE, cache, same_lesion.found(root), options.seed
    )
    pool = dataclasses.replace(pool, table=released(pool.table, options.seed))
    how = dataclasses.replace(
        recipes.STAGES.distillation, epochs=options.epochs, pictures_an_epoch=options.pictures
    )
    if options.leave_out:
        score_strangers(options, how, pool, teacher, recorded)
        return
    folder = options.runs / name / "distilled"
    network, start = trained(options, how, folder, pool, teacher)
    if not options.again and broad_checkpoint.is_of(folder / WEIGHTS, root / name):
        print(f"{root / name} is there")
        return
    margins = broad_checkpoint.margins_at(pool, cache, options.side)

    training = training_of(
        teaching(options, how, folder), pool, command=recorded,
        preset=f"distilled from {options.model}", seed=options.seed,
        split=f"half of what {options.model} held out, and of the older collections a quarter, by "
        "patient, lesion and pictures matched by local features",
    )  # fmt: skip
    card = card_of(options, name, teacher, start, training)
    made = broad_checkpoint.Made(network, card, pool, before.table.iloc[:0], folder / WEIGHTS)
    found = broad_checkpoint.ship(made, margins, root / name)
    for key, one in found.evaluations.items():
        broad_checkpoint.tell(key, one)
    print(f"wrote {root / name}")


def score_strangers(
    options: DistilOptions, how: Distillation, pool: BroadPool, teacher: Card, recorded: str
) -> None:
    """Train without the collection that is left out, score it, and note that on the card."""
    name = options.name or f"{options.model}_light"
    card = checkpoints.card(name, options.checkpoints)
    margins = broad_checkpoint.margins_at(pool, options.runs / "pixels", options.side)
    # the older collections are one archive: what was trained without one scores the other too
    scored = NEW if options.leave_out in NEW else (str(options.leave_out),)
    parted = {
        one: dataclasses.replace(pool, table=left_out_collection.by_labels_alone(pool.table, one))
        for one in scored
    }
    folder = options.runs / name / f"without_{scored[0]}"
    network, _ = trained(options, how, folder, parted[scored[0]], teacher)
    for one, part in parted.items():
        found = left_out_collection.evaluated(
            part, one, pd.DataFrame(columns=["collection", "file", "fold", "logit"]),
            lambda rows: margins(network, rows), threshold=card.threshold, seed=options.seed,
            command=recorded, about="by a network that learned nothing of its archive",
        )  # fmt: skip
        left_out_collection.note(found, options.checkpoints / name)
        broad_checkpoint.tell(found.title, found)


def trained(
    options: DistilOptions, how: Distillation, folder: Path, pool: BroadPool, teacher: Card
) -> tuple[LesionNetwork, Initialisation]:
    """The student after its last epoch, and where it started. Raises ``DataRejected``."""
    pl.seed_everything(options.seed, verbose=False)
    network = build(options.student)
    start, _ = initial_weights.initialise(network, options.student, options.init_from)
    settings = {
        "recipe": dataclasses.asdict(how), "start": start.source, "seed": options.seed,
        "held": int((pool.table["use"] == HELD).sum()), "data": pool.digests(),
        "teacher": teacher.weights.sha256, "model": options.student,
    }  # fmt: skip

    def module() -> DistillationModule:
        large = checkpoints.load_network(options.model, options.checkpoints).eval()
        last = {"memory_format": torch.channels_last}
        return DistillationModule(network.to(**last), large.to(**last), how, options.seed)  # type: ignore[call-overload]

    batches = loader(pool, weights(pool.table), how, options.seed)
    return taught(teaching(options, how, folder), settings, module, batches), start


def card_of(
    options: DistilOptions, name: str, teacher: Card, start: Initialisation, training: Training
) -> Card:
    """The student's card; weights, figures and calibrations are the teacher's until it ships."""
    return dataclasses.replace(
        teacher,
        name=name, title=f"General {registry.get(options.student).title}, light",
        description=f"A small network that was taught by {teacher.name} and by the labels of every "
        "collection at hand, for hosts where that is too heavy. Figures and calibrations are of "
        "pictures that neither has seen.",
        architecture=options.student, geometry="squeeze", side=options.side, initialisation=start,
        training=training,
    )  # fmt: skip


def teaching(options: DistilOptions, how: Distillation, folder: Path) -> Teaching:
    """The student's run, which lives in ``folder``."""
    return Teaching(
        folder, options.student, how.epochs, how.averaged, options.accelerator, options.precision
    )
