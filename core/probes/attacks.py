"""Pictures changed to mislead a network, and noise of the same size to compare with.

All work on float32 batches (N, 3, H, W) in [0, 1], the units that a network takes before it
normalises inside, and ``epsilon`` is the largest change of a value in these units (L-infinity;
1/255 is one grey level). Results are clipped to [0, 1]. Gradients come from
``torch.autograd.grad``, which leaves nothing on a network that several visitors share.

Whatever is drawn comes from one seed a picture, so the batch that a picture is in changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional as F

from core.networks.lesion_network import LesionNetwork

Epsilon = float | Sequence[float] | torch.Tensor
"""One strength for all pictures, or one for each: (N,)."""

# Madry et al. 2018 let the steps together reach 2.5 times as far as they may go, so that every
# point of the ball can be reached from every start.
REACH = 2.5


def input_gradient(network: LesionNetwork, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Gradient of each picture's cross-entropy with respect to its own pixels, (N, 3, H, W).

    ``labels`` (N,) are 0 (benign) or 1 (malignant). All zero where the network is so sure that its
    loss no longer moves in float32.
    """
    return gradient_and_logits(network, x, labels)[0]


def gradient_and_logits(
    network: LesionNetwork, x: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """``input_gradient`` with the logits (N, 2) that it passed on its way."""
    check_pictures(x)
    _check_labels(labels, len(x))
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        logits = network(x)
        # a sum, not a mean: how many pictures are beside it must not scale a picture's gradient
        loss = F.cross_entropy(logits, labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x)
    return gradient, logits.detach()


def losses(network: LesionNetwork, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each picture, (N,)."""
    with torch.no_grad():
        return F.cross_entropy(network(x), labels, reduction="none")


def along(
    x: torch.Tensor, direction: torch.Tensor, epsilon: Epsilon, scale: Sequence[float] = (1, 1, 1)
) -> torch.Tensor:
    """clip(x + epsilon scale sign(direction)): with the loss's gradient this is FGSM.

    Fast Gradient Sign Method, Goodfellow et al. 2014, arXiv:1412.6572, section 4. Where the
    direction is zero, nothing changes. ``scale`` is of each channel: with a network's standard
    deviations, epsilon is in units of what it sees after normalisation.
    """
    check_pictures(x)
    size = _sizes(epsilon, len(x), "epsilon", x)
    if direction.shape != x.shape:
        raise ValueError(f"direction must have x's shape {tuple(x.shape)}")
    return (x + size * _channels(scale, x) * direction.sign()).clamp(0, 1)


def fgsm(
    network: LesionNetwork, x: torch.Tensor, labels: torch.Tensor, epsilon: Epsilon
) -> torch.Tensor:
    """``along`` the gradient of the loss: the worst step if the network were linear."""
    _sizes(epsilon, len(x), "epsilon", x)  # before the costly part
    return along(x, input_gradient(network, x, labels), epsilon)


def pgd(
    network: LesionNetwork,
    x: torch.Tensor,
    labels: torch.Tensor,
    epsilon: Epsilon,
    steps: int = 20,
    seeds: Sequence[int] | None = None,
) -> torch.Tensor:
    """Projected gradient ascent on the loss within the ball of radius ``epsilon``.

    Madry et al. 2018, arXiv:1706.06083: x_0 uniform in the ball, then
    x_{t+1} = clip(project(x_t + step sign(gradient at x_t))), step = 2.5 epsilon / steps. Of all
    points visited, x itself among them, the one with the highest loss is returned, picture by
    picture. ``seeds`` (N,) draw the starts; without them the start is x itself.
    """
    check_pictures(x)
    _check_labels(labels, len(x))
    size = _sizes(epsilon, len(x), "epsilon", x)
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}")
    best, highest = x, losses(network, x, labels)
    now = x
    if seeds is not None:
        start = _drawn(x, seeds, lambda g: torch.rand(x.shape[1:], generator=g) * 2 - 1)
        now = (x + size * start).clamp(0, 1)
    for _ in range(steps):
        with torch.enable_grad():
            here = now.detach().clone().requires_grad_()
            loss = F.cross_entropy(network(here), labels, reduction="none")
            (gradient,) = torch.autograd.grad(loss.sum(), here)
        best, highest = _higher(best, highest, now, loss.detach())
        now = now + REACH * size / steps * gradient.sign()
        now = torch.minimum(torch.maximum(now, x - size), x + size).clamp(0, 1)
    best, _ = _higher(best, highest, now, losses(network, now, labels))
    return best


def gaussian(
    x: torch.Tensor, sigma: Epsilon, seeds: Sequence[int], scale: Sequence[float] = (1, 1, 1)
) -> torch.Tensor:
    """clip(x + sigma scale z), z standard normal: what a sensor adds (the report's section 7.2).

    A picture's z depends on its seed alone, so a stronger noise is the same noise, enlarged.
    ``scale`` is as in ``along``.
    """
    check_pictures(x)
    size = _sizes(sigma, len(x), "sigma", x)
    noise = _drawn(x, seeds, lambda g: torch.randn(x.shape[1:], generator=g))
    return (x + size * _channels(scale, x) * noise).clamp(0, 1)


def sign_noise(x: torch.Tensor, epsilon: Epsilon, seeds: Sequence[int]) -> torch.Tensor:
    """clip(x + epsilon s), s = -1 or 1 by the toss of a coin: FGSM's size without its direction."""
    return along(x, signs(x, seeds), epsilon)


def signs(x: torch.Tensor, seeds: Sequence[int]) -> torch.Tensor:
    """-1 or 1 for every value of the pictures, (N, 3, H, W)."""
    return _drawn(x, seeds, lambda g: torch.randint(2, x.shape[1:], generator=g) * 2.0 - 1)


def _higher(
    best: torch.Tensor, highest: torch.Tensor, now: torch.Tensor, loss: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    better = loss > highest
    return torch.where(better[:, None, None, None], now, best), torch.maximum(loss, highest)


def _drawn(
    x: torch.Tensor, seeds: Sequence[int], draw: Callable[[torch.Generator], torch.Tensor]
) -> torch.Tensor:
    """One draw a picture, made on the processor: the same on every device."""
    if len(seeds) != len(x):
        raise ValueError(f"seeds must be one for each of {len(x)} pictures, not {len(seeds)}")
    made = [draw(torch.Generator().manual_seed(int(seed))) for seed in seeds]
    return torch.stack(made).to(x)


def _sizes(value: Epsilon, n: int, name: str, like: torch.Tensor) -> torch.Tensor:
    """Checked strengths as (N, 1, 1, 1) or (1, 1, 1, 1)."""
    sizes = torch.as_tensor(value, dtype=torch.float64).flatten()
    for size in sizes.tolist():
        if math.isnan(size) or not 0 <= size <= 1:
            raise ValueError(f"{name} must be in [0, 1], not {size}")
    if len(sizes) not in (1, n):
        raise ValueError(f"{name} must be one number or one for each of {n} pictures")
    return sizes.to(like).view(-1, 1, 1, 1)


def _channels(scale: Sequence[float], like: torch.Tensor) -> torch.Tensor:
    """Checked factors of the channels as (1, 3, 1, 1)."""
    if len(scale) != 3 or not all(0 <= factor <= 1 for factor in scale):
        raise ValueError(f"scale must be three numbers in [0, 1], not {scale}")
    return torch.tensor(scale).to(like).view(1, 3, 1, 1)


def check_pictures(x: torch.Tensor) -> None:
    """``ValueError`` where ``x`` is no float32 (N, 3, H, W) in [0, 1], or holds NaN."""
    if x.ndim != 4 or x.shape[1] != 3:
        raise ValueError(f"x must have shape (N, 3, H, W), not {tuple(x.shape)}")
    if x.dtype != torch.float32:
        raise ValueError(f"x must be float32, not {x.dtype}")
    if x.numel():
        low, high = (float(value) for value in torch.aminmax(x))
        if math.isnan(low) or math.isnan(high):
            raise ValueError("x holds NaN")
        if low < 0 or high > 1:
            raise ValueError(f"x must be in [0, 1], not {low:.3g} to {high:.3g}")


def _check_labels(labels: torch.Tensor, n: int) -> None:
    if labels.shape != (n,) or labels.dtype != torch.int64:
        raise ValueError(f"labels must be int64 of shape ({n},)")
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError("labels must be 0 (benign) or 1 (malignant)")
