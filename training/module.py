"""The Lightning module and data module: a network, a preset and an in-memory set, trained.

A step's randomness depends on seed, epoch, batch and rank alone. So a run that was stopped after
any epoch and resumed gives the weights that an unbroken run gives.
"""

from __future__ import annotations

from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC

from core.network import LesionNetwork
from training.presets import Preset, augmentation

Batch = tuple[torch.Tensor, torch.Tensor]  # uint8 (B, 3, side, side), int64 (B,)


class LesionModule(pl.LightningModule):
    """Cross-entropy on two classes; logs the columns of ``core.results.HISTORY_COLUMNS``."""

    def __init__(
        self, network: LesionNetwork, preset: Preset, seed: int, fresh: frozenset[str] = frozenset()
    ) -> None:
        """``fresh`` names the backbone parameters that a partial start did not cover."""
        super().__init__()
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
        pixels = torch.stack([self.augment(image) for image in pixels])
        logits = self.network(_as_input(pixels))
        loss = F.cross_entropy(logits, labels, label_smoothing=self.preset.label_smoothing)
        self.train_accuracy(logits.argmax(1), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, sync_dist=True)
        self.log("train_accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: Batch) -> None:
        pixels, labels = batch
        logits = self.network(_as_input(pixels)).float()
        self.val_accuracy(logits.argmax(1), labels)
        self.val_auc(logits[:, 1] - logits[:, 0], labels)
        self.log("val_loss", F.cross_entropy(logits, labels), prog_bar=True, sync_dist=True)
        self.log("val_accuracy", self.val_accuracy, prog_bar=True)
        self.log("val_auc", self.val_auc, prog_bar=True)

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
    """Training and validation pictures in memory, uint8 (N, 3, 224, 224) with labels (N,)."""

    def __init__(self, train: Batch, validation: Batch, batch_size: int, seed: int) -> None:
        super().__init__()
        self.train, self.validation = TensorDataset(*train), TensorDataset(*validation)
        self.batch_size, self.seed = batch_size, seed

    def train_dataloader(self) -> DataLoader[Any]:
        trainer = cast(pl.Trainer, self.trainer)
        # Shuffles by (seed, epoch), also with one process; Lightning tells it the epoch. What is
        # left over when batches are full comes up in another epoch: batch norm dislikes crumbs.
        sampler: DistributedSampler[Any] = DistributedSampler(
            self.train, trainer.world_size, trainer.global_rank, seed=self.seed
        )
        return DataLoader(
            self.train, self.batch_size, sampler=sampler, drop_last=len(sampler) >= self.batch_size
        )

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader(self.validation, 64)  # in full by every process: small, and exact


def _as_input(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 (B, 3, H, W) as the float32 in [0, 1] that networks take, laid out for fast kernels."""
    return (pixels.float() / 255).contiguous(memory_format=torch.channels_last)
