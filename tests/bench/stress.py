"""What the page 'Stress test' costs, in bare forward passes of the same network.

    python -m tests.bench.stress

A slider step, map and agreement included, at most 1.5; the first curve of 3 x 9 points at most 20.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from core import checkpoints, classifier
from core.pictures.drawn_lesion import draw_lesion
from core.probes import attack_path
from core.results import stressed_example

ROUNDS = 15
_PASSES = 3  # after each of the others: the unit, on which all hangs, is measured most


def stress_ratios(name: str) -> dict[str, float]:
    """Median times over rounds, in medians of one bare forward pass."""
    import torch

    model = classifier.load_for_serving(name)
    x = model.network_input(draw_lesion(640, 480))
    subject = attack_path.prepare(model, x)

    def step() -> None:
        found = model.look(attack_path.fgsm(subject, stressed_example.GREY)[None], subject.label)[0]
        attack_path.agreement(subject.clean.saliency_map, found.saliency_map)

    timed: dict[str, Callable[[], object]] = {
        "a photo, once": lambda: attack_path.prepare(model, x),
        "slider step": step,
        "first curve": lambda: attack_path.curve(model, subject, 0),
    }
    seconds: dict[str, list[float]] = {key: [] for key in ("forward", *timed)}
    for _ in range(ROUNDS):
        for key, run in timed.items():  # in turns, so that a slow spell of the machine hits all
            seconds[key].append(_time(run))
            for _ in range(_PASSES):
                with torch.inference_mode():
                    seconds["forward"].append(_time(lambda: model.network(x[None])))
    unit = statistics.median(seconds.pop("forward"))
    return {key: round(statistics.median(values) / unit, 3) for key, values in seconds.items()}


def _time(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    for model_name in checkpoints.available():
        found = stress_ratios(model_name)
        print(f"{model_name}: " + ", ".join(f"{key} {value:.2f}" for key, value in found.items()))
