"""Pictures to calibrated probabilities, a verdict at the model's operating point, and its map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import checkpoints, preprocessing
from core.assessment import three_answers
from core.assessment.assess import Assessment
from core.calibration import calibrated, margin_at, moved
from core.labels import CLASSES, Answer, margin
from core.look import Explanation, Look
from core.results.card import Calibration, Card
from core.runtime.between import Between, go_on

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from core.assessment.picture_kind import Gate
    from core.assessment.quality import Quality
    from core.networks.lesion_network import LesionNetwork

BATCH = 32  # pictures in one forward pass of `probabilities`; memory, not the result, depends on it


@dataclass(frozen=True)
class Prepared:
    """A picture as a model takes it, float32 (3, side, side) in [0, 1], and how good it is."""

    network_input: torch.Tensor
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
        """Malignant minus benign logit of RGB pictures, shape (N,), before calibration.

        That of a kind with a calibration of its own is moved to where the usual one says its P.
        """
        return self.margins_of_inputs(self.network_input(image) for image in images)

    def margins_of_inputs(
        self,
        network_inputs: Iterable[torch.Tensor],
        at_once: int | None = None,
        done: Callable[[int], object] = int,
    ) -> NDArray[np.float64]:
        """``margins`` of pictures (3, side, side) in [0, 1], ``at_once`` in a forward pass.

        ``done`` hears after each how many pictures that makes.
        """
        import torch

        waiting = iter(network_inputs)
        found = [np.empty(0)]
        with torch.inference_mode():
            while some := list(islice(waiting, at_once or BATCH)):
                batch = torch.stack(some)
                if self.card.calibration_by_kind:
                    found.append(self.margins_and_summaries(batch)[0])
                else:
                    found.append(margin(self.network(batch).double()).numpy())
                done(sum(map(len, found)))
        return np.concatenate(found)

    def margins_and_summaries(
        self, network_input: torch.Tensor
    ) -> tuple[NDArray[np.float64], torch.Tensor]:
        """What assessing pictures (N, 3, side, side) takes, without a map: (N,), (N, S)."""
        import torch

        with torch.inference_mode():
            early, late = self.network.early_and_late_features(network_input)
            lead = margin(self.network.head(late).double()).numpy()
            summaries = self.network.summary(early, late)
        if not self.card.calibration_by_kind:
            return lead, summaries
        kinds = [self.for_summary(one).card.calibration for one in summaries]
        return np.array([self._moved(*pair) for pair in zip(lead, kinds, strict=True)]), summaries

    def for_summary(self, summary: torch.Tensor) -> Classifier:
        """This classifier as it serves a picture of that summary (S,): by its kind's calibration.

        What is worked out from one picture (attacks, tones, hidden parts) begins with it, as a
        changed picture must not be answered by another kind's.
        """
        from core.assessment import picture_kind

        if self.gate is None or not self.card.calibration_by_kind:
            return self
        (kind,) = self.gate.kinds(picture_kind.signature(summary[None]))
        own = self.card.calibration_by_kind.get(kind)
        usual = own or self.card.calibration
        return replace(self, card=replace(self.card, calibration=usual, calibration_by_kind={}))

    def for_input(self, network_input: torch.Tensor) -> Classifier:
        """``for_summary`` of a picture (3, side, side) in [0, 1]."""
        if self.gate is None or not self.card.calibration_by_kind:
            return self
        return self.for_summary(self.margins_and_summaries(network_input[None])[1][0])

    def _moved(self, lead: float, own: Calibration) -> float:
        """A network's margin that means by the usual calibration what it means by ``own``."""
        return float(moved(np.array(lead), own, self.card.calibration))

    def network_input(self, image: Image.Image) -> torch.Tensor:
        """The picture as this model takes it: float32 (3, side, side) in [0, 1]."""
        return preprocessing.to_tensor(image, self.geometry, self.card.side)

    def look(
        self,
        network_input: torch.Tensor,
        target: int | None = None,
        method: str = "Grad-CAM++",
        between: Between = go_on,
    ) -> list[Look]:
        """Everything about pictures (N, 3, side, side) in [0, 1], in one forward pass for all.

        ``target`` is the class that the map explains, by default the answer. ``method`` is a name
        in ``core.saliency.methods.METHODS``; ``ValueError`` for another. ``between`` is called
        between two batches of a method that takes several.
        """
        from core.saliency import methods

        found = methods.saliency_maps(
            self.network, network_input, target, self.margin_threshold, method, between
        )
        looks = []
        for shown, one in zip(network_input, found, strict=True):
            lead, own = float(margin(one.logits)), self.for_summary(one.summary)
            probability = float(calibrated(np.array(lead), own.card.calibration))
            answer, kept = self.answer(probability), one.saliency_map
            if target is None and CLASSES[one.target] != answer:  # its kind's answer is the other
                (again,) = methods.saliency_maps(
                    self.network, shown[None], CLASSES.index(answer), 0.0, method, between
                )
                kept = again.saliency_map
            as_usual = self._moved(lead, own.card.calibration)
            looks.append(Look(as_usual, probability, answer, kept, one.summary))
        return looks

    def explain(
        self, image: Image.Image, method: str = "Grad-CAM++", between: Between = go_on
    ) -> Explanation:
        """Probability, answer and saliency map of one RGB picture; ``method`` as in ``look``."""
        shown = self.network_input(image)[None]
        (found,) = self.look(shown, method=method, between=between)
        return Explanation(**vars(found), size=image.size, geometry=self.geometry)

    def assess(self, image: Image.Image) -> Assessment:
        """What one RGB picture is, what the model answers, and what to be wary of."""
        return self.assess_prepared([self.prepare(image)])[0]

    def prepare(self, image: Image.Image) -> Prepared:
        """All that ``assess_prepared`` needs of an RGB picture, which may then be forgotten."""
        from core.assessment import quality

        return Prepared(self.network_input(image), quality.measure(image))

    def assess_prepared(self, batch: Sequence[Prepared]) -> list[Assessment]:
        """``assess`` of several pictures, in one forward pass for all."""
        import torch

        if not batch:
            return []
        margins, summaries = self.margins_and_summaries(
            torch.stack([one.network_input for one in batch])
        )
        probabilities = calibrated(margins, self.card.calibration)
        return [
            self._assessed(one.quality, float(probability), features)
            for one, probability, features in zip(batch, probabilities, summaries, strict=True)
        ]

    def assess_explained(self, image: Image.Image, explanation: Look) -> Assessment:
        """``assess`` for a picture that was just looked at whole: no second forward pass."""
        from core.assessment.quality import measure

        quality = measure(image)
        return self._assessed(quality, explanation.probability, explanation.summary)

    def _assessed(self, quality: Quality, probability: float, summary: torch.Tensor) -> Assessment:
        from core.assessment import assess, picture_kind

        limits = self.card.limits
        content = kind = None
        if self.gate:
            features = picture_kind.signature(summary[None])
            (found,), (kind,) = (
                self.gate.contents(features, quality.blobs[None]), self.gate.kinds(features)
            )  # fmt: skip
            judged = limits.kinds_judged if limits else ()
            # what has no colours has none of skin's either, whatever it shows
            may_be_skin = quality.is_skin or quality.is_grey
            content = picture_kind.by_colour(found, judged, may_be_skin)
        said = three_answers.judged(probability, self.card, kind)
        return assess.assess(content, said, probability, quality, limits)

    def answer(self, probability: float) -> Answer:
        """The verdict at the model's operating point."""
        return self.card.answer(probability)

    @property
    def margin_threshold(self) -> float:
        """The operating point as a logit difference: malignant is answered from here up."""
        return margin_at(self.card.threshold, self.card.calibration)

    @property
    def geometry(self) -> preprocessing.Geometry:
        return "crop" if self.card.geometry == "crop" else "squeeze"


def load(name: str, folder: Path | None = None) -> Classifier:
    """The model called ``name``, from ``checkpoints.FOLDER`` where no other folder is named.

    Batch norms are folded where the network can: EfficientNet-Lite0 takes a fifth less processor
    time. Raises ``core.checkpoints.CheckpointRejected``.
    """
    card = checkpoints.card(name, folder)
    network = checkpoints.load_network(name, folder).with_norms_folded()
    return Classifier(card, network, checkpoints.load_gate(card, folder))


def load_for_threads(name: str, folder: Path | None = None) -> Classifier:
    """``load`` for a process whose own threads judge pictures: torch computes on one thread each.

    With torch's pool on top of them, one forward pass on a busy two-core machine took 21 times as
    long.
    """
    import torch

    torch.set_num_threads(1)
    return load(name, folder)


def load_for_serving(name: str) -> Classifier:
    """``load_for_threads`` for a server of visitors, whose freed memory goes back to the system."""
    from core.runtime import memory, torch_import

    memory.be_frugal()
    torch_import.import_torch()
    return load_for_threads(name)
