from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core.labels import BENIGN, MALIGNANT
from core.networks import torchvision_import
from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.saliency import grad_cam
from core.saliency.grad_cam import on_picture
from tests.core.conftest import make_network

torchvision_import.prepare()
from pytorch_grad_cam import GradCAMPlusPlus  # noqa: E402
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: E402


@pytest.fixture(scope="module", params=["resnet18", "baseline_cnn"])
def small(request: pytest.FixtureRequest, drawing: torch.Tensor) -> LesionNetwork:
    """One network of each kind: with the closed form, and cut at its last convolution."""
    return make_network(request.param, drawing)


def single(
    network: LesionNetwork,
    x: torch.Tensor,
    target: int | None = None,
    margin_threshold: float = 0.0,
) -> grad_cam.Saliency:
    (found,) = grad_cam.grad_cam_plus_plus(network, x[None], target, margin_threshold)
    return found


def test_maps_and_logits_are_those_of_pytorch_grad_cam_for_either_class(
    network: LesionNetwork, drawing: torch.Tensor
) -> None:
    twin = copy.deepcopy(network)
    for target in (0, 1):
        ours = single(network, drawing, target)
        with GradCAMPlusPlus(twin, [twin.tap]) as cam:
            batch = drawing[None].clone().requires_grad_()
            theirs = cam(batch, targets=[ClassifierOutputTarget(target)])[0]
            logits = cam.outputs[0].detach().double().numpy()
        assert theirs.max() > 0.99  # there is something to compare
        assert theirs.std() > 0.02
        assert ours.saliency_map.dtype == np.float32
        assert np.abs(ours.saliency_map - theirs).max() < 1e-5
        assert ours.logits == pytest.approx(logits, rel=1e-5, abs=1e-5)
        assert ours.target == target


def test_a_map_has_values_from_0_to_1_and_its_peak_is_1(
    network: LesionNetwork, drawing: torch.Tensor
) -> None:
    found = single(network, drawing)
    assert found.saliency_map.shape == (224, 224)
    assert found.saliency_map.min() >= 0
    assert found.saliency_map.max() == pytest.approx(1, abs=1e-5)


def test_the_closed_form_by_hand() -> None:
    # Two channels of 1 x 2 places, weights 4 and -4 for the class: G = 2 and -2 at each place.
    # Channel 0 sums to 3: alpha = 4 / (8 + 3 * 8 + 1e-6) = 1/8, w = 2 * 1/8 * 2 = 1/2.
    # Channel 1 has a negative gradient: w = 0.
    gradient = torch.tensor([2.0, -2.0])[:, None, None].expand(2, 1, 2)
    features = torch.tensor([[[1.0, 2.0]], [[5.0, 1.0]]])
    weights = grad_cam.channel_weights(gradient, features)
    assert weights.tolist() == pytest.approx([0.5, 0.0], abs=1e-6)


def test_the_class_explained_is_malignant_from_the_cut_up(
    small: LesionNetwork, drawing: torch.Tensor
) -> None:
    first = single(small, drawing, target=0)
    margin = float(first.logits[1] - first.logits[0])
    assert single(small, drawing, margin_threshold=margin + 0.01).target == BENIGN
    found = single(small, drawing, margin_threshold=margin - 0.01)
    assert found.target == MALIGNANT
    assert np.array_equal(found.saliency_map, single(small, drawing, target=1).saliency_map)
    assert not np.array_equal(found.saliency_map, first.saliency_map)


def test_the_slope_by_hand_is_autograds(drawing: torch.Tensor) -> None:
    network = make_network("baseline_cnn", drawing)
    by_hand = network.architecture.slope
    assert by_hand is not None
    batch = torch.stack([drawing, drawing.flip(2), 1 - drawing])
    wanted = iter((1, 0, 1))
    pooled = network.max_pool(network.features(batch)).detach()
    logits, chosen, slope = by_hand(network.backbone, pooled, lambda _: next(wanted))
    inner = pooled.clone().requires_grad_()
    expected = network.behind_pool(inner)
    (gradient,) = torch.autograd.grad(expected[0, 1] + expected[1, 0] + expected[2, 1], inner)
    assert chosen == [1, 0, 1]
    assert torch.equal(logits, expected)
    assert gradient.abs().max() > 1e-6
    assert (slope - gradient).abs().max() < 1e-6 * gradient.abs().max()


