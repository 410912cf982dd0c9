"""Grad-CAM++ (Chattopadhay et al. 2018, arXiv:1710.11063) without hooks on a shared network.

Grad-CAM++ weights channel k of the last feature map A (C, h, w) by

    w_k = sum_ij alpha_k,ij relu(G_k,ij),   alpha = G^2 / (2 G^2 + S_k G^3)      (equation 19)

where G = d logit / d A and S_k = sum_ij A_k,ij, and the map is relu(sum_k w_k A_k). A network that
ends in global average pooling and one linear layer W has G_k,ij = W_ck / (h w), the same at every
place, so the map needs no backward pass. Other networks are cut at that layer, and only the head
is differentiated: by hand where the table of networks has its slope, else with
``torch.autograd.grad``, which leaves nothing behind on the parameters. Max
pooling without overlap hands each gradient to one place and 0 to the others, where alpha relu(G)
is 0 too: so the sum is taken over the pooled grid, and the pooling is never differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from core.labels import BENIGN, MALIGNANT, margin
from core.networks.lesion_network import LesionNetwork
from core.preprocessing import Geometry, crop_box

Map = NDArray[np.float32]

# pytorch-grad-cam's guards against 0 / 0. The first is not small beside G^2 (about 1e-6 in a
# ResNet18), so it is part of what everybody calls Grad-CAM++ and is kept, value and all.
_EPSILON_ALPHA = 1e-6
_EPSILON_SCALE = 1e-7
# A map whose raw peak is below this carries no evidence: scaling it up would draw noise.
_EMPTY = 1e-12


@dataclass(frozen=True)
class Saliency:
    """Logits (2,) and the saliency map (H, W) float32 in [0, 1] that goes with one of them.

    The map is as large as what the network was shown. ``summary`` (S,) is of the same
    forward pass (``LesionNetwork.summary``): what a gate asks for.
    """

    logits: NDArray[np.float64]
    target: int
    saliency_map: Map
    summary: torch.Tensor


def grad_cam_plus_plus(
    network: LesionNetwork,
    network_input: torch.Tensor,
    target: int | None = None,
    margin_threshold: float = 0.0,
) -> list[Saliency]:
    """Pictures (N, 3, H, W) in [0, 1] to logits and map of each, in one forward pass for all.

    ``target`` is the class explained; by default it is malignant where that logit exceeds the
    benign one by at least ``margin_threshold``, else benign. An all-zero map means that no place
    spoke for the class. Safe to call on one network from many threads.
    """

    def wanted(logits: torch.Tensor) -> int:
        return choose(logits, margin_threshold) if target is None else target

    linear, by_hand = network.pooled_linear, network.architecture.slope
    if linear is not None:
        return _closed_form(network, linear, network_input, wanted)
    with torch.no_grad() if by_hand is None else torch.inference_mode():
        early, late = network.early_and_late_features(network_input)  # (N, C, h, w)
        pooled = network.max_pool(late)
        if by_hand is None:
            logits, chosen, gradient = _differentiated(network, pooled, wanted)
        else:
            logits, chosen, gradient = by_hand(network.backbone, pooled, wanted)
        side = network_input.shape[-2:]
        return [
            Saliency(row.double().numpy(), answer, _map(one, channel_weights(slope, one), side), s)
            for row, answer, one, slope, s in zip(
                logits, chosen, late, gradient, network.summary(early, late), strict=True
            )
        ]


def _differentiated(
    network: LesionNetwork, pooled: torch.Tensor, wanted: Callable[[torch.Tensor], int]
) -> tuple[torch.Tensor, list[int], torch.Tensor]:
    """Logits, the class wanted of each, and that logit's gradient at ``pooled``, by autograd."""
    with torch.enable_grad():
        inner = pooled.detach().requires_grad_()
        logits = network.behind_pool(inner)
        chosen = [wanted(row) for row in logits]
        # a picture's logit depends on its own features alone, so the sum's gradient is each one's
        total = logits[torch.arange(len(chosen)), chosen].sum()
        (gradient,) = torch.autograd.grad(total, inner)
    return logits.detach(), chosen, gradient


def _closed_form(
    network: LesionNetwork,
    linear: nn.Linear,
    network_input: torch.Tensor,
    wanted: Callable[[torch.Tensor], int],
) -> list[Saliency]:
    """By the weights of the one linear layer behind global average pooling."""
    with torch.inference_mode():
        early, late = network.early_and_late_features(network_input)  # (N, C, h, w)
        places = late.shape[2] * late.shape[3]
        found = []
        summary = network.summary(early, late)
        for one, logits, whole in zip(late, network.head(late), summary, strict=True):
            target = wanted(logits)
            gradient = (linear.weight[target] / places)[:, None, None]  # alike everywhere
            weights = channel_weights(gradient.expand_as(one), one)
            saliency_map = _map(one, weights, network_input.shape[-2:])
            found.append(Saliency(logits.double().numpy(), target, saliency_map, whole))
        return found


def choose(logits: torch.Tensor, margin_threshold: float) -> int:
    """The class that logits (2,) answer when malignant must lead by ``margin_threshold``."""
    return MALIGNANT if float(margin(logits.detach())) >= margin_threshold else BENIGN


def channel_weights(gradient: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """Equation 19 for gradients (C, any, any) and features (C, h, w); returns (C,)."""
    total = features.sum(dim=(1, 2), keepdim=True)
    square = gradient * gradient
    alpha = square / ((2 + total * gradient) * square + _EPSILON_ALPHA)
    return (alpha * gradient.relu()).sum(dim=(1, 2))


def _map(features: torch.Tensor, weights: torch.Tensor, size: torch.Size) -> Map:
    """relu of the weighted sum of features (C, h, w), enlarged to ``size``, its peak at 1."""
    return enlarged((weights @ features.flatten(1)).view(features.shape[1:]).relu(), size)


def enlarged(cam: torch.Tensor, size: torch.Size) -> Map:
    """A map (h, w), at least 0, as float32 of ``size`` in [0, 1]; all 0 where there is none."""
    if float(cam.max()) < _EMPTY:
        return torch.zeros(*size).numpy()
    return _scale(_enlarge(_scale(cam), *size)).numpy()


def _scale(cam: torch.Tensor) -> torch.Tensor:
    low, high = torch.aminmax(cam)
    return (cam - low).div_(_EPSILON_SCALE + (high - low))


def _enlarge(cam: torch.Tensor, height: int, width: int) -> torch.Tensor:
    if cam.shape == (height, width):
        return cam
    return F.interpolate(cam[None, None], (height, width), mode="bilinear", align_corners=False)[
        0, 0
    ]


def on_picture(cam: Map, width: int, height: int, geometry: Geometry) -> Map:
    """A map of the network's square view as float32 (height, width) over the whole picture.

    What a crop cut off was not looked at: it is 0.
    """
    view = torch.from_numpy(cam)
    if geometry == "squeeze":
        return _enlarge(view, height, width).numpy()
    left, top, right, bottom = crop_box(width, height)
    whole = np.zeros((height, width), np.float32)
    whole[top:bottom, left:right] = _enlarge(view, bottom - top, right - left).numpy()
    return whole
