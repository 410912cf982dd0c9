"""Training's pictures a second, against the same step on a tensor that is already in memory.

    python -m tests.bench.training

Lightning, its loader, augmentation and metrics are what the difference is. The two are measured in
turns, step by step, within one epoch.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from typing import Any

STEPS, WARM = 14, 3


def ratio(preset_name: str = "tuned", architecture: str = "resnet18") -> dict[str, float]:
    """Median step of a bare loop over that of training: 1 is as fast as it gets."""
    import lightning.pytorch as pl
    import torch
    from torch.nn import functional as F

    from core.networks import lesion_network
    from training.fitting.module import LesionData, LesionModule
    from training.fitting.presets import PRESETS
    from training.scoring.device import best_precision

    preset = PRESETS[preset_name]
    size, precision = preset.batch_size, best_precision()
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (size * STEPS, 3, preset.side, preset.side), dtype=torch.uint8)
    labels = torch.randint(0, 2, (len(pixels),))

    def network() -> Any:
        return lesion_network.build(architecture).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    bare = network().train()
    optimiser = torch.optim.AdamW(bare.parameters(), preset.learning_rate)
    x = (pixels[:size].float() / 255).contiguous(memory_format=torch.channels_last)
    y = labels[:size]

    def step() -> None:
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision.startswith("bf16")):
            loss = F.cross_entropy(bare(x), y, label_smoothing=preset.label_smoothing)
        loss.backward()
        optimiser.step()

    class Turns(pl.Callback):
        """After each step of training, which began when the last bare one ended, a bare one."""

        def __init__(self) -> None:
            self.ours: list[float] = []
            self.theirs: list[float] = []
            self.began = 0.0

        def on_train_batch_end(self, *_: Any) -> None:
            now = time.perf_counter()
            if self.began:
                self.ours.append(now - self.began)
            step()
            self.began = time.perf_counter()
            self.theirs.append(self.began - now)

    turns = Turns()
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            max_epochs=1, accelerator="cpu", precision=precision, callbacks=[turns], logger=False,
            limit_val_batches=0, enable_checkpointing=False, enable_model_summary=False,
            enable_progress_bar=False, use_distributed_sampler=False, default_root_dir=folder,
        )  # fmt: skip
        part = (pixels, labels)
        trainer.fit(LesionModule(network(), preset, 0), LesionData(part, part, size, 0))
    ours, theirs = (statistics.median(seconds[WARM:]) for seconds in (turns.ours, turns.theirs))
    return {
        "images a second, of the bare step's": round(theirs / ours, 3),
        "images a second": round(size / ours, 2),
    }


if __name__ == "__main__":
    print(ratio())
