"""What a network of the table is made of, and where it is cut for saliency; no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

    Slope = Callable[
        [Any, torch.Tensor, Callable[[torch.Tensor], int]],
        tuple[torch.Tensor, list[int], torch.Tensor],
    ]


@dataclass(frozen=True)
class Normalisation:
    """Per-channel mean and standard deviation of pictures in [0, 1]."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# torchvision's, which its weights expect.
IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

# EfficientNet-Lite's: (x - 127) / 128 of pixels in 0 to 255.
TENSORFLOW = Normalisation((127 / 255,) * 3, (128 / 255,) * 3)
# The report's baseline takes pixels as ToTensor gives them.
AS_IS = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    ``make_backbone`` makes the network with a 2-way head and random weights. ``early`` maps a
    normalised batch (N, 3, H, W) to the features half way up, whose textures tell what kind of
    picture it is; ``late`` maps these to the features (N, C, h, w) that saliency is computed on,
    and ``head`` maps those to logits (N, 2); their composition is the network. ``max_pool`` is a
    max pooling without overlap before the head, where there is one. ``pooled_linear`` names the
    linear layer of a head that is global average pooling and that layer, else it is ``None``.
    ``slope`` is the head with its gradient by hand (``BaselineCNN.head_with_slope``), where
    somebody wrote it; autograd differentiates the others'. ``fold_norms`` multiplies batch norms
    into the convolutions before them, for good, where that saves time; ``frozen`` are layers near
    the picture that a taught network keeps as ImageNet left them.
    """

    title: str
    make_backbone: Callable[[], nn.Module]
    early: Callable[[Any, torch.Tensor], torch.Tensor]
    late: Callable[[Any, torch.Tensor], torch.Tensor]
    head: Callable[[Any, torch.Tensor], torch.Tensor]
    layers: int  # convolutions and linear layers on the longest path, as its name counts them
    source: str
    max_pool: Callable[[Any, torch.Tensor], torch.Tensor] | None = None
    pooled_linear: str | None = None
    slope: Slope | None = None
    fold_norms: Callable[[Any], None] | None = None
    frozen: Callable[[Any], tuple[nn.Module, ...]] | None = None
    normalisation: Normalisation = IMAGENET
    only_side: int | None = None  # the one resolution it takes, where its layers fix that
    variant_of: str | None = None  # the row of the table that it is made of
