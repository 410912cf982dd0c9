from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.networks import lesion_network, torchvision_import
from core.networks.lesion_network import LesionNetwork
from core.networks.registry import ARCHITECTURES

# Parameters with ImageNet's 1000 classes, as torchvision's documentation publishes them with its
# weights, and the width of the last layer's input.
PUBLISHED = {
    "resnet18": (11_689_512, 512),
    "resnet50": (25_557_032, 2048),
    "resnet101": (44_549_160, 2048),
    "resnet152": (60_192_808, 2048),
    "resnext50_32x4d": (25_028_904, 2048),
    "densenet121": (7_978_856, 1024),
    "densenet161": (28_681_000, 2208),
    "densenet169": (14_149_480, 1664),
    "mobilenet_v2": (3_504_872, 1280),
    "alexnet": (61_100_840, 4096),
}
# The same in millions, of what torchvision has not: timm's table of results on ImageNet.
LITE = {"efficientnet_lite0": 4.65, "efficientnet_lite2": 6.09}
NORMALISATION = {
    "baseline_cnn": ((0, 0, 0), (1, 1, 1)),
    # pixels from 0 to 255, less 127 and by 128, as TensorFlow's EfficientNet-Lite takes them
    **dict.fromkeys(LITE, ((127 / 255,) * 3, (128 / 255,) * 3)),
}


class CNN(nn.Module):
    """The report's section 6, word for word."""

    def __init__(self):
        super(CNN, self).__init__()  # noqa: UP008
        self.name = "cnn"
        self.conv1 = nn.Conv2d(in_channels=3, out_channels=5, kernel_size=5, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv2 = nn.Conv2d(in_channels=5, out_channels=10, kernel_size=5, padding=1)
        self.fc1 = nn.Linear(10 * 54 * 54, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 2)  # malignant or benign

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, 10 * 54 * 54)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x  # noqa: RET504


TWO_HEADS = "densenet169_two_heads"


def name_of(network: LesionNetwork) -> str:
    return next(key for key, value in ARCHITECTURES.items() if value is network.architecture)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameter_counts_are_the_published_ones_less_998_classes(name: str) -> None:
    published, width = PUBLISHED[name]
    assert lesion_network.count_parameters(name) == published - 998 * (width + 1)


@pytest.mark.parametrize("name", LITE)
def test_lite_networks_are_as_large_as_published_with_1000_classes(name: str) -> None:
    whole = lesion_network.count_parameters(name) + 998 * (1280 + 1)
    assert round(whole / 1e6, 2) == LITE[name]


def test_the_baselines_parameters_add_up_by_hand() -> None:
    convolutions = 5 * (3 * 25 + 1) + 10 * (5 * 25 + 1)
    linear = 120 * (10 * 54 * 54 + 1) + 84 * (120 + 1) + 2 * (84 + 1)
    assert lesion_network.count_parameters("baseline_cnn") == convolutions + linear


def test_the_table_holds_the_networks_checked_here() -> None:
    plain = {name for name, entry in ARCHITECTURES.items() if entry.variant_of is None}
    assert plain == {"baseline_cnn", *PUBLISHED, *LITE}
    assert {entry.variant_of for entry in ARCHITECTURES.values()} - {None} <= plain


def test_resnet50_v1_moves_the_strides_and_nothing_else() -> None:
    def strides(name: str) -> dict[str, tuple[int, ...]]:
        with torch.device("meta"):
            layers = lesion_network.build(name).backbone.named_modules()
        return {key: layer.stride for key, layer in layers if isinstance(layer, nn.Conv2d)}

    plain, first = strides("resnet50"), strides("resnet50_v1")
    moved = {key: (plain[key][0], first[key][0]) for key in plain if plain[key] != first[key]}
    assert moved == {
        f"layer{i}.0.conv{j}": change for i in (2, 3, 4) for j, change in ((1, (1, 2)), (2, (2, 1)))
    }


