from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import skimage
import torch
from PIL import Image

from core import checkpoints, classifier
from core.networks import lesion_network, registry
from core.networks.efficientnet_lite import STAGES, EfficientNetLite, SameConv
from core.networks.lesion_network import build
from core.pictures.drawn_lesion import draw_lesion
from training.fitting.initial_weights import PACKAGES

NAMES = ("efficientnet_lite0", "efficientnet_lite2")
# ImageNet's numbers: any cat (tabby to Egyptian), espresso or a cup.
PICTURES = {"chelsea.png": {281, 282, 285}, "coffee.png": {967, 968, 504}}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("file", "right"), PICTURES.items())
def test_the_published_weights_name_what_pictures_show(
    name: str, file: str, right: set[int]
) -> None:
    package, known = PACKAGES[name]
    where = getattr(importlib.import_module(package), known).get_model_file_path()
    network = EfficientNetLite(name, 1000)
    network.load_state_dict(torch.load(where, weights_only=True))
    path = Path(skimage.__file__).parent / "data" / file
    picture = Image.open(path).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side)).resize((224, 224), 3)
    x = torch.from_numpy((np.asarray(square, np.float32) - 127) / 128).permute(2, 0, 1)[None]
    with torch.inference_mode():
        p = network.eval()(x).softmax(1)[0]
    assert int(p.argmax()) in right
    assert float(p.max()) > 0.3


def test_where_two_meets_an_even_side_the_odd_pixel_is_to_the_right_and_below() -> None:
    convolution = SameConv(1, 1, 3, 2, bias=False)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, 0, 0] = 1  # what lies under the window's first place
    x = torch.arange(16.0).view(1, 1, 4, 4)
    # windows begin at 0 and 2: torch's symmetric padding would begin at -1 and 1
    assert convolution(x)[0, 0].tolist() == [[0, 2], [8, 10]]


@pytest.mark.parametrize("side", [4, 5, 9])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_a_side_comes_out_as_its_share_rounded_up(side: int, kernel: int, stride: int) -> None:
    y = SameConv(2, 2, kernel, stride, groups=2, bias=False)(torch.rand(1, 2, side, side))
    assert y.shape[-1] == -(-side // stride)


@pytest.mark.parametrize("name", NAMES)
def test_the_network_is_its_parts_and_ends_in_pooling_and_one_linear_layer(name: str) -> None:
    torch.manual_seed(0)
    network = build(name).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        early, features = network.early_and_late_features(x)
        linear = network.pooled_linear
        assert linear is not None
        by_hand = features.mean((2, 3)) @ linear.weight.T + linear.bias
        assert torch.allclose(network(x), by_hand, atol=1e-5)
    assert early.shape[2:] == (8, 8)
    assert features.shape[1:] == (1280, 2, 2)


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference, of the largest value."""
    return float((one - other).abs().max() / one.abs().max())


@pytest.mark.parametrize("name", NAMES)
def test_folded_norms_leave_answers_features_and_gradients_as_they_are(name: str) -> None:
    torch.manual_seed(0)
    network = build(name)
    with torch.no_grad():
        for norm in network.modules():  # as training leaves them: neither 0 nor 1
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.running_mean.normal_(0, 0.2)
                norm.running_var.uniform_(0.5, 2)
                norm.weight.uniform_(0.5, 1.5)
                norm.bias.normal_(0, 0.2)
    network.double().requires_grad_(False).eval()  # rounding must not turn a unit on or off
    x = torch.rand(2, 3, 96, 96, dtype=torch.float64)

    def seen() -> list[torch.Tensor]:
        shown = x.clone().requires_grad_()
        early, late = network.early_and_late_features(shown)
        logits = network.head(late)
        (slope,) = torch.autograd.grad(logits[:, 1].sum(), shown)
        return [early.detach(), late.detach(), logits.detach(), slope]

    before = seen()
    size = sum(p.numel() for p in network.parameters())
    assert network.with_norms_folded() is network
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in network.modules())
    assert sum(p.numel() for p in network.parameters()) < size  # no second copy
    for one, other in zip(before, seen(), strict=True):
        assert apart(one, other) < 1e-9


def test_what_is_served_says_what_the_shipped_weights_say_and_holds_no_norm() -> None:
    plain, served = checkpoints.load_network("general_light"), classifier.load("general_light")
    x = served.network_input(draw_lesion(300, 224))[None]
    with torch.inference_mode():
        assert torch.allclose(served.network(x), plain(x), rtol=0, atol=1e-5)
        parts = zip(served.network.early_and_late_features(x), plain.early_and_late_features(x),
                    strict=True)  # fmt: skip
        assert all(apart(one, other) < 1e-5 for one, other in parts)
    norms = [sum(isinstance(one, torch.nn.BatchNorm2d) for one in net.modules())
             for net in (plain, served.network)]  # fmt: skip
    assert norms == [49, 0]


def test_the_table_says_whose_norms_fold_and_other_networks_stay_as_they_are() -> None:
    folded = {name for name, one in registry.ARCHITECTURES.items() if one.fold_norms}
    assert folded == set(STAGES) == {n for n, one in registry.ARCHITECTURES.items() if one.frozen}
    with torch.device("meta"):
        other = lesion_network.build("resnet18")
    before = [name for name, _ in other.named_modules()]
    assert [name for name, _ in other.with_norms_folded().named_modules()] == before
