"""The Lightning module of ``training.general``: a recipe's objective on changed batches, and which
pictures an epoch draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from core.network import LesionNetwork
from core.skin_tone import MONK, colour
from training import batch_augment, mitigation
from training.data import DataRejected
from training.mitigation import Recipe
from training.module import LesionModule
from training.presets import Preset


@dataclass(frozen=True)
class Columns:
    """What a step needs of each picture, on one device: pixels, label, group, domain, skin."""

    pixels: torch.Tensor
    label: torch.Tensor
    group: torch.Tensor
    domain: torch.Tensor
    skin: torch.Tensor

    def to(self, device: torch.device) -> Columns:
        return Columns(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class GeneralModule(LesionModule):
    """``LesionModule`` on rows of ``Columns``, with a recipe's objective and changed batches."""

    def __init__(self, network: LesionNetwork, preset: Preset, seed: int, fresh: frozenset[str],
                 recipe: Recipe, columns: Columns, side: int) -> None:  # fmt: skip
        super().__init__(network, preset, seed, fresh)
        self.side = side
        self.recipe, self.columns = recipe, columns
        self.dro = mitigation.GroupWeights(int(columns.group.max()) + 1)
        linear = network.pooled_linear
        if recipe.adversary and linear is None:
            raise DataRejected("the adversary needs a network that ends in pooling.")
        self.critic = (
            torch.nn.Linear(linear.in_features, int(columns.domain.max()) + 1)
            if recipe.adversary and linear is not None
            else None
        )
        tones = torch.tensor([colour(code) for code in MONK]) / 255
        self.register_buffer("tones", tones, persistent=False)

    def on_fit_start(self) -> None:
        self.columns = self.columns.to(self.device)

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        (rows,) = batch
        step = (self.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        label, group = self.columns.label[rows], self.columns.group[rows]
        x = self.changed(rows)
        features = self.network.features(x.contiguous(memory_format=torch.channels_last))
        logits = self.network.head(features)
        losses = F.cross_entropy(
            logits, label, label_smoothing=self.preset.label_smoothing, reduction="none"
        )
        loss = self.dro(losses.float(), group) if self.recipe.dro else losses.mean()
        self.train_accuracy(logits.argmax(1), label)
        self.log("train_loss", losses.mean(), on_step=False, on_epoch=True)
        self.log("train_accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        if self.critic is not None:
            told = self.critic(mitigation.reverse(features.mean((2, 3)), self.recipe.adversary))
            loss = loss + F.cross_entropy(told, self.columns.domain[rows])
        return loss

    def changed(self, rows: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, side, side) in [0, 1] as augmented; in float32, as bfloat16 has no 255
        levels."""
        with torch.autocast(self.device.type, enabled=False):
            x = self.columns.pixels[rows].float() / 255
            skin, tones = self.columns.skin[rows], torch.as_tensor(self.tones)
            x = mitigation.retone_some(x, skin, tones, self.recipe.retoned)
            x = batch_augment.relit(batch_augment.moved(x, self.side))
            return batch_augment.recompressed(x)

    def configure_optimizers(self) -> Any:
        configured = super().configure_optimizers()
        if self.critic is not None:
            # before the schedule is read: its list of rates must name every group
            raise_rate = {"params": list(self.critic.parameters()), "lr": self.preset.fresh_rate}
            optimiser = configured["optimizer"]
            optimiser.add_param_group(raise_rate)
            configured["lr_scheduler"]["scheduler"] = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, max_lr=[self.preset.learning_rate] * (len(optimiser.param_groups) - 1)
                + [self.preset.fresh_rate],
                total_steps=int(self.trainer.estimated_stepping_batches),
            )  # fmt: skip
        return configured


class Drawn(torch.utils.data.Sampler[int]):
    """Rows drawn with replacement by weight, anew each epoch, the same for the same seed."""

    def __init__(self, weight: torch.Tensor, seed: int) -> None:
        self.weight, self.seed, self.epoch = weight, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls it before every epoch, resumed ones included."""
        self.epoch = epoch

    def __iter__(self) -> Any:
        random = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
        drawn = torch.multinomial(self.weight, len(self), replacement=True, generator=random)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return int((self.weight > 0).sum())
