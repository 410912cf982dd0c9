"""The network every room passes around: pixels in [0, 1] in, two logits out."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from core.networks import registry
from core.networks.architecture import Architecture, Normalisation


class Normalise(nn.Module):
    """Subtracts the mean and divides by the standard deviation of each channel."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, normalisation: Normalisation) -> None:
        super().__init__()
        # Constants of the architecture, not weights: they are not saved with the checkpoint.
        for name, values in (("mean", normalisation.mean), ("std", normalisation.std)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std


class LesionNetwork(nn.Module):
    """An architecture with its normalisation inside, cut at the layer saliency is taken from.

    ``forward`` maps float32 (N, 3, 224, 224) in [0, 1] to logits (N, 2), benign first. It is
    ``head(features(x))``, so callers that want the feature map lose nothing by asking for it.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.normalise = Normalise(architecture.normalisation)
        self.backbone = architecture.make_backbone()
        self.tap = nn.Identity()  # where a library that insists on hooks may put them, on a copy

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """The map (N, C, h, w) that saliency is computed on."""
        return self.early_and_late_features(x)[1]

    def early_and_late_features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The features half way up, and ``features(x)`` that is computed from them, in one pass."""
        early = self.architecture.early(self.backbone, self.normalise(x))
        late: torch.Tensor = self.tap(self.architecture.late(self.backbone, early))
        return early, late

    @staticmethod
    def summary(early: torch.Tensor, late: torch.Tensor) -> torch.Tensor:
        """(N, S): each channel's mean and spread half way up, then each one's mean at the end."""
        variance, mean = torch.var_mean(early.flatten(2).float(), dim=2, correction=0)
        return torch.cat([mean, variance.sqrt(), late.mean((2, 3))], dim=1)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N, 2) of a feature map."""
        return self.behind_pool(self.max_pool(features))

    def max_pool(self, features: torch.Tensor) -> torch.Tensor:
        """The feature map after the max pooling that the head begins with, if it does."""
        pool = self.architecture.max_pool
        return features if pool is None else pool(self.backbone, features)

    def behind_pool(self, pooled: torch.Tensor) -> torch.Tensor:
        """Logits (N, 2) of what ``max_pool`` gives."""
        return self.architecture.head(self.backbone, pooled)

    def with_norms_folded(self) -> LesionNetwork:
        """The network itself, its batch norms in the convolutions before them, where it can.

        The same logits and gradients to rounding; in eval mode, and not to be trained any more.
        """
        if self.architecture.fold_norms is not None:
            self.architecture.fold_norms(self.backbone)
        return self

    @property
    def pooled_linear(self) -> nn.Linear | None:
        """The linear layer behind global average pooling, where the network ends in one."""
        name = self.architecture.pooled_linear
        if name is None:
            return None
        return cast(nn.Linear, self.backbone.get_submodule(name))


class _Unset(TorchFunctionMode):
    """While it is entered, this thread's tensors are not filled with random numbers.

    On the meta device, where there is nothing to fill, torch imports its compiler to do so: 65 MiB.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function in (torch.Tensor.normal_, torch.Tensor.uniform_):
            return args[0]
        return function(*args, **(kwargs or {}))


def skeleton(architecture: Architecture) -> LesionNetwork:
    """The network with the shapes of its tensors and no numbers in them: nothing is allocated."""
    with torch.device("meta"), _Unset():
        return LesionNetwork(architecture)


def build(name: str) -> LesionNetwork:
    """The network with random weights, normalising inside; ``ValueError`` for no such name."""
    return LesionNetwork(registry.get(name))


@cache
def count_parameters(name: str) -> int:
    """Trainable numbers in the network with its 2-way head, counted without allocating them."""
    return sum(parameter.numel() for parameter in skeleton(registry.get(name)).parameters())
