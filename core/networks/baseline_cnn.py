"""The report's baseline network, its section 6, layer for layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F


class BaselineCNN(nn.Module):
    """Two convolutions and three linear layers after LeNet, for 224 x 224 pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, kernel_size=5, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv2 = nn.Conv2d(5, 10, kernel_size=5, padding=1)
        self.fc1 = nn.Linear(10 * 54 * 54, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, 3, 224, 224)
        # the map after conv2, (N, 10, 109, 109), is before its ReLU, as Grad-CAM takes it
        return self.head(self.pool(self.conv2(self.first_convolution(x))))

    def first_convolution(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.pool(F.relu(self.conv1(x)))  # (N, 5, 111, 111)
        return found

    def head(self, pooled: torch.Tensor) -> torch.Tensor:  # (N, 10, 54, 54)
        # The report's ReLU stands before its pooling; behind it the result is the same, and the
        # gradient that saliency asks for is taken of a quarter of the numbers.
        x = F.relu(pooled)
        x = F.relu(self.fc1(x.flatten(1)))
        x = F.relu(self.fc2(x))
        logits: torch.Tensor = self.fc3(x)  # (N, 2)
        return logits

    def head_with_slope(
        self, pooled: torch.Tensor, choose: Callable[[torch.Tensor], int]
    ) -> tuple[torch.Tensor, list[int], torch.Tensor]:
        """Logits (N, 2), the class ``choose`` takes of each row, and that logit's gradient.

        ``head`` makes the logits; the gradient is at ``pooled``, by the chain rule written out: a
        unit at rest behind its ReLU passes nothing back, so of fc1's 14 MB only the rows of the
        units that are awake, some ten of 120, are read again.
        """
        x = pooled.flatten(1)
        first = F.relu(self.fc1(F.relu(x)))
        second = F.relu(self.fc2(first))
        logits = self.fc3(second)
        chosen = [choose(row) for row in logits]
        slope = self.fc3.weight[chosen] * (second > 0)
        slope = (slope @ self.fc2.weight) * (first > 0)
        awake = (first > 0).any(dim=0)
        awake[0] = True  # the sum below needs a row; if this one is at rest, its slope is 0
        rows = awake.nonzero().flatten()
        slope = F.embedding_bag(  # slope[:, rows] @ weight[rows], without a copy of those rows
            rows.expand(len(slope), -1), self.fc1.weight, mode="sum",
            per_sample_weights=slope[:, rows],
        )  # fmt: skip
        through = torch.ops.aten.threshold_backward(slope, x, 0)  # slope * (x > 0), in one pass
        return logits, chosen, through.view_as(pooled)
