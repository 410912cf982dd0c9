"""What the commands that train a model of all collections are given."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core import checkpoints
from core.networks import registry
from core.preprocessing import SIDE
from training.data.labelled_set import DataRejected

# Learned smaller than scored: what crops enlarge then looks as large as in a whole picture, at
# half the cost (Touvron et al. 2019, arXiv:1906.06423).
TRAIN_SIDE = 160


@dataclass(frozen=True, kw_only=True)
class PooledOptions:
    """What both commands are given: ``side`` is what is scored and served at, in pixels.

    Raises ``DataRejected`` for numbers that nothing could be trained with.
    """

    data: Path
    model: str
    init_from: str | None
    name: str
    side: int
    train_side: int
    seed: int
    precision: Literal["32-true", "bf16-mixed"]
    runs: Path
    checkpoints: Path

    def __post_init__(self) -> None:
        least = (("--side", self.side, 1), ("--train-side", self.train_side, 1),
                 ("--seed", self.seed, 0))  # fmt: skip
        for option, given, at_least in least:
            if given < at_least:
                raise DataRejected(f"{option}: a whole number from {at_least} up is needed.")


@dataclass(frozen=True, kw_only=True)
class GeneralOptions(PooledOptions):
    """What ``training.general`` is given; ``compared`` and ``scored`` are of the ``folds``."""

    recipes: list[str]
    folds: int
    epochs: int
    compared: int | None
    scored: int | None
    compare_only: bool
    accelerator: str


@dataclass(frozen=True, kw_only=True)
class MeanOptions(PooledOptions):
    """What ``training.general_mean`` is given; ``of`` are pairs of a folder and its folds."""

    of: list[list[str]]


def pooled_options(p: argparse.ArgumentParser) -> None:
    """The parser's part of ``PooledOptions``."""
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--model", default="resnet18", choices=list(registry.ARCHITECTURES))
    p.add_argument("--init-from", metavar="FILE", help="what the networks are begun from")
    p.add_argument("--name", default="general")
    p.add_argument("--side", type=int, default=SIDE,
                   help="pixels of what is scored and served")  # fmt: skip
    p.add_argument("--train-side", type=int, default=TRAIN_SIDE,
                   help="pixels of what is learned")  # fmt: skip
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
