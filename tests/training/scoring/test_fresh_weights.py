"""Weights drawn afresh, from the head downwards: what changes in each stage, and what stays."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from core.networks import lesion_network, registry
from core.networks.lesion_network import LesionNetwork
from core.networks.two_kinds import TwoKinds
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from tests.conftest import settle
from tests.training.conftest import small
from training.scoring.fresh_weights import randomised, stages, told

WAYS = ("photo", "dermoscopic")


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
    found = [layer for stage in stages(backbone, registry.get(name).ways) for layer in stage]
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


def test_what_is_as_high_on_both_ways_goes_together_and_the_shared_half_last() -> None:
    with torch.device("meta"):
        found = stages(lesion_network.build("densenet169_two_kinds").backbone, WAYS)
    said = [told(stage, WAYS) for stage in found]
    both = "photo and dermoscopic: "
    assert said[:2] == [
        "classifier", f"{both}denseblock4.denselayer25 to denselayer32 and norm5",
    ]  # fmt: skip
    assert said[9:12] == [
        f"{both}denseblock3.denselayer1 to denselayer8", "kind", "shared.transition2",
    ]  # fmt: skip
    assert said[-1] == "shared.conv0 and shared.norm0"
    for stage in found[1:10]:
        inner = [name.partition(".") for name in stage]
        assert sorted(rest for way, _, rest in inner if way == "photo") == sorted(
            rest for way, _, rest in inner if way == "dermoscopic"
        )


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


def parted(views: torch.Tensor, bias: float) -> tuple[LesionNetwork, torch.Tensor]:
    """A small network with two ways, settled on ``views``; which of them it calls dermoscopic.

    They are the darker ones, and with a high ``bias`` all.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        two = replace(
            registry.get("densenet169_two_kinds"), make_backbone=lambda: TwoKinds(small, 8, 8)
        )
        network = LesionNetwork(two)
    settle(network, views)
    backbone: Any = network.backbone
    with torch.no_grad():
        early, _ = network.early_and_late_features(views)
        _, mean = torch.var_mean(early.flatten(2), dim=2)
        spread = mean.amax(0) - mean.amin(0)
        best = int(spread.argmax())  # a channel that parts the pictures
        backbone.kind.weight.zero_()
        backbone.kind.weight[0, best] = 1.0
        backbone.kind.bias[:] = bias - (mean[:, best].max() + mean[:, best].min()) / 2
        return network, backbone.is_dermoscopic(early)


def test_of_two_ways_both_are_fresh_before_what_they_share_and_each_by_its_own_pictures(
    views: torch.Tensor,
) -> None:
    network, dermoscopic = parted(views, 0.0)
    assert 0 < int(dermoscopic.sum()) < len(views)
    before = {key: value.clone() for key, value in network.backbone.state_dict().items()}
    names = stages(network.backbone, WAYS)
    matrices = [key for key, value in before.items() if value.ndim > 1]
    seen = []
    for s, fresh in enumerate(randomised(network, views, 0)):
        state = fresh.backbone.state_dict()
        done = tuple(f"{name}." for stage in names[: s + 1] for name in stage)
        changed = [key for key in matrices if not torch.equal(state[key], before[key])]
        assert changed == [key for key in matrices if key.startswith(done)]
        seen.append({re.split(r"[.]", key)[0] for key in changed})
        if told(names[s], WAYS) == "photo and dermoscopic: denseblock3.denselayer1 and "\
                "denseblock3.denselayer2":  # fmt: skip
            assert seen[-1] == {"classifier", *WAYS}
            with torch.inference_mode():
                early, _ = fresh.early_and_late_features(views)
                for way, mine in zip(WAYS, (~dermoscopic, dermoscopic), strict=True):
                    first: Any = fresh.backbone.get_submodule(f"{way}.denseblock3.denselayer1")
                    got = first.norm1(early[mine])  # its gamma is 1, its beta 0
                    assert got.mean(dim=(0, 2, 3)).abs().max() < 1e-3
    assert seen[0] == {"classifier"}
    assert seen[-1] == {"classifier", *WAYS, "kind", "shared"}
    assert [told(stage, WAYS) for stage in names].index("kind") == next(
        s for s, parts in enumerate(seen) if "kind" in parts
    )


def test_a_way_that_no_picture_takes_has_statistics_all_the_same(views: torch.Tensor) -> None:
    network, dermoscopic = parted(views, 1e3)
    assert dermoscopic.all()
    for fresh in randomised(network, views, 0):
        norms = [m for m in fresh.modules() if isinstance(m, nn.BatchNorm2d)]
        assert all(torch.isfinite(norm.running_var).all() for norm in norms)  # type: ignore[arg-type]
    photo: Any = fresh.backbone.get_submodule("photo")
    with torch.inference_mode():
        out = photo(fresh.early_and_late_features(views)[0])  # norm5's gamma is 1, its beta 0
    assert out.mean(dim=(0, 2, 3)).abs().max() < 0.5
    assert (out.std(dim=(0, 2, 3)) - 1).abs().max() < 0.5
