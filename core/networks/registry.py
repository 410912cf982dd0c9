"""The table of networks: name to builder, saliency layer and what was published about it.

Adding a network is one entry. Each is cut in two at its saliency layer, so that a forward pass
leaves the feature map in the hands of whoever called it, without a hook on a shared module.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from core.labels import CLASSES
from core.networks.architecture import AS_IS, TENSORFLOW, Architecture

if TYPE_CHECKING:
    import torch
    from torch import nn


def _baseline() -> nn.Module:
    from core.networks.baseline_cnn import BaselineCNN

    return BaselineCNN()


def _torchvision(name: str) -> nn.Module:
    from core.networks import torchvision_import

    torchvision_import.import_without_compiler()
    from torchvision import models

    network: nn.Module = models.get_model(name, weights=None, num_classes=len(CLASSES))
    return network


def _resnet50_v1() -> nn.Module:
    """ResNet50 as first published: strides on the first convolution of a block, not the second.

    The state dict is the same, but weights made for one wiring see shifted pictures in the other.
    """
    network: Any = _torchvision("resnet50")
    for stage in (network.layer2, network.layer3, network.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = stage[0].conv2.stride, (1, 1)
    return network  # type: ignore[no-any-return]


def _resnet_early(net: Any, x: torch.Tensor) -> Any:
    return net.layer2(net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(x))))))


def _resnet_late(net: Any, x: torch.Tensor) -> Any:
    return net.layer4(net.layer3(x))


# The second of four blocks and what halves its map; MobileNet's 7th and AlexNet's 5th layer.
_DENSENET_CUT, _MOBILENET_CUT, _ALEXNET_CUT = 8, 7, 6


def _densenet_late(net: Any, x: torch.Tensor) -> Any:
    return net.features[_DENSENET_CUT:](x).relu()


def _up_to(layer: int, net: Any, x: torch.Tensor) -> Any:
    return net.features[:layer](x)


def _from(layer: int, net: Any, x: torch.Tensor) -> Any:
    return net.features[layer:](x)


def _pooled_head(linear: str, net: Any, features: torch.Tensor) -> Any:
    return net.get_submodule(linear)(features.mean(dim=(2, 3)))


def _mobilenet_head(net: Any, features: torch.Tensor) -> Any:
    return net.classifier(features.mean(dim=(2, 3)))  # dropout, then the linear layer


def _alexnet_head(net: Any, features: torch.Tensor) -> Any:
    return net.classifier(net.avgpool(features).flatten(1))


def _resnet(name: str, title: str, layers: int, source: str) -> Architecture:
    return Architecture(
        title, partial(_torchvision, name), _resnet_early, _resnet_late,
        partial(_pooled_head, "fc"), layers, source, pooled_linear="fc",
    )  # fmt: skip


def _densenet(name: str, title: str, layers: int) -> Architecture:
    return Architecture(
        title, partial(_torchvision, name), partial(_up_to, _DENSENET_CUT),
        _densenet_late, partial(_pooled_head, "classifier"),
        layers, "Huang et al. 2016, arXiv:1608.06993", pooled_linear="classifier",
    )  # fmt: skip


def _lite(name: str) -> nn.Module:
    from core.networks.efficientnet_lite import EfficientNetLite

    return EfficientNetLite(name, len(CLASSES))


def _efficientnet_lite(name: str, title: str, layers: int) -> Architecture:
    return Architecture(
        title, partial(_lite, name),
        early=lambda net, x: net.early(x), late=lambda net, x: net.late(x),
        head=lambda net, x: net.head(x), layers=layers,
        source="Tan 2020, after Tan and Le 2019, arXiv:1905.11946",
        pooled_linear="_fc", normalisation=TENSORFLOW,
        fold_norms=lambda net: net.fold_norms(), frozen=lambda net: net.frozen,
    )  # fmt: skip


def _two_heads(name: str, channels: int) -> nn.Module:
    from core.networks.two_heads import TwoHeads

    return TwoHeads(partial(_torchvision, name), _DENSENET_CUT, channels)


_HE = "He et al. 2015, arXiv:1512.03385"

ARCHITECTURES: dict[str, Architecture] = {
    "baseline_cnn": Architecture(
        "Baseline CNN", _baseline,
        early=lambda net, x: net.first_convolution(x),
        late=lambda net, x: net.conv2(x),
        max_pool=lambda net, x: net.pool(x),
        head=lambda net, x: net.head(x),
        slope=lambda net, x, choose: net.head_with_slope(x, choose),
        layers=5, source="the report, section 6", normalisation=AS_IS, only_side=224,
    ),
    "resnet18": _resnet("resnet18", "ResNet18", 18, _HE),
    "resnet50": _resnet("resnet50", "ResNet50", 50, _HE),
    "resnet50_v1": replace(
        _resnet("resnet50", "ResNet50 (v1)", 50, _HE),
        make_backbone=_resnet50_v1, variant_of="resnet50",
    ),
    "resnet101": _resnet("resnet101", "ResNet101", 101, _HE),
    "resnet152": _resnet("resnet152", "ResNet152", 152, _HE),
    "resnext50_32x4d": _resnet(
        "resnext50_32x4d", "ResNeXt50 32x4d", 50, "Xie et al. 2016, arXiv:1611.05431"
    ),
    "densenet121": _densenet("densenet121", "DenseNet121", 121),
    "densenet161": _densenet("densenet161", "DenseNet161", 161),
    "densenet169": _densenet("densenet169", "DenseNet169", 169),
    "densenet169_two_heads": Architecture(
        "DenseNet169, two last layers", partial(_two_heads, "densenet169", 256),
        early=lambda net, x: net.early(x), late=lambda net, x: net.late(x),
        head=partial(_pooled_head, "classifier"),
        layers=169, source="Huang et al. 2016, arXiv:1608.06993; a last layer a kind of picture",
        pooled_linear="classifier", variant_of="densenet169",
    ),
    "mobilenet_v2": Architecture(
        "MobileNetV2", partial(_torchvision, "mobilenet_v2"), partial(_up_to, _MOBILENET_CUT),
        partial(_from, _MOBILENET_CUT), _mobilenet_head,
        layers=53, source="Sandler et al. 2018, arXiv:1801.04381", pooled_linear="classifier.1",
    ),
    "efficientnet_lite0": _efficientnet_lite("efficientnet_lite0", "EfficientNet-Lite0", 50),
    "efficientnet_lite2": _efficientnet_lite("efficientnet_lite2", "EfficientNet-Lite2", 65),
    "alexnet": Architecture(
        "AlexNet", partial(_torchvision, "alexnet"), partial(_up_to, _ALEXNET_CUT),
        partial(_from, _ALEXNET_CUT), _alexnet_head,
        layers=8, source="Krizhevsky 2014, arXiv:1404.5997",
    ),
}  # fmt: skip


def get(name: str) -> Architecture:
    """The entry called ``name``; ``ValueError`` names the ones there are."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise ValueError(
            f"no network called {name!r}; there are {', '.join(ARCHITECTURES)}"
        ) from None
