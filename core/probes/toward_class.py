"""What a network would have to see: one picture moved toward 'benign' and toward 'malignant'.

Steps along the gradient of the margin, each of the same length, within a ball of radius ``RADIUS``
around the picture (projected gradient descent in L2). In a network that was trained to withstand
small changes they draw what it takes for the class; in another they add what looks like noise:
Santurkar et al. 2019, arXiv:1906.09453; Boreiko et al. 2022, doi:10.1007/978-3-031-16788-1_9.
Neither is a picture of how a lesion grows: only the network's own idea of the class is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional

from core.calibration import calibrated
from core.classifier import Classifier
from core.labels import BENIGN, MALIGNANT, margin
from core.probes import attacks

RADIUS = 8.0
"""Euclidean length of all that may be added, over 3 x 224 x 224 values in [0, 1]: if spread evenly,
0.021 or five grey levels a value."""
STEPS = 8
"""Thirty draw the same picture (cosine of what is added at least 0.96) and end within a thousandth
of the same chances, in 3.5 times the time (on a nevus and a melanoma with ``resnet18_robust``)."""
SQUARE = 8  # pixels: smaller than any structure that doctors have a name for
TARGETS = (BENIGN, MALIGNANT)


@dataclass(frozen=True)
class Moved:
    """How far the walk has come: ``steps`` of ``STEPS`` are done.

    ``pictures`` float32 (2, 3, side, side) in [0, 1] are moved toward ``TARGETS``, benign first;
    ``probabilities`` are P(malignant) of the two.
    """

    steps: int
    pictures: torch.Tensor
    probabilities: tuple[float, float]

    @property
    def finished(self) -> bool:
        return self.steps == STEPS


def walk(model: Classifier, x: torch.Tensor, radius: float = RADIUS) -> Iterator[Moved]:
    """Move a picture (3, side, side) toward both classes at once, a step each time one is asked.

    ``STEPS`` passes of two pictures and one more. The margin's gradient has the direction of the
    cross-entropy's (both are of one number where there are two classes) and never vanishes because
    the network is sure. Raises ``ValueError`` for a picture that is none, or a negative radius.
    """
    attacks.check_pictures(x[None])
    if not radius >= 0:
        raise ValueError(f"radius must be at least 0, not {radius}")
    model = model.for_input(x)
    start = x.expand(len(TARGETS), -1, -1, -1).clone()
    toward = torch.tensor([-1.0, 1.0]).view(-1, 1, 1, 1)  # the margin is malignant minus benign
    length = attacks.REACH * radius / STEPS
    now = start
    for step in range(STEPS + 1):
        last = step == STEPS
        with torch.enable_grad() if not last else torch.no_grad():
            here = now.detach().clone().requires_grad_(not last)
            logits = model.network(here)
            margins = margin(logits)
            if not last:
                (gradient,) = torch.autograd.grad(margins.sum(), here)
        chances = calibrated(margins.detach().double().numpy(), model.card.calibration)
        yield Moved(step, now, (float(chances[0]), float(chances[1])))
        if not last:
            now = now + length * toward * gradient / _norms(gradient).clamp_min(1e-12)
            now = _within(start, now, radius)


def distance(before: torch.Tensor, after: torch.Tensor) -> float:
    """The Euclidean length of what was added to a picture."""
    return float((after - before).double().norm())


def coarse_share(before: torch.Tensor, after: torch.Tensor) -> float:
    """How much of what was added to a picture (3, side, side) has a shape, in [0, 1].

    The share of its squares that is left of means over ``SQUARE`` pixels either way: one for a
    shape that is larger, 1 / ``SQUARE`` ** 2 for mere noise, 0 where nothing was added.
    """
    added = (after - before)[None]
    whole = float(added.square().mean())
    return float(functional.avg_pool2d(added, SQUARE).square().mean()) / whole if whole else 0.0


def _within(start: torch.Tensor, now: torch.Tensor, radius: float) -> torch.Tensor:
    """Back into the ball, then into the range of pictures, which is never further away."""
    added = now - start
    scale = (radius / _norms(added).clamp_min(1e-12)).clamp_max(1.0)
    return (start + added * scale).clamp(0, 1)


def _norms(batch: torch.Tensor) -> torch.Tensor:
    norms: torch.Tensor = torch.linalg.vector_norm(batch.flatten(1), dim=1)
    return norms.view(-1, 1, 1, 1)
