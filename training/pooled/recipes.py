"""What can be done about groups that a network serves worse: options of one recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

DRO_STEP = 0.01  # Sagawa et al. 2020, arXiv:1911.08731, their step for the groups' weights
ADVERSARY = 0.1  # Ganin et al. 2016, arXiv:1505.07818: how strongly the collection is unlearned
# What tells a basal cell carcinoma from a naevus is more than 'malignant' says. Half as much as the
# class that is asked for; not tuned.
DIAGNOSES = 0.5


@dataclass(frozen=True)
class Recipe:
    """What one recipe does beside plain training.

    ``sampling`` is of ``pool.weights``; ``retoned`` the share of pictures that get another
    simulated tone; ``adversary`` how much features are kept from telling the collection;
    ``diagnoses`` how much the loss of naming the diagnosis counts beside that of the class.
    One that is ``made`` is taught the mean verdict of the other recipes that run with it, in the
    label's place (Hinton et al. 2015, arXiv:1503.02531).
    """

    about: str
    sampling: str = "collection"
    dro: bool = False
    retoned: float = 0.0
    adversary: float = 0.0
    diagnoses: float = 0.0
    made: Literal["", "taught"] = ""


RECIPES: dict[str, Recipe] = {
    "balanced": Recipe("collections and classes alike"),
    "group-balanced": Recipe("Fitzpatrick pairs alike too", sampling="group"),
    "group-dro": Recipe("the worst group's loss weighs most", sampling="group", dro=True),
    "re-toned": Recipe("half of the pictures on another simulated tone", retoned=0.5),
    "adversarial": Recipe("features that do not tell the collection", adversary=ADVERSARY),
    "diagnosed": Recipe("group-balanced, and the diagnosis learned beside the class",
                        sampling="group", diagnoses=DIAGNOSES),
    "diagnosed-dro": Recipe("group DRO, and the diagnosis learned beside the class",
                            sampling="group", dro=True, diagnoses=DIAGNOSES),
    "distilled": Recipe("taught what the other recipes say together", sampling="group",
                        diagnoses=DIAGNOSES, made="taught"),
}  # fmt: skip


class GroupWeights(nn.Module):
    """Group DRO: weights (G,) that grow with a group's loss and always sum to 1."""

    weights: torch.Tensor

    def __init__(self, groups: int, step: float = DRO_STEP) -> None:
        super().__init__()
        self.step = step
        self.register_buffer("weights", torch.full((groups,), 1 / groups))

    def forward(self, losses: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
        """The objective of losses (B,) of pictures of groups (B,); moves the weights first."""
        count = torch.zeros_like(self.weights).index_add_(0, group, torch.ones_like(losses))
        total = torch.zeros_like(self.weights).index_add(0, group, losses)
        mean = total / count.clamp(min=1)
        with torch.no_grad():
            moved = self.weights * (self.step * mean.detach()).exp()
            self.weights.copy_(moved / moved.sum())
        return (self.weights * mean).sum()


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, strength: float) -> torch.Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -ctx.strength * gradients[0], None


def reverse(features: torch.Tensor, strength: float) -> torch.Tensor:
    """The same features, whose gradient comes back turned round and ``strength`` times as large."""
    result: torch.Tensor = _Reversal.apply(features, strength)  # type: ignore[no-untyped-call]
    return result


def to_linear(x: torch.Tensor) -> torch.Tensor:
    """sRGB in [0, 1] to linear light, as ``core.pictures.colour.to_linear``."""
    return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def from_linear(x: torch.Tensor) -> torch.Tensor:
    """Linear light in [0, 1] to sRGB."""
    return torch.where(x <= 0.0031308, x * 12.92, 1.055 * x.clamp(min=1e-8) ** (1 / 2.4) - 0.055)


def retone_some(x: torch.Tensor, skin: torch.Tensor, tones: torch.Tensor, share: float
                ) -> torch.Tensor:  # fmt: skip
    """Pictures (B, 3, H, W) in [0, 1], a share of them re-toned onto one of ``tones`` (T, 3).

    ``skin`` (B, 3) is their present skin, sRGB in [0, 1], ``nan`` where it could not be told.
    """
    chosen = torch.rand(len(x), device=x.device) < share
    target = tones[torch.randint(len(tones), (len(x),), device=x.device)]
    factor = to_linear(target).clamp(min=1 / 255) / to_linear(skin).clamp(min=1 / 255)
    known = chosen & ~factor.isnan().any(dim=1)
    changed = from_linear((to_linear(x) * factor.nan_to_num(1.0)[:, :, None, None]).clamp(max=1.0))
    return torch.where(known[:, None, None, None], changed, x)
