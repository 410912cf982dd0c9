"""Named recipes. A preset is everything about a run that is not data, network, seed or machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from core.preprocessing import SIDE


@dataclass(frozen=True)
class Preset:
    """How a network is trained.

    ``fresh_rate`` is the learning rate of layers that start from random numbers beside loaded ones.
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
    balanced: bool = False  # each epoch shows both classes equally often
    adversarial: float = 0.0  # how far pixels are moved against the network, of 1


# One recipe for all networks of the benchmark; the ablations change one number of it.
_BENCHMARK = Preset(
    "The benchmark's, for every network: one cycle of AdamW, turned pictures, nothing else.",
    epochs=20, batch_size=32, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
    schedule="one-cycle", augmentation="turns",
)  # fmt: skip

_ROBUST = Preset(
    "From a trained network: `tuned` on pictures moved against it by up to two grey levels.",
    epochs=8, batch_size=32, optimiser="adamw", learning_rate=2e-4, fresh_rate=1e-3,
    weight_decay=0.01, label_smoothing=0.05, schedule="one-cycle", augmentation="turns",
    adversarial=2 / 255,
)  # fmt: skip

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
    "robust": _ROBUST,
    "robust-gentle": replace(
        _ROBUST, adversarial=1.25 / 255,
        about="`robust` with pictures moved by up to 1.25 grey levels: for an average with its "
        "weights.",
    ),
    "benchmark": _BENCHMARK,
    "benchmark-weight-decay": replace(
        _BENCHMARK, about="`benchmark` with weight decay, which the report left open.",
        weight_decay=0.05,
    ),
    "benchmark-label-smoothing": replace(
        _BENCHMARK, about="`benchmark` with label smoothing, which the report left open.",
        label_smoothing=0.1,
    ),
    "candidate": replace(
        _BENCHMARK, about="For the best model: `benchmark` with crops, tints and both of them.",
        weight_decay=0.05, label_smoothing=0.05, augmentation="full",
    ),
    "rare": Preset(
        "For large sets where few pictures are malignant: `tuned`, both classes equally often.",
        epochs=12, batch_size=64, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
        weight_decay=0.01, schedule="one-cycle", augmentation="turns", balanced=True,
    ),
}  # fmt: skip


def presets_told() -> str:
    """A line for each preset: what it is for."""
    return "\n".join(
        f"  {name:26} {preset.about} {preset.epochs} epochs, batches of {preset.batch_size}"
        for name, preset in PRESETS.items()
    )
