"""Teach a trained model older collections of pictures, and keep what it says of those it knew.

    python -m training.broaden --data FOLDER_WITH_THE_COLLECTIONS --model general

The report's set has its benign pictures from HAM10000 and half of its malignant ones from older
ISIC collections, so what learned it calls malignant whatever looks like these. ISIC 2017 and UDA-1
have benign pictures of them. They are learned by their labels while the other collections are
taught by the network as it was (Li and Hoiem 2016, arXiv:1606.09282): ``pooled.broad_module``
tells the recipe. A quarter of the older collections is held out, and whatever the model's folds
held out before; figures, calibration and cuts are of these alone. Stop it at any time: the same
command goes on.
"""

from __future__ import annotations

import argparse
import logging

from training import command
from training.pooled import broad_pool
from training.pooled.broadening import BroadenOptions, broaden
from training.pooled.recipes import STAGES


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.broaden", __doc__)
    command.teaching_options(p, STAGES.broadening.epochs, STAGES.broadening.pictures_an_epoch)
    p.add_argument("--model", default="general", help="what is broadened")
    p.add_argument("--name", help="what it is called then; by default its own name")
    p.add_argument(
        "--leave-out", choices=broad_pool.NEW, metavar="COLLECTION",
        help="learn nothing of this one, score all of it, and put that on the card of --name, "
        "whose weights stay",
    )  # fmt: skip
    return p


def main(arguments: list[str] | None = None) -> int:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return command.run(
        parser(), BroadenOptions, broaden, arguments, after_stop="The same command goes on."
    )


if __name__ == "__main__":
    raise SystemExit(main())
