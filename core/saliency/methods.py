"""Other saliency methods, from pytorch-grad-cam, for those who want to compare.

The library hangs hooks on the network and writes gradients to its parameters, so two threads on
one network get each other's maps. Here it works, under a lock, on a network of its own that
shares the weights' memory and is thrown away afterwards. Importing the library costs about 35 MiB
(OpenCV), so nobody pays who does not ask; scikit-learn and matplotlib, which it imports for
factorisations and plots that are not used here, would be 80 more.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.runtime import stub_import

if TYPE_CHECKING:
    import torch

    from core.networks.lesion_network import LesionNetwork
    from core.saliency.grad_cam import Saliency


@dataclass(frozen=True)
class Method:
    """``library_class`` in pytorch_grad_cam, if not computed by ``grad_cam``; what it does."""

    library_class: str | None
    what: str


DEFAULT = "Grad-CAM++"
METHODS: dict[str, Method] = {
    DEFAULT: Method(None, "weights each feature by where its gradient is positive"),
    "Grad-CAM": Method("GradCAM", "weights each feature by its mean gradient"),
    "Score-CAM": Method(
        "ScoreCAM", "weights each feature by the answer when only what it shows is left; slow"
    ),
    "Eigen-CAM": Method("EigenCAM", "the main direction of the features; the answer plays no part"),
    "Layer-CAM": Method("LayerCAM", "weights each place of each feature by its own gradient"),
}

_UNUSED: stub_import.StandIns = {
    "sklearn": {}, "sklearn.decomposition": {"KernelPCA": None, "NMF": None},
    "matplotlib": {}, "matplotlib.pyplot": {}, "matplotlib.lines": {"Line2D": None},
}  # fmt: skip
_lock = threading.Lock()


def saliency_maps(
    network: LesionNetwork,
    network_input: torch.Tensor,
    target: int | None = None,
    margin_threshold: float = 0.0,
    method: str = DEFAULT,
) -> list[Saliency]:
    """Logits and map of each picture (N, 3, H, W) by a method named in ``METHODS``.

    ``target`` and ``margin_threshold`` are as in ``grad_cam.grad_cam_plus_plus``. Raises
    ``ValueError`` for a method that is not there.
    """
    from core.saliency import grad_cam

    if method not in METHODS:
        raise ValueError(f"no saliency method called {method!r}; there are {', '.join(METHODS)}")
    name = METHODS[method].library_class
    if name is None:
        return grad_cam.grad_cam_plus_plus(network, network_input, target, margin_threshold)
    with _lock:
        return [_by_library(name, network, x, target, margin_threshold) for x in network_input]


def _by_library(
    name: str, network: LesionNetwork, x: torch.Tensor, target: int | None, margin_threshold: float
) -> Saliency:
    import torch

    from core.networks import torchvision_import
    from core.saliency.grad_cam import Saliency, choose

    torchvision_import.lightly()  # the library imports torchvision
    stub_import.without("pytorch_grad_cam", _UNUSED)
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with torch.inference_mode():
        early, late = network.early_and_late_features(x[None])
        logits = network.head(late)[0]
    chosen = choose(logits, margin_threshold) if target is None else target
    twin = _twin(network)
    # The parameters are frozen; a picture that wants a gradient makes the features have one.
    batch = x[None].clone().requires_grad_()
    kind = getattr(pytorch_grad_cam, name)
    if kind is pytorch_grad_cam.EigenCAM:
        kind = type("ThinEigenCAM", (kind,), {"get_cam_image": _first_component})
    with torch.enable_grad(), kind(twin, [twin.tap]) as cam:
        saliency_map = cam(batch, targets=[ClassifierOutputTarget(chosen)])[0]
    # Score-CAM divides by a peak that may be 0
    finite = np.nan_to_num(saliency_map).astype(np.float32)
    return Saliency(logits.double().numpy(), chosen, finite, early[0])


def _first_component(_cam: object, *given: Any, **_named: Any) -> NDArray[np.float32]:
    """Eigen-CAM's map (N, h, w) of features (N, C, h, w), the library's fourth argument.

    The library asks for all of U, h w by h w: over 1 GB for the baseline's 109 x 109 places.
    The first right singular vector, which is all it uses, needs none of that.
    """
    maps = []
    for features in np.nan_to_num(given[3]):
        places = features.reshape(len(features), -1).T  # (h w, C)
        places = places - places.mean(axis=0)
        _, _, right = np.linalg.svd(places, full_matrices=False)
        maps.append((places @ right[0]).reshape(features.shape[1:]))
    return np.asarray(maps, dtype=np.float32)


def _twin(network: LesionNetwork) -> LesionNetwork:
    from core.networks.lesion_network import skeleton

    twin = skeleton(network.architecture)
    twin.backbone.load_state_dict(network.backbone.state_dict(), assign=True)
    twin.normalise = network.normalise  # constants, never written to
    return twin.requires_grad_(False).eval()
