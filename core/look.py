"""What a model makes of one picture: probability, answer and the map of the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.labels import Answer
from core.preprocessing import Geometry

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Look:
    """What the model makes of a picture as its network is shown it, from one forward pass.

    ``margin`` is the malignant minus the benign logit as ``Classifier.margins`` gives it,
    ``probability`` the calibrated P(malignant).
    ``saliency_map``, float32 (side, side) in [0, 1], shows the evidence for ``answer`` (or for the
    class that was asked for); all zero means that no place spoke for it. ``summary``
    (S,) is what a gate judges the picture's kind by.
    """

    margin: float
    probability: float
    answer: Answer
    saliency_map: NDArray[np.float32]
    summary: torch.Tensor


@dataclass(frozen=True)
class Explanation(Look):
    """A look at a whole picture: ``heatmap`` is the saliency map over it."""

    size: tuple[int, int]
    geometry: Geometry

    @cached_property
    def heatmap(self) -> NDArray[np.float32]:
        """float32 (H, W) of the picture's size, values in [0, 1]."""
        return self.heatmap_at(*self.size)

    def heatmap_at(self, width: int, height: int) -> NDArray[np.float32]:
        """The map for a copy of the picture that is ``width`` x ``height`` pixels."""
        from core.saliency import grad_cam

        return grad_cam.on_picture(self.saliency_map, width, height, self.geometry)
