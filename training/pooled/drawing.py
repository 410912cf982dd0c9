"""Which pictures an epoch of a taught network draws, and how its rate of learning goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from training.pooled.broad_pool import LEARNED, BroadPool
from training.pooled.module import Drawn

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # uint8 pixels, label, learned or taught


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
