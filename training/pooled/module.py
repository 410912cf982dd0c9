"""The Lightning module of ``general``'s first stage, and which pictures an epoch draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from core.networks.lesion_network import LesionNetwork
from training.data.labelled_set import DataRejected
from training.fitting import augmentation
from training.fitting.module import LesionModule
from training.fitting.presets import Preset


@dataclass(frozen=True)
class Columns:
    """What a step needs of each picture, on one device; ``diagnosis`` is -1 if not recorded."""

    pixels: torch.Tensor
    label: torch.Tensor
    diagnosis: torch.Tensor

    def to(self, device: torch.device) -> Columns:
        return Columns(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class GeneralModule(LesionModule):
    """``LesionModule`` on rows of ``Columns``, which may learn to name the diagnosis too.

    ``diagnoses`` is how much that counts beside the class; pictures are learned ``side`` large.
    """

    def __init__(self, network: LesionNetwork, preset: Preset, seed: int, fresh: frozenset[str],
                 *, diagnoses: float, columns: Columns, side: int) -> None:  # fmt: skip
        super().__init__(network, preset, seed, fresh)
        self.side, self.diagnoses, self.columns = side, diagnoses, columns
        # A head that only training has: on the features that the network's own head is on.
        self.namer: torch.nn.Linear | None = None
        if diagnoses:
            linear = network.pooled_linear
            if linear is None:
                raise DataRejected("To name diagnoses, a network must end in pooling.")
            # at least one class, also where nothing is recorded
            count = max(int(columns.diagnosis.max()), 0) + 1
            self.namer = torch.nn.Linear(linear.in_features, count)

    def on_fit_start(self) -> None:
        self.columns = self.columns.to(self.device)

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        (rows,) = batch
        step = (self.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        label = self.columns.label[rows]
        x = self.changed(rows).contiguous(memory_format=torch.channels_last)
        features = self.network.features(x)
        logits = self.network.head(features)
        loss = F.cross_entropy(logits, label, label_smoothing=self.preset.label_smoothing)
        self.train_accuracy(logits.argmax(1), label)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        self.log("train_accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        if self.namer is not None:
            named = self.namer(features.mean((2, 3)))
            loss = loss + self.diagnoses * known_only(named, self.columns.diagnosis[rows])
        return loss

    def changed(self, rows: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, side, side) in [0, 1] as augmented.

        In float32, as bfloat16 has no 255 levels.
        """
        with torch.autocast(self.device.type, enabled=False):
            x = self.columns.pixels[rows].float() / 255
            x = augmentation.relit(augmentation.moved(x, self.side))
            return augmentation.recompressed(x)

    def configure_optimizers(self) -> Any:
        configured = super().configure_optimizers()
        if self.namer is not None:
            # before the schedule is read: its list of rates must name every group
            raise_rate = {"params": list(self.namer.parameters()), "lr": self.preset.fresh_rate}
            optimiser = configured["optimizer"]
            optimiser.add_param_group(raise_rate)
            configured["lr_scheduler"]["scheduler"] = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, max_lr=[self.preset.learning_rate] * (len(optimiser.param_groups) - 1)
                + [self.preset.fresh_rate],
                total_steps=int(self.trainer.estimated_stepping_batches),
            )  # fmt: skip
        return configured


def known_only(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of logits (B, K) where truth (B,) is not -1; 0 if it is nowhere known."""
    total = F.cross_entropy(logits, truth, ignore_index=-1, reduction="sum")
    return total / (truth >= 0).sum().clamp(min=1)


class Drawn(torch.utils.data.Sampler[int]):
    """Rows drawn with replacement by weight, anew each epoch, the same for the same seed.

    ``count`` are drawn, by default as many as have a weight.
    """

    def __init__(self, weight: torch.Tensor, seed: int, count: int | None = None) -> None:
        self.weight, self.seed, self.epoch = weight, seed, 0
        self.count = int((weight > 0).sum()) if count is None else count

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls it before every epoch, resumed ones included."""
        self.epoch = epoch

    def __iter__(self) -> Any:
        random = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
        drawn = torch.multinomial(self.weight, len(self), replacement=True, generator=random)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.count
