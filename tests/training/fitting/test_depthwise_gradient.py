from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from core.networks import lesion_network
from training.fitting import depthwise_gradient
from training.fitting.depthwise_gradient import depthwise


@pytest.mark.parametrize("side", [12, 13])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_the_faster_gradients_are_torchs_own(side: int, kernel: int, stride: int) -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 4, side, side, dtype=torch.float64, requires_grad=True)
    w = torch.rand(4, 1, kernel, kernel, dtype=torch.float64, requires_grad=True)
    own = F.conv2d(x, w, stride=stride, groups=4)
    fast = depthwise(x, w, stride)
    slope = torch.rand_like(own)
    for a, b in zip(
        torch.autograd.grad(own, (x, w), slope), torch.autograd.grad(fast, (x, w), slope),
        strict=True,
    ):  # fmt: skip
        assert torch.allclose(a, b, atol=1e-12)


def test_a_whole_network_learns_the_same() -> None:
    torch.manual_seed(0)
    network = lesion_network.build("efficientnet_lite0").double().eval()
    pixels = torch.rand(2, 3, 40, 40, dtype=torch.float64)

    def gradients() -> dict[str, torch.Tensor]:
        network.zero_grad()
        F.cross_entropy(network(pixels), torch.tensor([0, 1])).backward()
        return {k: p.grad for k, p in network.named_parameters() if p.grad is not None}

    own = gradients()
    depthwise_gradient.use_in(network)
    fast = gradients()
    assert own.keys() == fast.keys()
    for name, gradient in own.items():
        assert torch.allclose(fast[name], gradient, rtol=1e-9, atol=1e-12), name


def test_under_autocast_it_computes_in_16_bits_as_torch_does() -> None:
    torch.manual_seed(0)
    x, w = torch.rand(1, 4, 9, 9), torch.rand(4, 1, 5, 5, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        own, fast = F.conv2d(x, w, stride=2, groups=4), depthwise(x, w, 2)
    assert fast.dtype == own.dtype == torch.bfloat16
    assert torch.equal(fast, own)
    (gradient,) = torch.autograd.grad(fast.float().sum(), w)
    assert gradient.dtype == torch.float32
