"""How a small network is taught by a large one: the Lightning module of ``training.distil``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from core.labels import PHOTO
from core.networks.lesion_network import LesionNetwork
from training.fitting import augmentation, depthwise_gradient
from training.pooled.broad_pool import HELD, KNOWN, LEARNED, TAUGHT, parted, uses
from training.pooled.drawing import Batch, one_cycle
from training.pooled.two_heads import kind_of

HELD_OUT = 2  # of what the teacher never saw, one part of so many stays apart


@dataclass(frozen=True)
class Distillation:
    """How a small network learns what a large one knows, and its labels.

    A third of the pictures drawn are of the older collections, a third of other dermoscopic ones, a
    third are photos; in each both classes come as often. The target is the label for the older
    collections, and elsewhere half of it is what the teacher says of the very same crop (Hinton et
    al. 2015, arXiv:1503.02531; Beyer et al. 2022, arXiv:2106.05237). Every picture is cropped,
    turned and relit, and the learner sees it with another picture's colours, a black frame or a
    JPEG's blocks at random too. The first layers, whose maps are large and tell edges, stay as they
    start. What is kept is the moving average of the weights.
    """

    epochs: int = 22
    pictures_an_epoch: int = 4096
    batch_size: int = 32
    side: int = 192
    learning_rate: float = 4e-4
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    warm_up: float = 0.15  # share of the steps
    averaged: float = 0.998  # how much of the average stays at each step
    taught: float = 0.5  # how much of the target is the teacher's, where it teaches


class DistillationModule(pl.LightningModule):
    """Cross-entropy to the label, mixed with the teacher's P for a picture that is taught.

    A step's randomness depends on seed, epoch and batch alone, so that a resumed run gives the
    weights of an unbroken one.
    """

    def __init__(
        self, network: LesionNetwork, teacher: LesionNetwork, how: Distillation, seed: int
    ) -> None:
        super().__init__()
        self.network, self.how, self.seed = network, how, seed
        self.teacher = (teacher,)  # in a tuple it is no part of what is saved

    def on_fit_start(self) -> None:
        self.teacher[0].to(self.device)
        if self.device.type == "cpu":
            depthwise_gradient.use_in(self.network)

    def on_train_epoch_start(self) -> None:
        self.network.train()
        for part in first_layers(self.network):
            part.requires_grad_(False).eval()

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        pixels, label, learned = batch
        step = (self.seed, self.current_epoch, batch_idx)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        plain, changed = augmentation.seen(pixels, self.how.side)
        smooth, share = self.how.label_smoothing, self.how.taught
        target = F.one_hot(label, 2).float() * (1 - smooth) + smooth / 2  # (B, 2)
        if not learned.all():
            with torch.no_grad():
                said = self.teacher[0](plain[~learned]).float().softmax(1)
            target[~learned] = share * said + (1 - share) * target[~learned]
        losses = F.cross_entropy(self.network(changed).float(), target, reduction="none")
        for name, rows in (("learned", learned), ("taught", ~learned)):
            if rows.any():
                self.log(f"{name}_loss", losses[rows].detach().mean(), on_step=False, on_epoch=True,
                         batch_size=int(rows.sum()))  # fmt: skip
        return losses.mean()

    def configure_optimizers(self) -> Any:
        kept = {id(p) for part in first_layers(self.network) for p in part.parameters()}
        free = [p for p in self.network.parameters() if id(p) not in kept]
        return one_cycle(free, self.how, int(self.trainer.estimated_stepping_batches))


def first_layers(network: LesionNetwork) -> tuple[nn.Module, ...]:
    """The layers that teaching leaves alone, where the table of networks names some."""
    named = network.architecture.frozen
    return named(network.backbone) if named else ()


def released(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A pool's table, whose known pictures that the teacher never saw are held in part only.

    A small network learns all of its pictures by itself, and needs the photos among them.
    """
    known = table[(table["use"] == HELD) & table["collection"].isin(KNOWN)]
    kept = known[parted(known, HELD_OUT, seed) == 0]
    return table.assign(use=uses(table, kept, seed))


def weights(table: pd.DataFrame) -> torch.Tensor:
    """How likely each picture is drawn, (N,), summing to 1; held ones never.

    A third each: older collections, other dermoscopic pictures, photos. Of each both classes come
    as often, and of a class each collection by the root of its size.
    """
    kind = np.where(
        table["older"], "older",
        np.where([kind_of(name) == PHOTO for name in table["collection"]], "photo", "other"),
    )  # fmt: skip
    free = table.assign(kind=kind)[table["use"].isin((LEARNED, TAUGHT))]
    sizes = free.groupby(["kind", "label", "collection"]).size()
    root = sizes**0.5
    share = root / root.groupby(level=[0, 1]).transform("sum")  # of one class of a kind
    share /= sizes * share.groupby(level=[0, 1]).sum().size
    weight = pd.Series(0.0, index=table.index)
    of = pd.MultiIndex.from_frame(free[["kind", "label", "collection"]])
    weight[free.index] = share.loc[of].to_numpy()
    return torch.tensor(weight.to_numpy(np.float64))
