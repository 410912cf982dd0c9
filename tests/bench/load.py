"""What load does to a check: both cores kept busy by others, and eight visitors at once.

    python -m tests.bench.load

A check is bytes in to a drawn result, as the page 'Check a photo' does it.
"""

from __future__ import annotations

import io
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

from core import checkpoints, classifier
from core.classifier import Classifier
from core.images import open_image
from core.pictures.drawn_lesion import draw_lesion
from core.runtime.cores import cores
from pages.components import saliency_map
from pages.components.work_queue import Queue

ROUNDS = 20
VISITORS, CHECKS = 8, 10  # at once; each one's


def jpeg(width: int, height: int) -> bytes:
    """A drawn lesion as a file of that size."""
    data = io.BytesIO()
    draw_lesion(width, height).save(data, "JPEG", quality=90)
    return data.getvalue()


def whole_check(model: Classifier, data: bytes) -> bytes:
    """Bytes in; the picture with its map out, as a JPEG, and all that is said beside it."""
    from core.probes.map_on_lesion import on_lesion
    from core.saliency.display_copy import keep

    image = open_image(data)
    explained = model.explain(image)
    found = model.assess_explained(image, explained)
    kept = keep(image, explained.saliency_map, model.geometry)
    saliency_map.where(kept.saliency_map)
    on_lesion(explained, found.quality.lesion)
    drawn = io.BytesIO()
    kept.overlay(0.6).save(drawn, "JPEG")
    return drawn.getvalue()


def median_seconds(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def busy_over_idle(model: Classifier, data: bytes) -> float:
    """A check while as many processes as cores compute, over one while they rest."""
    stop = multiprocessing.Event()
    whole_check(model, data)
    idle = median_seconds(lambda: whole_check(model, data))
    others = [multiprocessing.Process(target=_compute, args=(stop,)) for _ in range(cores())]
    for other in others:
        other.start()
    try:
        busy = median_seconds(lambda: whole_check(model, data))
    finally:
        stop.set()
        for other in others:
            other.join()
    return busy / idle


def _compute(stop: Event) -> None:
    while not stop.is_set():
        sum(i * i for i in range(100_000))


def visitors_over_forwards(model: Classifier, data: bytes) -> float:
    """Checks a second of eight visitors, over bare forward passes a second.

    There are as many loops of passes as there are cores; both in turns, so that a slow spell of the
    machine hits both.
    """
    import torch

    x = model.network_input(draw_lesion(224, 224))[None]
    row = Queue(cores())

    def visit() -> None:
        for _ in range(CHECKS):
            with row.turn(lambda _: None):
                whole_check(model, data)

    def forward() -> None:
        with torch.inference_mode():
            for _ in range(VISITORS * CHECKS // cores()):
                model.network(x)

    ratios = [
        _together(forward, cores()) / _together(visit, VISITORS) for _ in range(3)
    ]  # as many passes as checks, so the ratio of rates is that of times the other way round
    return statistics.median(ratios)


def _together(run: Callable[[], None], threads: int) -> float:
    """Seconds until all have ended."""
    pool = [threading.Thread(target=run) for _ in range(threads)]
    start = time.perf_counter()
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return time.perf_counter() - start


def measure(name: str) -> dict[str, float]:
    """Both ratios of one model; the second also for a picture as small as the data set's."""
    model = classifier.load_for_serving(name)
    large, small = jpeg(1632, 1224), jpeg(224, 224)
    return {
        "check with the cores kept busy, of an idle one": round(busy_over_idle(model, large), 3),
        "8 visitors, checks of forwards": round(visitors_over_forwards(model, large), 3),
        "8 visitors, 224 pixels": round(visitors_over_forwards(model, small), 3),
    }


if __name__ == "__main__":
    for model_name in checkpoints.available():
        print(model_name, measure(model_name))
