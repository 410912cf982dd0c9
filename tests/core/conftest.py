"""Networks with random weights, one of each architecture, and a tensor to show them."""

from __future__ import annotations

import pytest
import torch

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
