"""Other saliency methods, for those who want to compare.

Grad-CAM, Eigen-CAM and Layer-CAM are pytorch-grad-cam's. The library hangs hooks on a network and
writes gradients to its parameters, so two threads on one network would get each other's maps. Here
it is given what stands behind the features alone, a module of its own for each picture, on which
it works without a pass through the rest. Importing it costs about 35 MiB (OpenCV), so nobody pays
who does not ask; scikit-learn and matplotlib, which it imports for factorisations and plots that
are not used here, would be 80 more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.runtime import stub_import
from core.runtime.between import Between, go_on

if TYPE_CHECKING:
    import torch

    from core.networks.lesion_network import LesionNetwork
    from core.saliency.grad_cam import Saliency


@dataclass(frozen=True)
class Method:
    """``library_class`` in pytorch_grad_cam, if not computed here; what it does."""

    library_class: str | None
    what: str


DEFAULT, SCORE_CAM = "Grad-CAM++", "Score-CAM"
METHODS: dict[str, Method] = {
    DEFAULT: Method(None, "weights each feature by where its gradient is positive"),
    "Grad-CAM": Method("GradCAM", "weights each feature by its mean gradient"),
    SCORE_CAM: Method(
        None,
        "weights each feature by the answer when only what it shows is left, for the 28 features "
        "that vary most over the picture; takes some seconds",
    ),
    "Eigen-CAM": Method("EigenCAM", "the main direction of the features; the answer plays no part"),
    "Layer-CAM": Method("LayerCAM", "weights each place of each feature by its own gradient"),
}

_UNUSED: stub_import.StandIns = {
    "sklearn": {}, "sklearn.decomposition": {"KernelPCA": None, "NMF": None},
    "matplotlib": {}, "matplotlib.pyplot": {}, "matplotlib.lines": {"Line2D": None},
}  # fmt: skip


def saliency_maps(
    network: LesionNetwork,
    network_input: torch.Tensor,
    target: int | None = None,
    margin_threshold: float = 0.0,
    method: str = DEFAULT,
    between: Between = go_on,
) -> list[Saliency]:
    """Logits and map of each picture (N, 3, H, W) by a method named in ``METHODS``.

    ``target`` and ``margin_threshold`` are as in ``grad_cam.grad_cam_plus_plus``. ``between`` is
    called between two batches of a method that takes several. Raises ``ValueError`` for a method
    that is not there.
    """
    from core.saliency import grad_cam

    if method not in METHODS:
        raise ValueError(f"no saliency method called {method!r}; there are {', '.join(METHODS)}")
    if method == DEFAULT:
        return grad_cam.grad_cam_plus_plus(network, network_input, target, margin_threshold)
    return [_one(network, x, target, margin_threshold, method, between) for x in network_input]


def _one(
    network: LesionNetwork,
    x: torch.Tensor,
    target: int | None,
    margin_threshold: float,
    method: str,
    between: Between,
) -> Saliency:
    import torch

    from core.saliency import grad_cam

    with torch.inference_mode():
        early, late = network.early_and_late_features(x[None])
        logits = network.head(late)[0]
    chosen = grad_cam.choose(logits, margin_threshold) if target is None else target
    if method == SCORE_CAM:
        from core.saliency.score_cam import score_cam

        cam = score_cam(network, x, late[0], chosen, between)
    else:
        cam = _by_library(str(METHODS[method].library_class), network, late, chosen)
    saliency_map = grad_cam.enlarged(cam, x.shape[-2:])
    return grad_cam.Saliency(
        logits.double().numpy(), chosen, saliency_map, network.summary(early, late)[0]
    )


def _by_library(
    name: str, network: LesionNetwork, features: torch.Tensor, target: int
) -> torch.Tensor:
    """The library's map (h, w) of features (1, C, h, w)."""
    import torch

    from core.networks import torchvision_import

    torchvision_import.import_without_compiler()  # the library imports torchvision
    stub_import.without("pytorch_grad_cam", _UNUSED)
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    behind = _behind(network)
    kind = getattr(pytorch_grad_cam, name)
    if kind is pytorch_grad_cam.EigenCAM:
        kind = type("ThinEigenCAM", (kind,), {"get_cam_image": _first_component})
    own = features.clone().requires_grad_()  # the parameters are frozen: these have the gradient
    with torch.enable_grad(), kind(behind, [behind.tap]) as cam:
        view = cam(own, targets=[ClassifierOutputTarget(target)])[0]
    return torch.from_numpy(np.nan_to_num(view).astype(np.float32))


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


def _behind(network: LesionNetwork) -> Any:
    """What stands behind the features, as a module of its own with a place for hooks."""
    import torch
    from torch import nn

    class Behind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tap = nn.Identity()
            self.place = nn.Parameter(torch.empty(0), requires_grad=False)  # tells the device

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return network.head(self.tap(features))

    return Behind().eval()