def test_a_head_whose_units_all_rest_has_no_slope(drawing: torch.Tensor) -> None:
    network = make_network("baseline_cnn", drawing)
    network.backbone.fc1.bias.fill_(-1e3)
    by_hand = network.architecture.slope
    assert by_hand is not None
    pooled = network.max_pool(network.features(drawing[None])).detach()
    slope = by_hand(network.backbone, pooled, lambda _: 1)[2]
    assert slope.shape == pooled.shape
    assert not slope.any()


def test_nothing_is_left_behind_on_the_network(small: LesionNetwork, drawing: torch.Tensor) -> None:
    before = {key: value.clone() for key, value in small.state_dict().items()}
    small.backbone.requires_grad_(True)  # as a network in training would be
    try:
        with torch.no_grad():
            single(small, drawing)
            assert not torch.is_grad_enabled()
        single(small, drawing)
        assert torch.is_grad_enabled()
        assert all(parameter.grad is None for parameter in small.parameters())
        assert all(parameter.requires_grad for parameter in small.parameters())
    finally:
        small.requires_grad_(False)
    for module in small.modules():
        assert not module.training
        for hooks in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks"):
            assert not getattr(module, hooks)
    assert all(torch.equal(value, before[key]) for key, value in small.state_dict().items())


def test_threads_on_one_network_get_their_own_maps(small: LesionNetwork) -> None:
    pictures = [to_tensor(draw_lesion(240, 240, seed=seed)) for seed in range(4)]
    jobs = [(i, target) for i in range(4) for target in (0, 1)]
    serial = {job: single(small, pictures[job[0]], job[1]) for job in jobs}
    maps = [found.saliency_map for found in serial.values()]
    assert min(np.abs(a - b).max() for a in maps for b in maps if a is not b) > 0.01  # all differ
    with ThreadPoolExecutor(8) as pool:
        repeated = jobs * 3
        found = pool.map(lambda job: single(small, pictures[job[0]], job[1]), repeated)
        for job, result in zip(repeated, found, strict=True):
            assert np.abs(result.saliency_map - serial[job].saliency_map).max() < 1e-6
            assert result.logits == pytest.approx(serial[job].logits, abs=1e-5)


def test_a_class_that_no_feature_speaks_for_has_an_all_zero_map(drawing: torch.Tensor) -> None:
    network = make_network("resnet18", drawing)
    linear = network.pooled_linear
    assert linear is not None
    linear.weight[1] = -linear.weight[1].abs()
    assert single(network, drawing, target=1).saliency_map.max() == 0
    assert single(network, drawing, target=0).saliency_map.max() > 0.99


def test_a_dead_baseline_has_an_all_zero_map(drawing: torch.Tensor) -> None:
    network = make_network("baseline_cnn", drawing)
    network.backbone.conv2.bias.fill_(-1e3)  # no place passes the ReLU behind it
    for target in (0, 1):
        found = single(network, drawing, target)
        assert found.saliency_map.max() == 0
        assert found.saliency_map.shape == (224, 224)


# --- from the network's view to the picture


def test_squeezed_the_map_is_stretched_over_the_whole_picture() -> None:
    view = np.zeros((224, 224), np.float32)
    view[:, :112] = 1
    whole = on_picture(view, 448, 100, "squeeze")
    assert whole.shape == (100, 448)
    assert whole.dtype == np.float32
    assert (whole[:, :222] == 1).all()
    assert (whole[:, 226:] == 0).all()


def test_cropped_the_map_lies_on_the_middle_square_and_is_0_beside_it() -> None:
    random = np.random.default_rng(0)
    view = random.random((224, 224), dtype=np.float32)
    wide = on_picture(view, 300, 224, "crop")
    assert np.array_equal(wide[:, 38:262], view)
    assert wide[:, :38].max() == wide[:, 262:].max() == 0
    high = on_picture(view, 224, 301, "crop")
    assert np.array_equal(high[38:262], view)
    assert high[:38].max() == high[262:].max() == 0


@pytest.mark.parametrize("geometry", ["squeeze", "crop"])
def test_a_spot_lands_where_the_picture_has_it(geometry: str) -> None:
    # A white spot in a black picture, taken to the network's view and back, is where it was.
    from PIL import Image

    pixels = np.zeros((300, 500, 3), np.uint8)
    pixels[200:220, 330:350] = 255
    view = to_tensor(Image.fromarray(pixels), geometry)[0].numpy()  # type: ignore[arg-type]
    back = on_picture(view, 500, 300, geometry)  # type: ignore[arg-type]
    y, x = (float((back * axis).sum() / back.sum()) for axis in np.mgrid[0:300, 0:500])
    assert (y, x) == pytest.approx((209.5, 339.5), abs=0.3)
