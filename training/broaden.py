"""Teach a trained model older collections of pictures, and keep what it says of those it knew.

    python -m training.broaden --data FOLDER_WITH_THE_COLLECTIONS --model general

The report's set has its benign pictures from HAM10000 and half of its malignant ones from older
ISIC collections, so what learned it calls malignant whatever looks like these. ISIC 2017 and UDA-1
have benign pictures of them. Only a last layer for dermoscopic pictures is fitted to these, and
only to those of lesions that the network has not learned: ``pooled.last_layer`` tells the recipe.
Figures, calibration and cuts are of folds that other last layers held out, and of what the model's
folds held out before. It takes minutes; the network's features are kept, so a second time seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from core import checkpoints
from training import command
from training.pooled import broad_pool
from training.pooled.broadening import BroadenOptions, broaden


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.broaden", __doc__)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--model", default="general", help="what is broadened")
    p.add_argument("--name", help="what it is called then; by default its own name")
    p.add_argument(
        "--leave-out", choices=broad_pool.NEW, metavar="COLLECTION",
        help="learn nothing of this one, score all of it, and put that on the card of --name, "
        "whose weights stay",
    )  # fmt: skip
    p.add_argument("--seed", type=command.natural, default=0)
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), BroadenOptions, broaden, arguments, after_stop="The same command goes on."
    )


if __name__ == "__main__":
    raise SystemExit(main())
