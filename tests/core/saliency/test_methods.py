from __future__ import annotations

import copy
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from core.networks import torchvision_import
from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.runtime.between import Between, go_on
from core.saliency import grad_cam, score_cam
from core.saliency.methods import DEFAULT, METHODS, saliency_maps
from tests.core.conftest import make_network

torchvision_import.prepare()
import pytorch_grad_cam  # noqa: E402
from pytorch_grad_cam.utils.image import scale_cam_image  # noqa: E402
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
CASES = [
    ("resnet18", "Grad-CAM"),
    ("resnet18", "Eigen-CAM"),
    ("resnet18", "Layer-CAM"),
    ("baseline_cnn", "Grad-CAM"),
    ("baseline_cnn", "Eigen-CAM"),
    ("baseline_cnn", "Layer-CAM"),
    ("baseline_cnn", "Score-CAM"),
]


@pytest.fixture(scope="module")
def networks(drawing: torch.Tensor) -> dict[str, LesionNetwork]:
    return {name: make_network(name, drawing) for name in ("resnet18", "baseline_cnn")}


def explain(
    network: LesionNetwork,
    x: torch.Tensor,
    method: str = DEFAULT,
    margin_threshold: float = 0.0,
    between: Between = go_on,
) -> grad_cam.Saliency:
    (found,) = saliency_maps(network, x[None], None, margin_threshold, method, between)
    return found


def directly(network: LesionNetwork, x: torch.Tensor, method: str, target: int) -> np.ndarray:
    if method == "Eigen-CAM" and network.pooled_linear is None:
        return eigen_cam_by_hand(network, x)
    twin = copy.deepcopy(network).requires_grad_(True)
    library_class = {
        "Grad-CAM": pytorch_grad_cam.GradCAM,
        "Score-CAM": pytorch_grad_cam.ScoreCAM,
        "Eigen-CAM": pytorch_grad_cam.EigenCAM,
        "Layer-CAM": pytorch_grad_cam.LayerCAM,
    }[method]
    with library_class(twin, [twin.tap]) as cam:
        return cam(x[None].clone(), targets=[ClassifierOutputTarget(target)])[0]


def eigen_cam_by_hand(network: LesionNetwork, x: torch.Tensor) -> np.ndarray:
    """What the library computes, less the 565 MiB of singular vectors that it has no use for."""
    with torch.inference_mode():
        features = network.features(x[None])[0]
    channels, height, width = features.shape
    places = features.numpy().reshape(channels, -1).T
    places = places - places.mean(axis=0)
    projection = places @ np.linalg.svd(places, full_matrices=False)[2][0]
    cam = projection.reshape(1, height, width).clip(min=0)
    return scale_cam_image(scale_cam_image(cam, (224, 224)))[0]


@pytest.mark.parametrize("method", METHODS)
def test_no_method_takes_100_mib_on_the_baselines_large_feature_map(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor, method: str
) -> None:
    tracemalloc.start()
    try:
        explain(networks["baseline_cnn"], drawing, method)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * 1024**2  # NumPy's; a server has 600 MiB for everything


def test_the_methods_on_offer_are_those_checked_here() -> None:
    assert set(METHODS) == {DEFAULT, *(method for _, method in CASES)}


@pytest.mark.parametrize(("name", "method"), CASES)
def test_a_library_method_gives_what_the_library_gives_and_leaves_the_network_alone(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor, name: str, method: str
) -> None:
    network = networks[name]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    margin = float(np.diff(explain(network, drawing).logits)[0])
    for target, cut in ((0, margin + 0.01), (1, margin - 0.01)):
        found = explain(network, drawing, method, cut)
        theirs = directly(network, drawing, method, target)
        assert found.target == target
        assert theirs.max() > 0.99
        assert found.saliency_map.dtype == np.float32
        assert found.saliency_map.shape == (224, 224)
        assert np.abs(found.saliency_map - theirs).max() < 1e-5
        assert np.diff(found.logits)[0] == pytest.approx(margin, abs=1e-5)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    for module in network.modules():
        assert not module.training
        assert not module._forward_hooks
        assert not module._backward_hooks
        assert not module._forward_pre_hooks
    assert not any(p.requires_grad or p.grad is not None for p in network.parameters())


