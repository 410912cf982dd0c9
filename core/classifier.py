"""Pictures to calibrated probabilities, a verdict at the model's operating point, and its map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import checkpoints, preprocessing
from core.assessment import three_answers
from core.assessment.assess import Assessment
from core.labels import Answer, Judgement
from core.results.card import Calibration, Card

if TYPE_CHECKING:
    import torch

    from core.assessment.picture_kind import Gate
    from core.assessment.quality import Quality
    from core.networks.lesion_network import LesionNetwork

BATCH = 32  # pictures in one forward pass of `probabilities`; memory, not the result, depends on it


def calibrated(margin: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """P(malignant) of logit differences (malignant minus benign), any shape."""
    z = calibration.slope * margin + calibration.intercept
    return 0.5 * (1 + np.tanh(z / 2))  # the sigmoid, without overflow at either end


@dataclass(frozen=True)
class Explanation:
    """What the model makes of one picture, and where it looked.

    ``view`` is the map over the network's own square view, float32 (224, 224) in [0, 1];
    ``heatmap`` is the same over the picture. It shows the evidence for ``answer``; all zero means
    that no place spoke for it. ``middle`` (C, h, w) is what a gate judges the picture's kind by.
    """

    probability: float
    answer: Answer
    view: NDArray[np.float32]
    size: tuple[int, int]
    geometry: preprocessing.Geometry
    middle: torch.Tensor

    @cached_property
    def heatmap(self) -> NDArray[np.float32]:
        """float32 (H, W) of the picture's size, values in [0, 1]."""
        return self.heatmap_at(*self.size)

    def heatmap_at(self, width: int, height: int) -> NDArray[np.float32]:
        """The map for a copy of the picture that is ``width`` x ``height`` pixels."""
        from core.saliency import grad_cam

        return grad_cam.on_picture(self.view, width, height, self.geometry)


@dataclass(frozen=True)
class Prepared:
    """A picture as a model takes it, float32 (3, side, side) in [0, 1], and how good it is."""

    x: torch.Tensor
    quality: Quality


@dataclass(frozen=True)
class Classifier:
    """A network with its card. It holds no state: any number of threads may share one."""

    card: Card
    network: LesionNetwork
    gate: Gate | None = None

    def probabilities(self, images: Sequence[Image.Image]) -> NDArray[np.float64]:
        """Calibrated P(malignant) of RGB pictures, shape (N,)."""
        return calibrated(self.margins(images), self.card.calibration)

    def margins(self, images: Sequence[Image.Image]) -> NDArray[np.float64]:
        """Malignant minus benign logit of RGB pictures, shape (N,), before calibration."""
        import torch

        parts = [np.empty(0)]
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                batch = torch.stack([self.tensor(image) for image in images[start : start + BATCH]])
                logits = self.network(batch).double()  # (B, 2)
                parts.append((logits[:, 1] - logits[:, 0]).numpy())
        return np.concatenate(parts)

    def tensor(self, image: Image.Image) -> torch.Tensor:
        """The picture as this model takes it: float32 (3, side, side) in [0, 1], side 224."""
        return preprocessing.to_tensor(image, self.geometry, self.card.side)

    def explain(self, image: Image.Image, method: str = "Grad-CAM++") -> Explanation:
        """Probability, answer and saliency map of one RGB picture.

        ``method`` is a name in ``core.saliency.methods.METHODS``; ``ValueError`` for another.
        """
        from core.saliency import methods

        found = methods.explain(self.network, self.tensor(image), method, self.cut)
        probability = float(calibrated(found.logits[1] - found.logits[0], self.card.calibration))
        return Explanation(
            probability=probability,
            answer=self.answer(probability),
            view=found.map,
            size=image.size,
            geometry=self.geometry,
            middle=found.middle,
        )

    def assess(self, image: Image.Image) -> Assessment:
        """What one RGB picture is, what the model answers, and what to be wary of."""
        return self.assess_prepared([self.prepare(image)])[0]

    def prepare(self, image: Image.Image) -> Prepared:
        """All that ``assess_prepared`` needs of an RGB picture, which may then be forgotten."""
        from core.assessment import quality

        return Prepared(self.tensor(image), quality.measure(image))

    def assess_prepared(self, batch: Sequence[Prepared]) -> list[Assessment]:
        """``assess`` of several pictures, in one forward pass for all."""
        import torch

        if not batch:
            return []
        with torch.inference_mode():
            x = torch.stack([one.x for one in batch])
            features, middle = self.network.features_and_middle(x)
            logits = self.network.head(features).double().numpy()
        probabilities = calibrated(logits[:, 1] - logits[:, 0], self.card.calibration)
        return [
            self._assessed(one.quality, float(probability), half)
            for one, probability, half in zip(batch, probabilities, middle, strict=True)
        ]

    def assess_explained(self, image: Image.Image, explanation: Explanation) -> Assessment:
        """``assess`` for a picture that ``explain`` has just looked at: no second forward pass."""
        from core.assessment.quality import measure

        quality = measure(image)
        return self._assessed(quality, explanation.probability, explanation.middle)

    def _assessed(self, quality: Quality, probability: float, middle: torch.Tensor) -> Assessment:
        from core.assessment import assess, picture_kind

        kind, bare_skin = None, False
        if self.gate:
            signature = picture_kind.signature(middle[None])
            kind, bare_skin = self.gate.kinds(signature)[0], self.gate.bare_skin(signature)[0]
        limits = self.card.limits
        said: Judgement = self.answer(probability)
        if limits:
            said = three_answers.answer(probability, limits.answers_for(kind))
        return assess.assess(kind, said, probability, quality, limits, bare_skin)

    def answer(self, probability: float) -> Answer:
        """The verdict at the model's operating point."""
        return "malignant" if probability >= self.card.threshold else "benign"

    @property
    def cut(self) -> float:
        """The operating point as a logit difference: malignant is answered from here up."""
        odds = self.card.threshold / (1 - self.card.threshold)
        return (math.log(odds) - self.card.calibration.intercept) / self.card.calibration.slope

    @property
    def geometry(self) -> preprocessing.Geometry:
        return "crop" if self.card.geometry == "crop" else "squeeze"


def load(name: str) -> Classifier:
    """The model called ``name``. Raises ``core.checkpoints.CheckpointRejected``."""
    card = checkpoints.card(name)
    return Classifier(card, checkpoints.load_network(name), checkpoints.load_gate(card))


def load_for_threads(name: str) -> Classifier:
    """``load`` for a process whose own threads judge pictures: torch computes on one thread each.

    With torch's pool on top of them, one forward pass on a busy two-core machine took 21 times as
    long.
    """
    import torch

    torch.set_num_threads(1)
    return load(name)


def load_for_serving(name: str) -> Classifier:
    """``load_for_threads`` for a server of visitors, whose freed memory goes back to the system."""
    from core.runtime import memory

    memory.be_frugal()
    return load_for_threads(name)
