"""One network for all pictures, with a last layer for each kind of them.

What tells a benign lesion from a malignant one is not the same in dermoscopic pictures and in
photos, and is learned from different collections; edges, colours and shapes serve both. So all
layers are shared but the last, and which last layer answers, a linear layer says by the map half
way up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class TwoHeads(nn.Module):
    """Made of a network whose ``features`` are a sequence, and ``classifier`` one linear layer.

    ``make`` gives it with random weights; ``cut`` is where its ``features`` part, and ``channels``
    how many the map there has.
    """

    def __init__(self, make: Callable[[], nn.Module], cut: int, channels: int) -> None:
        super().__init__()
        own: Any = make()
        self.cut = cut
        self.features = own.features
        self.kind = nn.Linear(2 * channels, 1)
        linear = own.classifier
        self.classifier = nn.Linear(2 * linear.in_features, linear.out_features)

    def early(self, x: torch.Tensor) -> torch.Tensor:
        """The map half way up, (N, E, h, w)."""
        found: torch.Tensor = self.features[: self.cut](x)
        return found

    def is_dermoscopic(self, early: torch.Tensor) -> torch.Tensor:
        """Which pictures are dermoscopic, (N,), by channels' means and spreads."""
        variance, mean = torch.var_mean(early.detach().flatten(2).float(), dim=2, correction=0)
        told: torch.Tensor = self.kind(torch.cat([mean, variance.sqrt()], dim=1))[:, 0]
        return told > 0

    def late(self, early: torch.Tensor) -> torch.Tensor:
        """The last map, (N, 2 C, h, w), of which each picture fills half.

        A photo's map is in the first C channels, a dermoscopic picture's in the others: one linear
        layer over both is a last layer for each.
        """
        found: torch.Tensor = self.features[self.cut :](early).relu()  # (N, C, h, w)
        dermoscopic = self.is_dermoscopic(early).view(-1, 1, 1, 1).to(found.dtype)
        return torch.cat([found * (1 - dermoscopic), found * dermoscopic], dim=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        late = self.late(self.early(x))
        logits: torch.Tensor = self.classifier(late.mean(dim=(2, 3)))
        return logits

    def take(self, network: nn.Module, dermoscopic: torch.Tensor) -> None:
        """Take a network's weights, and how much of each feature ``dermoscopic`` lead, (C,).

        That is the weight of the malignant logit less that of the benign one. What all leads
        of a kind have in common is left to its calibration.
        """
        own: Any = network
        self.features.load_state_dict(own.features.state_dict())
        with torch.no_grad():
            both = torch.stack([-dermoscopic / 2, dermoscopic / 2])  # (2, C)
            self.classifier.weight.copy_(torch.cat([own.classifier.weight, both], dim=1))
            self.classifier.bias.copy_(own.classifier.bias)