def test_score_cam_asks_the_network_about_thirty_times_and_pauses_between_batches(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, asked, done = networks["resnet18"], [], []
    forward = LesionNetwork.forward

    def counted(self: LesionNetwork, x: torch.Tensor) -> torch.Tensor:
        asked.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(LesionNetwork, "forward", counted)
    found = explain(network, drawing, "Score-CAM", between=done.append)
    assert sum(asked) == score_cam.CHANNELS <= 30
    assert max(asked) <= 4
    assert done == sorted(done)
    assert (len(done), done[-1]) == (len(asked), 1.0)
    assert found.saliency_map.max() > 0.99


def test_the_channels_that_score_cam_asks_about_are_those_that_vary_most() -> None:
    features = torch.zeros(60, 7, 7)
    lively = torch.randperm(60, generator=torch.Generator().manual_seed(0))[: score_cam.CHANNELS]
    features += 5.0  # a channel may be large and say nothing
    features[lively, 2:4, 3] += 1.0
    assert score_cam.most_varied(features).tolist() == sorted(lively.tolist())


def test_a_computation_ends_where_its_pause_raises(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor
) -> None:
    class Left(BaseException):
        """As streamlit ends a script."""

    def leave(share: float) -> None:
        assert share < 0.5
        raise Left

    with pytest.raises(Left):
        explain(networks["resnet18"], drawing, "Score-CAM", between=leave)


def test_the_methods_differ_from_one_another(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor
) -> None:
    maps = [explain(networks["baseline_cnn"], drawing, method).saliency_map for method in METHODS]
    assert min(np.abs(a - b).max() for a in maps for b in maps if a is not b) > 0.01


def test_the_default_is_the_closed_form(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor
) -> None:
    found = explain(networks["resnet18"], drawing)
    (ours,) = grad_cam.grad_cam_plus_plus(networks["resnet18"], drawing[None])
    assert np.array_equal(found.saliency_map, ours.saliency_map)
    assert found.target == ours.target


def test_threads_on_one_network_get_their_own_maps_whatever_methods_they_mix(
    networks: dict[str, LesionNetwork],
) -> None:
    pictures = [to_tensor(draw_lesion(240, 240, seed=seed)) for seed in range(2)]
    methods = [DEFAULT, "Grad-CAM", "Layer-CAM"]
    for network in networks.values():
        jobs = [(i, method) for i in range(2) for method in methods]
        serial = {job: explain(network, pictures[job[0]], job[1]).saliency_map for job in jobs}
        with ThreadPoolExecutor(8) as pool:
            repeated = jobs * 2
            found = pool.map(
                lambda job, of=network: explain(of, pictures[job[0]], job[1]), repeated
            )
            for job, result in zip(repeated, found, strict=True):
                assert np.abs(result.saliency_map - serial[job]).max() < 1e-6


def test_a_map_that_is_empty_in_the_library_is_zero_and_not_nan(drawing: torch.Tensor) -> None:
    network = make_network("baseline_cnn", drawing)
    network.backbone.conv2.weight.zero_()
    network.backbone.conv2.bias.fill_(-1.0)
    for method in METHODS:
        view = explain(network, drawing, method).saliency_map
        assert np.isfinite(view).all()
        assert 0 <= view.min() <= view.max() <= 1


def test_an_unknown_method_is_an_error_that_names_those_there_are(
    networks: dict[str, LesionNetwork], drawing: torch.Tensor
) -> None:
    with pytest.raises(ValueError, match="'GradCAM'; there are Grad-CAM\\+\\+, Grad-CAM"):
        explain(networks["baseline_cnn"], drawing, "GradCAM")


def test_the_library_is_imported_only_when_someone_asks_for_it() -> None:
    script = """
import sys, torch
from core.networks import lesion_network
from core.saliency import methods
network = lesion_network.build("baseline_cnn").requires_grad_(False).eval()
heavy = {"pytorch_grad_cam", "cv2", "sklearn", "matplotlib"}
methods.saliency_maps(network, torch.rand(1, 3, 224, 224))
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
