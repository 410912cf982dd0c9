"""One lower half for all pictures, and an upper half for each kind of them.

What a network learns of dermoscopic pictures costs it some of what it knew of photos, and the other
way round. Edges and textures serve both, so the lower half is shared; behind it dermoscopic
pictures take one way and photos the other. Which, a linear layer says by the map half way up. A
picture goes one way alone, so it costs one forward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class TwoKinds(nn.Module):
    """Made of a network whose ``features`` are a sequence, and ``classifier`` one linear layer.

    ``make`` gives it with random weights; ``cut`` is where its ``features`` part, and ``channels``
    how many the map there has.
    """

    def __init__(self, make: Callable[[], nn.Module], cut: int, channels: int) -> None:
        super().__init__()
        photo: Any = make()
        dermoscopic: Any = make()
        self.shared = photo.features[:cut]
        self.kind = nn.Linear(2 * channels, 1)
        self.photo = photo.features[cut:]
        self.dermoscopic = dermoscopic.features[cut:]
        linear = photo.classifier
        self.classifier = nn.Linear(2 * linear.in_features, linear.out_features)

    def early(self, x: torch.Tensor) -> torch.Tensor:
        """The map half way up, (N, E, h, w)."""
        found: torch.Tensor = self.shared(x)
        return found

    def is_dermoscopic(self, early: torch.Tensor) -> torch.Tensor:
        """Which pictures take the dermoscopic way, (N,), by channels' means and spreads."""
        variance, mean = torch.var_mean(early.detach().flatten(2).float(), dim=2, correction=0)
        told: torch.Tensor = self.kind(torch.cat([mean, variance.sqrt()], dim=1))[:, 0]
        return told > 0

    def late(self, early: torch.Tensor) -> torch.Tensor:
        """The last map, (N, 2 C, h, w), of which each picture fills half.

        A photo's map is in the first C channels, a dermoscopic picture's in the others.
        """
        dermoscopic = self.is_dermoscopic(early)
        maps, rows = [], []
        for way, mine in ((self.photo, ~dermoscopic), (self.dermoscopic, dermoscopic)):
            if not mine.any():
                continue
            # of one kind, as nearly always: no copy
            found = way(early if mine.all() else early[mine]).relu()
            empty = torch.zeros_like(found)
            maps.append(torch.cat([found, empty] if way is self.photo else [empty, found], dim=1))
            rows.append(mine.nonzero().flatten())
        if len(maps) == 1:
            return maps[0]
        return torch.cat(maps)[torch.cat(rows).argsort()]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        late = self.late(self.early(x))
        logits: torch.Tensor = self.classifier(late.mean(dim=(2, 3)))
        return logits

    def join(self, photo: nn.Module, dermoscopic: nn.Module) -> None:
        """Take the weights of two networks of one lower half, each for its kind.

        Their last biases become one, the photo's: by how much the other differed is left to the
        calibration of its kind. Raises ``ValueError`` where the lower halves differ.
        """
        cut = len(self.shared)
        first, second = _features(photo), _features(dermoscopic)
        lower = [part[:cut].state_dict() for part in (first, second)]
        # a moving average of what stays as it is differs by its rounding
        if any(
            not torch.allclose(lower[0][key], lower[1][key], rtol=1e-4, atol=1e-5)
            for key in lower[0]
        ):
            raise ValueError("the lower halves of the two networks differ")
        self.shared.load_state_dict(lower[0])
        self.photo.load_state_dict(first[cut:].state_dict())
        self.dermoscopic.load_state_dict(second[cut:].state_dict())
        heads: list[Any] = [photo.classifier, dermoscopic.classifier]
        with torch.no_grad():
            self.classifier.weight.copy_(torch.cat([head.weight for head in heads], dim=1))
            self.classifier.bias.copy_(heads[0].bias)


def _features(network: nn.Module) -> nn.Sequential:
    found: Any = network
    return found.features  # type: ignore[no-any-return]