def test_the_parameters_count_as_torchvisions_own_with_two_classes(network: LesionNetwork) -> None:
    name = name_of(network)
    if name == TWO_HEADS:
        pytest.skip("torchvision's with a second last layer: see test_two_heads")
    if name in LITE:
        pytest.skip("torchvision has none; its names and shapes are those of the published weights")
    if name == "baseline_cnn":
        original: nn.Module = CNN()
    else:
        torchvision_import.prepare()
        from torchvision import models

        with torch.device("meta"):
            original = getattr(models, network.architecture.variant_of or name)(num_classes=2)
    expected = {key: value.shape for key, value in original.state_dict().items()}
    assert {k: v.shape for k, v in network.backbone.state_dict().items()} == expected
    assert lesion_network.count_parameters(name) == sum(p.numel() for p in original.parameters())


def test_the_layers_in_a_networks_name_are_those_on_its_longest_path(
    network: LesionNetwork,
) -> None:
    beside = ("downsample", "dermoscopic", "kind")  # shortcuts, and what a photo does not pass
    counted = [
        name
        for name, layer in network.backbone.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear) and not any(part in name for part in beside)
    ]
    assert len(counted) == network.architecture.layers
    digits = "".join(c for c in name_of(network).split("_")[0] if c.isdigit())
    if digits:
        assert network.architecture.layers == int(digits)


@torch.inference_mode()
def test_the_baseline_computes_what_the_reports_code_computes() -> None:
    torch.manual_seed(0)
    theirs = CNN().eval()
    ours = lesion_network.build("baseline_cnn").eval()
    ours.backbone.load_state_dict(theirs.state_dict())  # strict: same names, same shapes
    x = torch.rand(2, 3, 224, 224)
    torch.testing.assert_close(ours(x), theirs(x), rtol=0, atol=1e-6)


@torch.inference_mode()
def test_features_then_head_are_the_networks_own_forward_on_normalised_pixels(
    network: LesionNetwork, drawing: torch.Tensor
) -> None:
    mean, std = NORMALISATION.get(name_of(network), ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    by_hand = torch.stack([(drawing[c] - mean[c]) / std[c] for c in range(3)])
    own = network.backbone(by_hand[None])
    assert own.shape == (1, 2)
    features = network.features(drawing[None])
    torch.testing.assert_close(network.head(features), own, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(network(drawing[None]), own, rtol=1e-4, atol=1e-5)


def test_the_logits_gradient_at_the_pooled_features_is_the_weight_spread_evenly(
    network: LesionNetwork,
) -> None:
    linear = network.pooled_linear
    pooled = name_of(network) not in ("baseline_cnn", "alexnet")
    assert (linear is not None) == pooled
    if linear is None:
        return
    features = torch.rand(1, linear.in_features, 7, 5, requires_grad=True)
    for target in (0, 1):
        (gradient,) = torch.autograd.grad(network.head(features)[0, target], features)
        even = (linear.weight[target] / 35)[:, None, None].expand(-1, 7, 5)
        torch.testing.assert_close(gradient[0], even, rtol=1e-5, atol=1e-9)


def test_pixels_are_normalised_inside_and_not_saved_with_the_weights(
    network: LesionNetwork,
) -> None:
    normalisation = network.architecture.normalisation
    average = torch.tensor(normalisation.mean)[None, :, None, None].expand(1, 3, 4, 4)
    assert network.normalise(average).abs().max() == 0
    brighter = network.normalise(average + torch.tensor(normalisation.std).view(1, 3, 1, 1))
    torch.testing.assert_close(brighter, torch.ones(1, 3, 4, 4))
    assert not [key for key in network.state_dict() if key.startswith("normalise")]


def test_an_unknown_name_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'vgg16'; there are baseline_cnn, resnet18"):
        lesion_network.build("vgg16")


def test_counting_parameters_leaves_the_random_numbers_alone() -> None:
    lesion_network.count_parameters.cache_clear()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    lesion_network.count_parameters("resnet18")
    assert torch.equal(torch.rand(3), expected)
