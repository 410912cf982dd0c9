"""Named recipes. A preset is everything about a run that is not data, network, seed or machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torchvision.transforms import v2

from core.preprocessing import SIDE

Augment = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Preset:
    """``fresh_rate`` is the learning rate of layers that start from random numbers beside loaded
    ones.
    """

    about: str
    epochs: int
    batch_size: int
    optimiser: Literal["adam", "adamw"]
    learning_rate: float
    fresh_rate: float
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    schedule: Literal["constant", "one-cycle"] = "constant"
    augmentation: Literal["none", "turns", "full"] = "none"
    side: int = SIDE


PRESETS: dict[str, Preset] = {
    "report-baseline": Preset(
        "The report's baseline, its section 6: Adam, no augmentation.",
        epochs=50, batch_size=32, optimiser="adam", learning_rate=1e-3, fresh_rate=1e-3,
    ),
    "report-resnet18": Preset(
        "The report's ResNet18, its section 5: Adam at a low rate, no augmentation.",
        epochs=30, batch_size=128, optimiser="adam", learning_rate=1e-5, fresh_rate=1e-5,
    ),
    "tuned": Preset(
        "Ours: one cycle of AdamW, turned pictures, softened labels.",
        epochs=16, batch_size=32, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
        weight_decay=0.01, label_smoothing=0.05, schedule="one-cycle", augmentation="turns",
    ),
    "tuned-crops": Preset(
        "`tuned` with crops, tints and more weight decay. Lost to it on validation.",
        epochs=16, batch_size=32, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
        weight_decay=0.05, label_smoothing=0.05, schedule="one-cycle", augmentation="full",
    ),
}  # fmt: skip


def augmentation(name: str, side: int = SIDE) -> Augment:
    """A random change of one uint8 picture (3, side, side) to a uint8 picture of that size."""
    if name == "none":
        return lambda image: image
    turns: list[Augment] = [v2.RandomHorizontalFlip(), quarter_turn]  # the 8 symmetries
    if name == "turns":
        turned: Augment = v2.Compose(turns)
        return turned
    if name == "full":
        # Lesions have no up and no scale; cameras differ in light and tint more than in hue.
        crop = v2.RandomResizedCrop(side, scale=(0.6, 1.0), ratio=(0.85, 1.18), antialias=True)
        tint = v2.ColorJitter(brightness=0.15, contrast=0.15, saturation=0.15)
        changed: Augment = v2.Compose([*turns, crop, tint])
        return changed
    raise ValueError(f"no augmentation called {name!r}")


def quarter_turn(image: torch.Tensor) -> torch.Tensor:
    """Turn (3, H, W) by 0, 90, 180 or 270 degrees, each as likely."""
    return image.rot90(int(torch.randint(4, ())), dims=(1, 2))
