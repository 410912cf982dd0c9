"""The Lightning module and data module: a network, a preset and an in-memory set, trained.

A step's randomness depends on seed, epoch, batch and rank alone. So a run that was stopped after
any epoch and resumed gives the weights that an unbroken run gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, DistributedSampler
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC

from core.labels import margin
from core.networks.lesion_network import LesionNetwork
from training.data.pixels import Batch, Part, Pixels
from training.fitting.augmentation import augmentation
from training.fitting.presets import Preset


class LesionModule(pl.LightningModule):
    """Cross-entropy on two classes; logs the columns of ``core.results.card.HISTORY_COLUMNS``."""

    def __init__(
        self,
        network: LesionNetwork,
        preset: Preset,
        seed: int,
        fresh: frozenset[str] = frozenset(),
        malignant: float = 0.5,
    ) -> None:
        """A network to be fitted as ``preset`` says.

        ``fresh`` names the backbone parameters that a partial start did not cover; ``malignant`` is
        the share of malignant pictures in validation, for a balanced preset.
        """
        super().__init__()
        share = malignant if preset.balanced else 0.5
        self.class_weights = torch.tensor([0.5 / (1 - share), 0.5 / share])
        self.network = network
        self.preset = preset
        self.seed = seed
        self.fresh = fresh
        self.augment = augmentation(preset.augmentation, preset.side)
        self.train_accuracy, self.val_accuracy = BinaryAccuracy(), BinaryAccuracy()
        self.val_auc = BinaryAUROC()

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        pixels, labels = batch
        step = (self.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        x = self.met_in_training(_as_input(self.augment(pixels)), labels)
        logits = self.network(x)
        loss = F.cross_entropy(logits, labels, label_smoothing=self.preset.label_smoothing)
        self.train_accuracy(logits.argmax(1), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, sync_dist=True)
        self.log("train_accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: Batch) -> None:
        pixels, labels = batch
        logits = self.network(self.met_in_validation(_as_input(pixels), labels)).float()
        self.val_accuracy(logits.argmax(1), labels)
        self.val_auc(margin(logits), labels)
        # Where training shows both classes equally often, validation weighs them so.
        loss = F.cross_entropy(logits, labels, self.class_weights.to(logits))
        self.log("val_loss", loss, prog_bar=True, sync_dist=True)
        self.log("val_accuracy", self.val_accuracy, prog_bar=True)
        self.log("val_auc", self.val_auc, prog_bar=True)

    def met_in_training(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The pictures (B, 3, S, S) in [0, 1] as the network meets them."""
        return x

    def met_in_validation(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The same in validation."""
        return x

    def configure_optimizers(self) -> Any:
        named = list(self.network.backbone.named_parameters())
        rates = {False: self.preset.learning_rate, True: self.preset.fresh_rate}
        groups: list[dict[str, Any]] = [
            {"params": [p for name, p in named if (name in self.fresh) == fresh], "lr": rate}
            for fresh, rate in rates.items()
        ]
        groups = [group for group in groups if group["params"]]
        kind = torch.optim.AdamW if self.preset.optimiser == "adamw" else torch.optim.Adam
        optimiser = kind(groups, weight_decay=self.preset.weight_decay)
        if self.preset.schedule == "constant":
            return optimiser
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            max_lr=[group["lr"] for group in groups],
            total_steps=int(self.trainer.estimated_stepping_batches),
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class LesionData(pl.LightningDataModule):
    """Training and validation pictures, uint8 (N, 3, side, side) in memory or on disk, labels (N,).

    ``batch_size`` is that of all processes together, so a recipe means the same on any number.
    """

    def __init__(
        self, train: Part, validation: Part, batch_size: int, seed: int, balanced: bool = False
    ) -> None:
        super().__init__()
        self.train, self.validation = LabelledPictures(*train), LabelledPictures(*validation)
        self.batch_size, self.seed, self.balanced = batch_size, seed, balanced

    def train_dataloader(self) -> DataLoader[Any]:
        trainer = cast(pl.Trainer, self.trainer)
        # Shuffles by (seed, epoch), also with one process; Lightning tells it the epoch. What is
        # left over when batches are full comes up in another epoch: batch norm dislikes crumbs.
        sampler: DistributedSampler[Any]
        processes = (trainer.world_size, trainer.global_rank)
        if self.balanced:
            sampler = Balanced(self.train, *processes, seed=self.seed, drop_last=True)
        else:
            sampler = DistributedSampler(self.train, *processes, seed=self.seed, drop_last=True)
        size = max(1, self.batch_size // trainer.world_size)
        return DataLoader(
            self.train, size, sampler=sampler, drop_last=len(sampler) >= size, collate_fn=_as_is
        )

    def val_dataloader(self) -> DataLoader[Any]:
        # in full by every process: small, and exact
        return DataLoader(self.validation, 64, collate_fn=_as_is)


class LabelledPictures(Dataset[Any]):
    """Pictures with labels, fetched a batch at a time."""

    def __init__(self, pixels: Pixels, labels: torch.Tensor) -> None:
        self.pixels, self.labels = pixels, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Batch:
        pixels, labels = self.__getitems__([index])
        return pixels[0], labels[0]

    def __getitems__(self, indices: list[int]) -> Batch:
        rows = torch.tensor(indices)
        if isinstance(self.pixels, torch.Tensor):  # [indices] takes ten times as long
            return self.pixels.index_select(0, rows), self.labels[rows]
        return self.pixels[indices], self.labels[rows]


class Balanced(DistributedSampler[Any]):
    """Both classes equally often, in as many pictures an epoch as there are.

    The rarer class is gone through as many times as it takes before any of it comes once more;
    of the other an epoch shows a part, drawn anew each time.
    """

    def __iter__(self) -> Iterator[int]:
        data = cast(LabelledPictures, self.dataset)
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        half = self.total_size // 2
        drawn = []
        for label, wanted in ((0, self.total_size - half), (1, half)):
            own = (data.labels == label).nonzero().flatten()
            rounds = -(-wanted // len(own))
            drawn += [
                torch.cat(
                    [own[torch.randperm(len(own), generator=generator)] for _ in range(rounds)]
                )[:wanted]
            ]
        mixed = torch.cat(drawn)[torch.randperm(self.total_size, generator=generator)]
        return iter(mixed[self.rank : self.total_size : self.num_replicas].tolist())


def _as_is(batch: Any) -> Any:
    return batch


def _as_input(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 (B, 3, H, W) as the float32 in [0, 1] that networks take, laid out for fast kernels."""
    return (pixels.float() / 255).contiguous(memory_format=torch.channels_last)
