"""The Lightning module of ``training.broaden``, and which pictures an epoch draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import lightning.pytorch as pl
import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from core.networks.lesion_network import LesionNetwork
from training.fitting import augmentation
from training.pooled.broad_pool import LEARNED, BroadPool
from training.pooled.module import Drawn

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # uint8 pixels, label, learned or taught


@dataclass(frozen=True)
class Broadening:
    """How a network learns new collections without forgetting the known ones.

    It starts as it is served. Half of the pictures drawn are of the older collections, both classes
    as often, and are learned by their labels; half are of those that it knew, and are taught by the
    network as it was. Every picture is cropped, turned and relit; the teacher sees that, and the
    learner sees it with another picture's colours, a black frame or a JPEG's blocks at random too,
    so that none of these stays a clue. The lower half of the layers and all statistics of batch
    normalisation stay as they are. What is kept is the moving average of the weights.
    """

    epochs: int = 10
    pictures_an_epoch: int = 4000
    batch_size: int = 32
    side: int = 160
    learning_rate: float = 2e-4
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    warm_up: float = 0.15  # share of the steps
    averaged: float = 0.99  # how much of the average stays at each step


class BroadModule(pl.LightningModule):
    """Cross-entropy to the label of a learned picture, or to the teacher's P of a taught one.

    A step's randomness depends on seed, epoch and batch alone, so that a resumed run gives the
    weights of an unbroken one.
    """

    def __init__(
        self, network: LesionNetwork, teacher: LesionNetwork, how: Broadening, seed: int
    ) -> None:
        super().__init__()
        self.network, self.how, self.seed = network, how, seed
        self.teacher = (teacher,)  # in a tuple it is no part of what is saved

    def on_fit_start(self) -> None:
        self.teacher[0].to(self.device)

    def on_train_epoch_start(self) -> None:
        self.network.eval()  # what is normalised by stays what it was

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        pixels, label, learned = batch
        step = (self.seed, self.current_epoch, batch_idx)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        plain, changed = augmentation.seen(pixels, self.how.side)
        smooth = self.how.label_smoothing
        target = F.one_hot(label, 2).float() * (1 - smooth) + smooth / 2  # (B, 2)
        if not learned.all():
            with torch.no_grad():
                target[~learned] = self.teacher[0](plain[~learned]).float().softmax(1)
        early = self.early(changed)
        late = self.network.architecture.late(self.network.backbone, early)
        losses = F.cross_entropy(self.network.head(late).float(), target, reduction="none")
        for name, rows in (("learned", learned), ("taught", ~learned)):
            if rows.any():
                self.log(f"{name}_loss", losses[rows].detach().mean(), on_step=False, on_epoch=True,
                         batch_size=int(rows.sum()))  # fmt: skip
        return losses.mean()

    def early(self, x: torch.Tensor) -> torch.Tensor:
        """The map half way up, whose layers are not learned."""
        with torch.no_grad():
            own = self.network
            found: torch.Tensor = own.architecture.early(own.backbone, own.normalise(x))
        return found

    def configure_optimizers(self) -> Any:
        free = [p for p in self.network.backbone.parameters() if p.requires_grad]
        return one_cycle(free, self.how, int(self.trainer.estimated_stepping_batches))


class Drawing(Protocol):
    """What ``loader`` and ``one_cycle`` ask of a recipe."""

    @property
    def pictures_an_epoch(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def warm_up(self) -> float: ...


def one_cycle(parameters: list[torch.nn.Parameter], how: Drawing, steps: int) -> dict[str, Any]:
    """AdamW over ``steps``, its rate rising for the first share of them and then falling."""
    optimiser = torch.optim.AdamW(parameters, lr=how.learning_rate, weight_decay=how.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=how.learning_rate, pct_start=how.warm_up, total_steps=steps
    )
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def freeze_early(network: LesionNetwork) -> None:
    """Let only the layers behind the map half way up be learned.

    Whatever has no gradient when that map is fixed is of the layers before it.
    """
    network.eval().requires_grad_(True)
    x = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        early = network.architecture.early(network.backbone, network.normalise(x))
    network.head(network.architecture.late(network.backbone, early)).sum().backward()
    for parameter in network.parameters():
        parameter.requires_grad_(parameter.grad is not None)
        parameter.grad = None


@dataclass(frozen=True)
class Pictures(Dataset[Any]):
    """A pool's pictures, fetched a batch at a time."""

    pool: BroadPool

    def __len__(self) -> int:
        return len(self.pool)

    def __getitems__(self, rows: list[int]) -> Batch:
        table = self.pool.table.iloc[rows]
        label = torch.tensor(table["label"].to_numpy(np.int64))
        return self.pool[rows], label, torch.tensor((table["use"] == LEARNED).to_numpy())


def loader(pool: BroadPool, weight: torch.Tensor, how: Drawing, seed: int) -> DataLoader[Any]:
    """Batches of an epoch; decoded pictures are at hand, so no further process fetches them."""
    drawn = Drawn(weight, seed, how.pictures_an_epoch)
    return DataLoader(
        Pictures(pool), how.batch_size, sampler=drawn, drop_last=True, collate_fn=lambda b: b
    )
