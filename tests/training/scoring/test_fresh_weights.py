"""Weights drawn afresh, from the head downwards: what changes in each stage, and what stays."""

from __future__ import annotations

import pytest
import torch

from core.networks import lesion_network, registry
from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from tests.conftest import settle
from training.scoring.fresh_weights import randomised, stages, told


@pytest.fixture(scope="module")
def views() -> torch.Tensor:
    return torch.stack([to_tensor(draw_lesion(224, 224, seed=seed)) for seed in range(3)])


def settled(name: str, views: torch.Tensor) -> LesionNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        network = lesion_network.build(name)
    settle(network, views)
    return network


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("baseline_cnn", [["fc3"], ["fc2"], ["fc1"], ["conv2"], ["conv1"]]),
        ("resnet18", [["fc"], ["layer4"], ["layer3"], ["layer2"], ["layer1"], ["conv1", "bn1"]]),
        (
            "efficientnet_lite0",
            [
                ["_fc"],
                ["_conv_head", "_bn1"],
                *([f"_blocks.{i}"] for i in range(15, -1, -1)),
                ["_conv_stem", "_bn0"],
            ],
        ),
    ],
)
def test_stages_go_from_the_head_to_the_picture(name: str, expected: list[list[str]]) -> None:
    with torch.device("meta"):
        assert stages(lesion_network.build(name).backbone) == expected


@pytest.mark.parametrize("name", list(registry.ARCHITECTURES))
def test_every_weight_is_in_exactly_one_stage(name: str) -> None:
    with torch.device("meta"):
        backbone = lesion_network.build(name).backbone
    found = [layer for stage in stages(backbone) for layer in stage]
    covered = [
        f"{layer}.{inner}"
        for layer in found
        for inner, _ in backbone.get_submodule(layer).named_parameters()
    ]
    assert sorted(covered) == sorted(name for name, _ in backbone.named_parameters())


def layers(block: str, first: int, last: int) -> list[str]:
    return [f"{block}.denselayer{i}" for i in range(first, last + 1)]


def test_a_dense_block_goes_in_runs_of_layers() -> None:
    with torch.device("meta"):
        found = stages(lesion_network.build("densenet169").backbone)
    of = "features.denseblock"
    assert found == [
        ["classifier"],
        [*layers(f"{of}4", 25, 32), "features.norm5"],
        *(layers(f"{of}4", start, start + 7) for start in (17, 9, 1)), ["features.transition3"],
        *(layers(f"{of}3", start, start + 7) for start in (25, 17, 9, 1)), ["features.transition2"],
        layers(f"{of}2", 7, 12), layers(f"{of}2", 1, 6), ["features.transition1"],
        layers(f"{of}1", 1, 6), ["features.conv0", "features.norm0"],
    ]  # fmt: skip


def test_both_last_layers_and_what_chooses_one_are_fresh_before_what_they_share() -> None:
    with torch.device("meta"):
        found = stages(lesion_network.build("densenet169_two_heads").backbone)
        alone = stages(lesion_network.build("densenet169").backbone)
    assert found == [["classifier"], ["kind"], *alone[1:]]
    assert told(found[2]) == "features.denseblock4.denselayer25 to denselayer32 and features.norm5"


def test_each_stage_changes_its_own_weights_and_keeps_those_below(views: torch.Tensor) -> None:
    network = settled("resnet18", views)
    before = {key: value.clone() for key, value in network.backbone.state_dict().items()}
    names = stages(network.backbone)
    for s, fresh in enumerate(randomised(network, views, 0)):
        below = [name for stage in names[s + 1 :] for name in stage]
        state = fresh.backbone.state_dict()
        for key, value in state.items():
            kept = key.split(".")[0] in below
            if value.ndim > 1:
                assert torch.equal(value, before[key]) == kept, (s, key)
            elif kept:  # what lies below is never in training mode
                assert torch.equal(value, before[key]), (s, key)
        assert not fresh.training
        assert not any(layer.training for layer in fresh.modules())
    after = network.backbone.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_fresh_layers_take_their_statistics_from_the_pictures(views: torch.Tensor) -> None:
    network = settled("resnet18", views)
    *_, last = randomised(network, views, 0)
    norm = last.backbone.bn1
    with torch.inference_mode():
        out = norm(last.backbone.conv1(last.normalise(views)))
    assert out.mean(dim=(0, 2, 3)).abs().max() < 1e-3  # gamma is 1, beta is 0
    assert (out.std(dim=(0, 2, 3)) - 1).abs().max() < 1e-2
