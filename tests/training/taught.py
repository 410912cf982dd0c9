"""What the tests of a network that another one teaches begin with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import LightningModule

from training.fitting import augmentation

PICTURES = 40  # of a collection


def rows_of(collection: str, older: bool, first_lot: int) -> pd.DataFrame:
    """Forty pictures of a collection, in lots of two of one label."""
    pairs = np.arange(PICTURES) // 2
    return pd.DataFrame({
        "collection": collection, "file": [f"{i}.jpg" for i in range(PICTURES)],
        "label": pairs % 2, "older": older, "together": first_lot + pairs,
    })  # fmt: skip


def shown_as_they_are(
    module: LightningModule, monkeypatch: pytest.MonkeyPatch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Four pictures for a step of training, uint8, and what both networks are then shown of them.

    Nothing is drawn anew, and nothing is logged.
    """
    pixels = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    x = pixels.float() / 255
    monkeypatch.setattr(augmentation, "seen", lambda *_: (x, x))
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    return pixels, x


def one_epoch(root: Path, *more: str) -> list[str]:
    """A command's arguments for an epoch of 32 pictures on a processor."""
    return [
        "--data", str(root / "data"), "--epochs", "1", "--pictures", "32",
        "--runs", str(root / "runs"), "--checkpoints", str(root / "data/checkpoints"),
        "--accelerator", "cpu", "--precision", "32-true", *more,
    ]  # fmt: skip
