"""Time a forward pass of each network against ResNet18's, measured in turns on the same machine."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import torch

from core.files import write_text
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.preprocessing import SIDE
from core.results import scored_models

REFERENCE = "resnet18"
ROUNDS = 5


def measure(names: list[str], checkpoints: Path, command: str) -> None:
    """Write ``scored_models.SPEED``: milliseconds an image, and the ratio to ResNet18's.

    One picture of 224 pixels on one thread in float32, as the app computes. Each time is taken
    between two of ResNet18's, so that a machine that is slower for a while is so for both; medians
    of ``ROUNDS``. What other networks had in the file stays.
    """
    path = checkpoints / scored_models.BENCHMARK / scored_models.SPEED
    known = scored_models.read_speeds(checkpoints)[0]
    missing = [name for name in names if name not in known]
    if not missing:
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        reference = lesion_network.build(REFERENCE).eval()
        rows = {name: {"milliseconds": s.milliseconds, "relative": s.relative}
                for name, s in known.items()}  # fmt: skip
        for name in missing:
            network = reference if name == REFERENCE else lesion_network.build(name).eval()
            own, ratios = [], []
            for _ in range(ROUNDS + 1):  # the first warms up
                before, taken, after = _once(reference), _once(network), _once(reference)
                own.append(taken)
                ratios.append(2 * taken / (before + after))
            rows[name] = {
                "milliseconds": round(1000 * statistics.median(own[1:]), 3),
                "relative": 1.0 if name == REFERENCE else round(statistics.median(ratios[1:]), 3),
            }
    finally:
        torch.set_num_threads(threads)
    about = {"command": command, "side": SIDE, "threads": 1, "networks": rows}
    write_text(path, json.dumps(about, indent=2) + "\n")


@torch.inference_mode()
def _once(network: LesionNetwork) -> float:
    picture = torch.zeros(1, 3, SIDE, SIDE)
    began = time.perf_counter()
    network(picture)
    return time.perf_counter() - began
