"""The second stage of ``general``: older collections are learned, and nothing that it knew is lost.

``training.broaden`` is the command; ``broad_module`` tells the recipe.
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
from core.networks.lesion_network import LesionNetwork
from core.preprocessing import SIDE
from core.results.card import (
    WEIGHTS,
    Card,
    Initialisation,
    Training,
)
from training.data import same_lesion
from training.data.pixels import in_file
from training.pooled import (
    broad_checkpoint,
    broad_pool,
    held_out,
    left_out_collection,
    recipes,
    two_ways,
)
from training.pooled.broad_module import Broadening, BroadModule, freeze_early, loader
from training.pooled.broad_pool import BROADENED, HELD, BroadPool
from training.pooled.teaching import Precision, Teaching, taught, training_of

# How a card says what was held out.
SPLIT = (
    "what its folds held out, and of the older collections a quarter, by patient, lesion and "
    "pictures matched by local features"
)


@dataclass(frozen=True)
class BroadenOptions:
    """What the command was given.

    ``start`` holds the model that is broadened, where that is not among the checkpoints. Without
    ``again`` a checkpoint that this very run has left is not scored and written once more.
    """

    data: Path
    model: str
    name: str | None
    leave_out: str | None
    epochs: int
    pictures: int
    seed: int
    precision: Precision
    accelerator: str
    runs: Path
    checkpoints: Path
    start: Path | None = None
    again: bool = True


def broaden(options: BroadenOptions, recorded: str) -> None:
    """Train, score what was held out, and write the checkpoint."""
    root, name = options.checkpoints, options.name or options.model
    start = options.start or root
    card = checkpoints.card(options.model, start)
    before = held_out.needed(start / options.model)
    two_ways.architecture(card.architecture)  # hours earlier than without it
    if options.leave_out:
        checkpoints.card(name, root)  # likewise
    cache = options.runs / "pixels"
    pool = broad_pool.read_pool(
        options.data, before.table, SIDE, cache, same_lesion.found(root), options.seed,
        leave_out=options.leave_out,
    )  # fmt: skip
    how = dataclasses.replace(
        recipes.STAGES.broadening, epochs=options.epochs, pictures_an_epoch=options.pictures
    )
    part = f"without_{options.leave_out}" if options.leave_out else "broadened"
    run = BroadRun(options.model, start, how, options.seed, options.runs / name / part,
              options.accelerator, options.precision)  # fmt: skip
    network = trained(run, pool)
    if not options.again and broad_checkpoint.is_of(run.folder / WEIGHTS, root / name):
        print(f"{root / name} is there")
        return
    files = {key: in_file(data, cache, side=card.side) for key, data in pool.sets.items()}
    shown = dataclasses.replace(pool, files=files)

    margins = broad_checkpoint.margins_at(pool, cache, card.side)

    if options.leave_out:
        apart = left_out_collection.evaluated(
            pool, options.leave_out, before.table, lambda rows: margins(network, rows),
            threshold=card.threshold, seed=options.seed, command=recorded,
        )  # fmt: skip
        left_out_collection.note(apart, root / name)
        broad_checkpoint.tell(apart.title, apart)
        return

    def pixels(rows: pd.DataFrame) -> torch.Tensor:
        some = dataclasses.replace(shown, table=rows.reset_index(drop=True))
        return some[range(len(rows))]

    old = checkpoints.load_network(options.model, start)
    made = broad_checkpoint.Made(
        two_ways.join_ways(old, network, pool.table, pixels, options.seed),
        broadened_card(card, training_of(
            run.teaching(card.architecture), pool, command=recorded,
            preset=f"{card.training.preset}; {BROADENED}", split=SPLIT, seed=run.seed,
        )),
        pool, before.table, run.folder / WEIGHTS,
    )  # fmt: skip
    found = broad_checkpoint.ship(made, margins, root / name)
    for key, one in found.evaluations.items():
        broad_checkpoint.tell(key, one)
    print(f"wrote {root / name}")


def broadened_card(before: Card, training: Training) -> Card:
    """The card of what ``before`` became, but for its weights, figures and calibrations."""
    two = two_ways.architecture(before.architecture)
    return dataclasses.replace(
        before,
        description="Trained on every collection at hand; then its upper half was taught older "
        "collections of dermoscopic pictures, while photos go the way they went before. Figures "
        "and calibrations are of pictures that were held out.",
        initialisation=Initialisation(
            f"{before.name} of {before.training.date}",
            f"{before.initialisation.lineage}; then {before.training.preset} on "
            f"{before.training.data}", before.initialisation.loaded,
        ),
        training=training, title=f"General {registry.get(two).title}", architecture=two,
    )  # fmt: skip


@dataclass(frozen=True)
class BroadRun:
    """What a run is of; it lives in ``folder``."""

    model: str
    root: Path  # of the checkpoint that it starts from
    how: Broadening
    seed: int
    folder: Path
    accelerator: str = "auto"
    precision: Precision = "bf16-mixed"

    def teaching(self, architecture: str) -> Teaching:
        """The run of a network of that architecture."""
        return Teaching(self.folder, architecture, self.how.epochs, self.how.averaged,
                        self.accelerator, self.precision)  # fmt: skip


def trained(run: BroadRun, pool: BroadPool) -> LesionNetwork:
    """The broadened network; goes on where it was stopped. Raises ``DataRejected``."""
    card = checkpoints.card(run.model, run.root)
    settings = {
        "recipe": dataclasses.asdict(run.how), "start": card.weights.sha256, "seed": run.seed,
        "held": int((pool.table["use"] == HELD).sum()), "data": pool.digests(),
    }  # fmt: skip

    def module() -> BroadModule:
        pl.seed_everything(run.seed, verbose=False)
        network, teacher = (checkpoints.load_network(run.model, run.root) for _ in range(2))
        freeze_early(network)
        return BroadModule(network, teacher, run.how, run.seed)

    batches = loader(pool, broad_pool.weights(pool.table), run.how, run.seed)
    return taught(run.teaching(card.architecture), settings, module, batches)
