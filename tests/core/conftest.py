"""Networks and models with random weights, and drawn lesions to show them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from core import checkpoints
from core.classifier import Classifier
from core.networks import lesion_network, registry, torchvision_import
from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from tests.conftest import settle


@pytest.fixture(scope="session")
def drawing() -> torch.Tensor:
    """A drawn lesion, float32 (3, 224, 224) in [0, 1]."""
    return to_tensor(draw_lesion(448, 336))


@pytest.fixture(scope="session", params=list(registry.ARCHITECTURES))
def network(request: pytest.FixtureRequest, drawing: torch.Tensor) -> LesionNetwork:
    """Each architecture once in the session; one at a time is in memory."""
    torchvision_import.prepare()
    return make_network(request.param, drawing)


def make_network(name: str, drawing: torch.Tensor, seed: int = 3) -> LesionNetwork:
    """Seeded random weights, eval mode, frozen."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = lesion_network.build(name)
    settle(network, torch.stack([drawing, drawing.flip(2) * 0.8]))
    return network


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    """Five drawn lesions: wide, of a network's side, tall, small and square."""
    sizes = ((300, 200), (224, 224), (200, 320), (90, 60), (400, 400))
    return [draw_lesion(*size, seed=seed) for seed, size in enumerate(sizes)]


@pytest.fixture(scope="module", params=["resnet18", "baseline_cnn"])
def model(request: pytest.FixtureRequest, tiny_checkpoints: Path) -> Classifier:
    """A model that crops its pictures and one that squeezes them, with random weights."""
    card = checkpoints.card(request.param, tiny_checkpoints)
    return Classifier(card, checkpoints.load_network(request.param, tiny_checkpoints))
