from __future__ import annotations

from typing import Any

import pytest
import torch

from core.labels import margin
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork, build
from core.saliency import grad_cam


@pytest.fixture(scope="module")
def parts() -> tuple[LesionNetwork, LesionNetwork, LesionNetwork]:
    """A photo network, a dermoscopic one with its lower half, and both joined."""
    torch.manual_seed(0)
    photo, dermoscopic = build("densenet169").eval(), build("densenet169").eval()
    one, other = (network.backbone.features for network in (photo, dermoscopic))
    other[:8].load_state_dict(one[:8].state_dict())
    two = build("densenet169_two_kinds").eval()
    two.backbone.join(photo.backbone, dermoscopic.backbone)
    return photo, dermoscopic, two.requires_grad_(False)


def by_lightness(two: LesionNetwork, x: torch.Tensor) -> torch.Tensor:
    """Let the darker half of some pictures be dermoscopic; says which they are."""
    backbone: Any = two.backbone
    with torch.no_grad():
        early, _ = two.early_and_late_features(x)
        told = early.flatten(2).mean((1, 2))
        backbone.kind.weight[:] = 0
        backbone.kind.weight[0, : early.shape[1]] = -1 / early.shape[1]
        low, high = told.sort().values[len(told) // 2 - 1 :][:2]
        backbone.kind.bias[:] = (low + high) / 2
    return told <= low


@torch.inference_mode()
def test_each_picture_is_answered_by_the_network_of_its_kind(
    parts: tuple[LesionNetwork, LesionNetwork, LesionNetwork],
) -> None:
    photo, dermoscopic, two = parts
    x = torch.rand(6, 3, 64, 64) * torch.linspace(0.3, 1, 6).view(-1, 1, 1, 1)
    x = x[torch.tensor([3, 0, 5, 1, 4, 2])]  # neither kind comes first
    dark = by_lightness(two, x)
    assert 0 < dark.sum() < 6
    bias = photo.backbone.classifier.bias - dermoscopic.backbone.classifier.bias  # type: ignore[union-attr,operator]
    expected = torch.where(dark[:, None], dermoscopic(x) + bias, photo(x))
    torch.testing.assert_close(two(x), expected, atol=1e-5, rtol=1e-5)
    for i in range(6):  # alone as among others
        torch.testing.assert_close(two(x[i : i + 1])[0], expected[i], atol=1e-5, rtol=1e-5)
    assert margin(photo(x) - dermoscopic(x) - bias).abs().min() > 1e-4


def test_maps_and_gradients_are_those_of_the_network_of_its_kind(
    parts: tuple[LesionNetwork, LesionNetwork, LesionNetwork],
) -> None:
    photo, dermoscopic, two = parts
    x = torch.rand(2, 3, 64, 64) * torch.tensor([0.3, 1.0]).view(-1, 1, 1, 1)
    dark = by_lightness(two, x)
    assert dark.tolist() == [True, False]
    for own, shown in ((dermoscopic, x[:1]), (photo, x[1:])):
        (mine,), (theirs,) = (
            grad_cam.grad_cam_plus_plus(network, shown, 1) for network in (two, own)
        )
        assert mine.saliency_map == pytest.approx(theirs.saliency_map, abs=1e-4)
    both = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(margin(two(both)).sum(), both)
    for i, own in enumerate((dermoscopic, photo)):
        single = x[i : i + 1].clone().requires_grad_()
        (alone,) = torch.autograd.grad(margin(own(single)).sum(), single)
        torch.testing.assert_close(gradient[i : i + 1], alone, atol=1e-5, rtol=1e-3)


def test_lower_halves_that_differ_are_not_joined() -> None:
    two = build("densenet169_two_kinds")
    with pytest.raises(ValueError, match="lower halves"):
        two.backbone.join(build("densenet169").backbone, build("densenet169").backbone)  # type: ignore[operator]


def test_it_has_the_lower_half_once_and_the_upper_half_twice() -> None:
    plain = lesion_network.skeleton(build("densenet169").architecture).backbone
    lower = sum(p.numel() for p in plain.features[:8].parameters())  # type: ignore[index,operator]
    whole = lesion_network.count_parameters("densenet169")
    kind, shared_bias = 2 * 256 + 1, 2
    assert lesion_network.count_parameters("densenet169_two_kinds") == (
        2 * whole - lower - shared_bias + kind
    )
