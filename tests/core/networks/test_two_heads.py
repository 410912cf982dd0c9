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
    """A photo network, the same with another last layer, and one that has both."""
    torch.manual_seed(0)
    photo, dermoscopic = build("densenet169").eval(), build("densenet169").eval()
    dermoscopic.backbone.features.load_state_dict(photo.backbone.features.state_dict())  # type: ignore[union-attr,operator]
    last: Any = dermoscopic.backbone.classifier
    two = build("densenet169_two_heads").eval()
    two.backbone.take(photo.backbone, (last.weight[1] - last.weight[0]).detach())  # type: ignore[operator]
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
def test_each_picture_is_answered_by_the_last_layer_of_its_kind(
    parts: tuple[LesionNetwork, LesionNetwork, LesionNetwork],
) -> None:
    photo, dermoscopic, two = parts
    x = torch.rand(6, 3, 64, 64) * torch.linspace(0.3, 1, 6).view(-1, 1, 1, 1)
    x = x[torch.tensor([3, 0, 5, 1, 4, 2])]  # neither kind comes first
    dark = by_lightness(two, x)
    assert 0 < dark.sum() < 6
    own, other = (margin(network.backbone.classifier.bias) for network in (photo, dermoscopic))  # type: ignore[arg-type,union-attr]
    expected = torch.where(dark, margin(dermoscopic(x)) + own - other, margin(photo(x)))
    torch.testing.assert_close(margin(two(x)), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(two(x)[~dark], photo(x)[~dark], atol=1e-5, rtol=1e-5)
    for i in range(6):  # alone as among others
        torch.testing.assert_close(margin(two(x[i : i + 1]))[0], expected[i], atol=1e-5, rtol=1e-5)
    assert (margin(photo(x)) - margin(dermoscopic(x)) - own + other).abs().min() > 1e-4


def test_maps_and_gradients_are_those_of_the_last_layer_of_its_kind(
    parts: tuple[LesionNetwork, LesionNetwork, LesionNetwork],
) -> None:
    photo, dermoscopic, two = parts
    x = torch.rand(2, 3, 64, 64) * torch.tensor([0.3, 1.0]).view(-1, 1, 1, 1)
    dark = by_lightness(two, x)
    assert dark.tolist() == [True, False]
    (mine,) = grad_cam.grad_cam_plus_plus(two, x[1:], 1)
    (theirs,) = grad_cam.grad_cam_plus_plus(photo, x[1:], 1)
    assert mine.saliency_map == pytest.approx(theirs.saliency_map, abs=1e-4)
    both = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(margin(two(both)).sum(), both)
    for i, own in enumerate((dermoscopic, photo)):
        single = x[i : i + 1].clone().requires_grad_()
        (alone,) = torch.autograd.grad(margin(own(single)).sum(), single)
        torch.testing.assert_close(gradient[i : i + 1], alone, atol=1e-5, rtol=1e-3)


def test_it_has_all_layers_once_and_the_last_one_twice() -> None:
    whole = lesion_network.count_parameters("densenet169")
    kind, second = 2 * 256 + 1, 2 * 1664
    assert lesion_network.count_parameters("densenet169_two_heads") == whole + second + kind
