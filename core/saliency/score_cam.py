"""Score-CAM (Wang et al. 2020, arXiv:1910.01279) with a bound on its forward passes.

    map = relu(sum_k a_k A_k),   a = softmax over k of s_k,   s_k = the logit of x * H_k

where H_k is channel k of the features A, enlarged to the picture and scaled to [0, 1]: what only
that channel shows. The method asks the network once for each channel, 1,664 times in a DenseNet169,
which took nine minutes. Most channels are nearly flat and hide nothing, so only the ``CHANNELS``
whose values vary most are asked.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from core.networks.lesion_network import LesionNetwork
from core.runtime.between import Between, go_on

CHANNELS = 28
"""With the picture's own, about 30 forward passes."""
_BATCH = 4  # pictures in one of them: memory, not the result, depends on it
_FLAT = 1e-12


def score_cam(
    network: LesionNetwork,
    x: torch.Tensor,
    features: torch.Tensor,
    target: int,
    between: Between = go_on,
) -> torch.Tensor:
    """The map (h, w), at least 0, of one picture (3, H, W) for the logit ``target``.

    ``features`` (C, h, w) are the network's own of that picture.
    """
    with torch.inference_mode():
        chosen = features[most_varied(features)]  # (K, h, w)
        masks = _unit(F.interpolate(
            chosen[None], x.shape[1:], mode="bilinear", align_corners=True,  # as the authors did
        )[0])  # fmt: skip
        scores: list[torch.Tensor] = []
        for start in range(0, len(masks), _BATCH):
            hidden = masks[start : start + _BATCH, None] * x
            scores.append(network(hidden)[:, target])
            between(min(1.0, (start + _BATCH) / len(masks)))
        weights = torch.cat(scores).softmax(0)
        return (weights @ chosen.flatten(1)).view(chosen.shape[1:]).relu()


def most_varied(features: torch.Tensor) -> torch.Tensor:
    """Which of the channels (C, h, w) vary most, at most ``CHANNELS``, in their own order."""
    varied = features.flatten(1).double().var(1)
    return varied.topk(min(CHANNELS, len(varied))).indices.sort().values


def _unit(masks: torch.Tensor) -> torch.Tensor:
    """Each (H, W) scaled to [0, 1]; one without any difference becomes 0."""
    low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
    return (masks - low) / (high - low).clamp_min(_FLAT)
