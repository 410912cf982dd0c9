from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core import checkpoints
from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.probes import attacks
from tests.core.conftest import make_network
from training import train
from training.fitting.adversarial import AdversarialModule
from training.fitting.presets import PRESETS

EPSILON = PRESETS["robust"].adversarial
LABELS = torch.tensor([0, 1])


@pytest.fixture(scope="module")
def network() -> LesionNetwork:
    return make_network("resnet18", to_tensor(draw_lesion(224, 224)))


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.stack([to_tensor(draw_lesion(224, 224, seed=seed)) for seed in range(2)])


def test_pictures_are_moved_up_the_loss_and_stay_within_epsilon(
    network: LesionNetwork, x: torch.Tensor
) -> None:
    module = AdversarialModule(network, PRESETS["robust"], seed=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    torch.manual_seed(0)
    met = module.met_in_training(x, LABELS)
    assert network.training
    network.eval()
    assert (met - x).abs().max() <= EPSILON + 1e-6
    assert met.min() >= 0
    assert met.max() <= 1
    random = attacks.sign_noise(x, EPSILON, (0, 1))
    loss, clean, by_chance = (attacks.losses(network, v, LABELS) for v in (met, x, random))
    assert (loss > clean).all()
    assert (loss > by_chance).all()
    # batch norm remembers nothing of the attack
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_validation_attacks_harder_than_training(network: LesionNetwork, x: torch.Tensor) -> None:
    module = AdversarialModule(network, PRESETS["robust"], seed=0)
    torch.manual_seed(0)
    one = module.met_in_training(x, LABELS)
    network.eval()
    several = module.met_in_validation(x, LABELS)
    assert (several - x).abs().max() <= EPSILON + 1e-6
    assert attacks.losses(network, several, LABELS).sum() >= (
        attacks.losses(network, one, LABELS).sum()
    )


def test_a_run_of_the_preset_leaves_a_checkpoint(
    kaggle: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRESETS, "robust", replace(PRESETS["robust"], epochs=1, batch_size=4))
    data = kaggle((12, 12), (1, 1))
    root = tmp_path / "checkpoints"
    arguments = ["--model", "baseline_cnn", "--name", "tiny_robust", "--preset", "robust",
                 "--data", str(data), "--runs", str(tmp_path / "runs"),
                 "--checkpoints", str(root), "--accelerator", "cpu"]  # fmt: skip
    assert train.main(arguments) == 0
    assert checkpoints.card("tiny_robust", root).training.preset == "robust"
