"""What the strip of ten tones costs, in bare forward passes of the same network.

    python -m tests.bench.tone

Ten pictures in one batch should cost about ten passes of one; at most 12.
"""

from __future__ import annotations

import statistics
import time

from core import checkpoints, classifier
from core.pictures.drawn_lesion import draw_lesion
from core.probes.ten_tones import on_ten_tones

ROUNDS = 15


def strip_ratio(name: str) -> float:
    """Median time of the strip over rounds, in medians of one bare forward pass."""
    import torch

    model = classifier.load_for_serving(name)
    picture = draw_lesion(640, 480)
    x = model.network_input(picture)[None]
    strips, passes = [], []
    for _ in range(ROUNDS):  # in turns, so that a slow spell of the machine hits both
        start = time.perf_counter()
        on_ten_tones(model, picture)
        strips.append(time.perf_counter() - start)
        for _ in range(3):
            start = time.perf_counter()
            with torch.inference_mode():
                model.network(x)
            passes.append(time.perf_counter() - start)
    return round(statistics.median(strips) / statistics.median(passes), 3)


if __name__ == "__main__":
    for model_name in checkpoints.available():
        print(f"{model_name}: ten tones cost {strip_ratio(model_name):.2f} forward passes")
