"""What a check costs, as multiples of a bare forward pass of the same network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from core.pictures.drawn_lesion import draw_lesion

ROUNDS = 60


def measure(name: str) -> dict[str, float]:
    """Medians over rounds, as multiples of a bare forward pass of one tensor, and its own time."""
    import torch

    from core import classifier
    from core.networks import torchvision_import
    from tests.bench.load import jpeg, whole_check

    model = classifier.load_for_serving(name)
    picture = draw_lesion(224, 224)
    data = jpeg(1632, 1224)  # 2 megapixels
    x = model.network_input(picture)[None]
    torchvision_import.prepare()
    from pytorch_grad_cam import GradCAMPlusPlus

    # The library's own way: hooks and a backward pass, on a network of its own.
    twin = type(model.network)(model.network.architecture)
    twin.backbone.load_state_dict(model.network.backbone.state_dict())
    twin.eval().to(memory_format=torch.channels_last)

    def bare() -> None:
        with torch.inference_mode():
            model.network(x)

    def library() -> None:
        with GradCAMPlusPlus(twin, [twin.tap]) as cam:
            cam(x, targets=None)

    timed: dict[str, Callable[[], object]] = {
        "forward": bare,
        "verdict and map": lambda: model.explain(picture).heatmap,
        "2-megapixel JPEG to drawn result": lambda: whole_check(model, data),
        "map by pytorch-grad-cam": library,
    }
    seconds: dict[str, list[float]] = {key: [] for key in timed}
    for _ in range(ROUNDS):
        for key, run in timed.items():  # in turns, so that a slow spell of the machine hits all
            start = time.perf_counter()
            run()
            seconds[key].append(time.perf_counter() - start)
    medians = {key: statistics.median(values) for key, values in seconds.items()}
    unit = medians.pop("forward")
    return {
        "forward, ms": round(1000 * unit, 1),
        **{key: round(value / unit, 3) for key, value in medians.items()},
    }
