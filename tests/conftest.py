"""What several test modules stand on: a card, checkpoints with random weights, the real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before torch is imported. Another process on the machine makes torch's thread pool many times
# slower than one thread, and the subprocesses that tests start inherit this.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from core.results.card import (
    SCHEMA,
    Calibration,
    Card,
    Evaluation,
    Initialisation,
    Training,
    Weights,
    write_card,
)
from core.statistics.estimates import Figures, Rate


@pytest.fixture(scope="session")
def full_card() -> Card:
    """A card with every field filled; ``dataclasses.replace`` makes others of it."""
    rate = Rate(0.9125, 0.8883, 0.9318)
    figures = Figures(660, 300, rate, Rate(0.97, 0.96, 0.98), rate, None, rate)
    return Card(
        schema=SCHEMA,
        name="tiny",
        title="Tiny",
        description="Random weights: for tests only, naïve on purpose.",
        architecture="baseline_cnn",
        geometry="squeeze",
        side=224,
        threshold=0.4,
        licence="none",
        initialisation=Initialisation("random", "nobody", 3, ("fc.weight", "fc.bias")),
        training=Training(
            command="python -m training.train", preset="tuned", data="drawings",
            data_sha256="0" * 64, split="by lesion", n_train=2373, n_validation=264, seed=1,
            epochs=8, best_epoch=5, device="cpu", precision="32", seconds=12.5, date="2025-01-02",
            versions={"torch": "2.13.0"},
        ),
        weights=Weights("weights.safetensors", "f" * 64, 3_509_374, "float16", 0.0004),
        calibration=Calibration("platt", 1.3, -0.2, {"platt": 0.21, "temperature": 0.22}),
        evaluations={
            "official": Evaluation(
                "The official 660", figures, "python -m training.evaluate", "drawings", "1" * 64,
                "2025-01-03",
            )
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory, full_card: Card) -> Path:
    """A checkpoint folder with ``resnet18`` (crop) and ``baseline_cnn`` (squeeze), seeded weights.

    Shared by the whole session: copy it before damaging it.
    """
    import dataclasses

    import torch

    from core import checkpoints
    from core.networks import lesion_network, registry
    from core.pictures.drawn_lesion import draw_lesion
    from core.preprocessing import to_tensor
    from core.results.card import CARD, WEIGHTS

    folder = tmp_path_factory.mktemp("checkpoints")
    drawings = torch.stack([to_tensor(draw_lesion(seed=seed)) for seed in range(4)])
    for seed, (name, geometry) in enumerate((("resnet18", "crop"), ("baseline_cnn", "squeeze"))):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = lesion_network.build(name)
        settle(network, drawings)
        sha256 = checkpoints.write_weights(network.backbone.state_dict(), folder / name / WEIGHTS)
        parameters = lesion_network.count_parameters(name)
        card = dataclasses.replace(
            full_card, name=name, title=registry.get(name).title, architecture=name,
            geometry=geometry,
            weights=dataclasses.replace(full_card.weights, sha256=sha256, parameters=parameters),
        )  # fmt: skip
        write_card(card, folder / name / CARD)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real pictures that LESION_DATA names; without it the test is skipped."""
    folder = os.environ.get("LESION_DATA")
    if not folder:
        pytest.skip("LESION_DATA does not name a folder of real pictures")
    return Path(folder)


def settle(network, batch) -> None:
    """Set batch-norm statistics to those of ``batch``, as training would.

    Without it, random residual networks blow their features up to 1e7 and compare like nothing in
    use.
    """
    import torch

    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        network.train()(batch)
    network.requires_grad_(False).eval()
