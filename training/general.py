"""Make the model ``general`` from nothing, and the small network that it teaches.

    python -m training.general --data FOLDER_WITH_THE_COLLECTIONS --light

Three stages: a network learns the known collections by two recipes, and their mean is taken; a last
layer of its own for dermoscopic pictures learns older collections, while photos are answered as
before; with ``--light`` a small network is taught by what came of it. ``training.pooled.recipes``
has every setting of all stages in one table. Stop it at any time: the same command goes on, after
the last epoch of the training that it was at, and what is finished is not done again.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path

from core import checkpoints
from core.networks.lesion_network import build
from training import command
from training.data.labelled_set import DataRejected
from training.fitting import initial_weights
from training.pooled import broadening, distilling, first, recipes, two_heads
from training.pooled.broad_pool import KNOWN, NEW
from training.pooled.recipe_runs import Source
from training.pooled.teaching import Precision


@dataclass(frozen=True)
class GeneralOptions:
    """What the command was given."""

    data: Path
    init_from: str
    name: str
    light: bool
    seed: int
    precision: Precision
    accelerator: str
    runs: Path
    checkpoints: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.general", __doc__)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--init-from", metavar="FILE", default=initial_weights.TORCHVISION,
                   help="a safetensors file to start from; by default torchvision's")  # fmt: skip
    p.add_argument("--name", default="general")
    p.add_argument("--light", action="store_true", help="then teach a small network, NAME_light")
    p.add_argument("--seed", type=command.natural, default=0)
    p.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="bf16-mixed")
    p.add_argument("--accelerator", default="auto", type=command.accelerator)
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    return p


def main(arguments: list[str] | None = None) -> int:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return command.run(
        parser(), GeneralOptions, make, arguments, after_stop="The same command goes on."
    )


def make(options: GeneralOptions, recorded: str) -> None:
    """All stages, one after the other; each says in a line what it is."""
    refuse_early(options)
    source = Source(
        data=options.data, init_from=options.init_from, name=options.name, seed=options.seed,
        precision=options.precision, accelerator=options.accelerator, runs=options.runs,
        checkpoints=options.checkpoints,
    )  # fmt: skip
    count = 3 if options.light else 2
    stages = recipes.STAGES
    names = " and ".join(one.name for one in stages.recipes)
    _tell(1, count, f"{stages.network} learns the known collections, {names}; their mean")
    first.make(source, stages, recorded)
    _tell(2, count, "a last layer for dermoscopic pictures learns the older collections")
    broadening.broaden(
        broadening.BroadenOptions(
            data=options.data, model=options.name, name=options.name, leave_out=None,
            seed=options.seed, runs=options.runs, checkpoints=options.checkpoints,
            start=first.root(source), again=False,
        ),
        recorded,
    )  # fmt: skip
    if options.light:
        _tell(3, count, f"{stages.student} is taught")
        distilling.distil(_distil_options(options), recorded)


def _distil_options(options: GeneralOptions) -> distilling.DistilOptions:
    stages = recipes.STAGES
    return distilling.DistilOptions(
        data=options.data, model=options.name, student=stages.student,
        init_from=initial_weights.PYPI, name=None, side=stages.student_side,
        epochs=stages.distillation.epochs, pictures=stages.distillation.pictures_an_epoch,
        seed=options.seed, leave_out=None, precision=options.precision,
        accelerator=options.accelerator, runs=options.runs, checkpoints=options.checkpoints,
        again=False,
    )  # fmt: skip


def refuse_early(options: GeneralOptions) -> None:
    """``DataRejected`` for what a later stage lacks: hours earlier than by that stage itself."""
    missing = [name for name in (*KNOWN, *NEW) if not (options.data / name).is_dir()]
    if missing:
        raise DataRejected(
            f"{options.data} has no folder {missing[0]}; all of {', '.join(KNOWN + NEW)}."
        )
    stages = recipes.STAGES
    two_heads.architecture(stages.network)
    if options.light:
        initial_weights.initialise(build(stages.student), stages.student, initial_weights.PYPI)


def _tell(number: int, count: int, what: str) -> None:
    print(f"Stage {number} of {count}: {what}.", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
