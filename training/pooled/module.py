"""The Lightning module of ``training.general``, and which pictures an epoch draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from core.networks.lesion_network import LesionNetwork
from core.pictures.colour import MONK, colour
from training.data.labelled_set import DataRejected
from training.fitting import augmentation
from training.fitting.module import LesionModule
from training.fitting.presets import Preset
from training.pooled import recipes
from training.pooled.recipes import Recipe


@dataclass(frozen=True)
class Columns:
    """What a step needs of each picture, on one device; ``diagnosis`` is -1 if not recorded."""

    pixels: torch.Tensor
    label: torch.Tensor
    group: torch.Tensor
    domain: torch.Tensor
    skin: torch.Tensor
    diagnosis: torch.Tensor

    def to(self, device: torch.device) -> Columns:
        return Columns(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class GeneralModule(LesionModule):
    """``LesionModule`` on rows of ``Columns``, with a recipe's objective and changed batches."""

    def __init__(self, network: LesionNetwork, preset: Preset, seed: int, fresh: frozenset[str],
                 *, recipe: Recipe, columns: Columns, side: int,
                 teachers: Sequence[LesionNetwork] = ()) -> None:  # fmt: skip
        super().__init__(network, preset, seed, fresh)
        self.teachers = tuple(teachers)  # in a tuple they are no part of what is saved
        self.side = side
        self.recipe, self.columns = recipe, columns
        self.dro = recipes.GroupWeights(int(columns.group.max()) + 1)
        linear = network.pooled_linear
        asked = {"critic": (recipe.adversary, columns.domain),
                 "namer": (recipe.diagnoses, columns.diagnosis)}  # fmt: skip
        # Heads that only training has: on the features that the network's own head is on.
        self.heads = torch.nn.ModuleDict()
        for name, (wanted, classes) in asked.items():
            if wanted and linear is None:
                raise DataRejected(f"the {name} needs a network that ends in pooling.")
            if wanted and linear is not None:
                # at least one class, also where nothing is recorded
                count = max(int(classes.max()), 0) + 1
                self.heads[name] = torch.nn.Linear(linear.in_features, count)
        tones = torch.tensor([colour(code) for code in MONK]) / 255
        self.register_buffer("tones", tones, persistent=False)

    def on_fit_start(self) -> None:
        self.columns = self.columns.to(self.device)
        for teacher in self.teachers:
            teacher.to(self.device)

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        (rows,) = batch
        step = (self.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))
        label, group = self.columns.label[rows], self.columns.group[rows]
        x = self.changed(rows).contiguous(memory_format=torch.channels_last)
        features = self.network.features(x)
        logits = self.network.head(features)
        losses = (
            F.cross_entropy(logits, self.taught(x), reduction="none") if self.teachers else
            F.cross_entropy(logits, label, label_smoothing=self.preset.label_smoothing,
                            reduction="none")
        )  # fmt: skip
        loss = self.dro(losses.float(), group) if self.recipe.dro else losses.mean()
        self.train_accuracy(logits.argmax(1), label)
        self.log("train_loss", losses.mean(), on_step=False, on_epoch=True)
        self.log("train_accuracy", self.train_accuracy, on_step=False, on_epoch=True)
        pooled = features.mean((2, 3))
        if "critic" in self.heads:
            told = self.heads["critic"](recipes.reverse(pooled, self.recipe.adversary))
            loss = loss + F.cross_entropy(told, self.columns.domain[rows])
        if "namer" in self.heads:
            named = self.heads["namer"](pooled)
            loss = loss + self.recipe.diagnoses * known_only(named, self.columns.diagnosis[rows])
        return loss

    def taught(self, x: torch.Tensor) -> torch.Tensor:
        """The teachers' mean P of both classes (B, 2), of the very pictures that are learned."""
        with torch.no_grad():
            return torch.stack([t(x).float().softmax(1) for t in self.teachers]).mean(0)

    def changed(self, rows: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, side, side) in [0, 1] as augmented.

        In float32, as bfloat16 has no 255 levels.
        """
        with torch.autocast(self.device.type, enabled=False):
            x = self.columns.pixels[rows].float() / 255
            skin, tones = self.columns.skin[rows], torch.as_tensor(self.tones)
            x = recipes.retone_some(x, skin, tones, self.recipe.retoned)
            x = augmentation.relit(augmentation.moved(x, self.side))
            return augmentation.recompressed(x)

    def configure_optimizers(self) -> Any:
        configured = super().configure_optimizers()
        if self.heads:
            # before the schedule is read: its list of rates must name every group
            raise_rate = {"params": list(self.heads.parameters()), "lr": self.preset.fresh_rate}
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
