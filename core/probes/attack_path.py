"""One picture under attack and noise: what a model answers at each strength, and where it looks.

Nobody knows the label of a visitor's picture, so an attack raises the loss of the model's own
answer. The gradient of a picture is computed once (``prepare``); from there on any strength costs
one forward pass (``look``). Changes that need no gradient ask for none (``seen``).

``Path`` is PGD whose radius grows as it goes: each stretch follows the sign of the gradient at the
point where the stretch begins, and a point's distance (L-infinity) from the picture never exceeds
the radius it belongs to. It starts at the picture itself, not at random. So one walk holds an
attack for every radius, and the curve's points are its steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.calibration import calibrated
from core.classifier import Classifier
from core.labels import BENIGN, MALIGNANT, Answer, margin
from core.look import Look
from core.probes import attacks
from core.results.stressed_example import EPSILONS, TURNS
from core.runtime.between import Between, go_on

MOST = EPSILONS[-1]
_HALVINGS = 6
_WALK = 0.2  # the share of a curve's time that its path takes, about
# Pictures in a forward pass: three cost less than three single ones. Ten do not fit a processor's
# caches: half as much time again a picture in a DenseNet169, and 160 MB for a moment.
_CHUNK = 3
# A map is enlarged from at most 28 x 28 places, so every 8th of its 224 pixels says all of it.
_EVERY = 8


@dataclass(frozen=True)
class Seen:
    """A picture as a model takes it, float32 (3, side, side), and what the model makes of it."""

    x: torch.Tensor
    clean: Look

    @property
    def label(self) -> int:
        """The class whose loss is raised."""
        return _label(self.clean.answer)

    def served_by(self, model: Classifier) -> Classifier:
        """The model as it answers this picture, by the calibration of its kind."""
        return model.for_summary(self.clean.summary)


@dataclass(frozen=True)
class Subject(Seen):
    """A picture that can be attacked: ``direction`` int8 (3, side, side) is what ``x`` moves along.

    It is the sign of the gradient of the loss of ``clean.answer``.
    """

    direction: torch.Tensor

    @property
    def vanishes(self) -> bool:
        """Whether the gradient is zero everywhere: then no attack by gradients can work."""
        return not bool(self.direction.any())


@dataclass(frozen=True)
class Path:
    """The walk described above: ``radii[i]`` is where ``directions[i]`` (int8) begins to count."""

    x: torch.Tensor
    radii: tuple[float, ...]
    directions: tuple[torch.Tensor, ...]

    def at(self, epsilon: float) -> torch.Tensor:
        """The attack of that radius, float32 (3, side, side) in [0, 1]."""
        ends = (*self.radii[1:], 1.0)
        point = self.x[None]
        for start, end, direction in zip(self.radii, ends, self.directions, strict=True):
            if epsilon > start:
                point = attacks.along(point, direction[None], min(epsilon, end) - start)
        return point[0]


@dataclass(frozen=True)
class AttackCurves:
    """P(malignant) at each of ``EPSILONS``, and the path that PGD's points lie on."""

    fgsm: tuple[float, ...]
    pgd: tuple[float, ...]
    noise: tuple[float, ...]
    path: Path


def seen(model: Classifier, x: torch.Tensor) -> Seen:
    """A picture (3, side, side) in [0, 1] with its answer and map: one pass.

    Raises ``ValueError``, naming x, for another shape, range, or NaN.
    """
    attacks.check_pictures(x[None])
    (clean,) = model.look(x[None])
    return Seen(x, clean)


def prepare(model: Classifier, x: torch.Tensor, found: Seen | None = None) -> Subject:
    """A picture (3, side, side) in [0, 1] with its answer, map and gradient: about three passes.

    ``found`` is what ``seen`` gave of it, if it was asked before. Raises as ``seen`` does.
    """
    found = found or seen(model, x)
    gradient = attacks.input_gradient(model.network, x[None], torch.tensor([found.label]))[0]
    return Subject(x, found.clean, gradient.sign().to(torch.int8))


def fgsm(subject: Subject, epsilon: float) -> torch.Tensor:
    """The one-step attack, (3, side, side)."""
    return attacks.along(subject.x[None], subject.direction[None], epsilon)[0]


def curve(model: Classifier, subject: Subject, seed: int, between: Between = go_on) -> AttackCurves:
    """P(malignant) along one step, along ``Path`` and along a seeded noise of the same size.

    Up to the path's first turn it is the one step, and at 0 all three are the picture: points that
    are alike are computed once, and where the path turns its gradient's pass gives the point.
    """
    model = subject.served_by(model)
    path, turns = walk(model, subject, lambda share: between(_WALK * share))
    noise = attacks.signs(subject.x[None], [seed]).to(torch.int8)[0]
    shared = [epsilon for epsilon in EPSILONS if 0 < epsilon <= TURNS[0]]
    further = [epsilon for epsilon in EPSILONS if epsilon > TURNS[0]]
    wanted = {
        **{("pgd", e): path.at(e) for e in (*shared, *further) if e not in TURNS},
        **{("fgsm", e): fgsm(subject, e) for e in further},
        **{
            ("noise", e): attacks.along(subject.x[None], noise[None], e)[0]
            for e in (*shared, *further)
        },
    }
    chances = _probabilities(
        model, list(wanted.values()), lambda share: between(_WALK + (1 - _WALK) * share)
    )
    found = dict(zip(wanted, chances, strict=True))
    found |= {("pgd", e): p for e, p in zip(TURNS, turns, strict=True)}
    found |= {("fgsm", e): found["pgd", e] for e in shared}
    found |= {(kind, 0.0): subject.clean.probability for kind in ("fgsm", "pgd", "noise")}
    fgsm_, pgd_, noise_ = (
        tuple(found[kind, e] for e in EPSILONS) for kind in ("fgsm", "pgd", "noise")
    )
    return AttackCurves(fgsm_, pgd_, noise_, path)


def walk(model: Classifier, subject: Subject, between: Between = go_on) -> tuple[Path, list[float]]:
    """The path, with P(malignant) at each of ``TURNS``."""
    model = subject.served_by(model)
    label = torch.tensor([subject.label])
    probabilities: list[float] = []
    path = Path(subject.x, (0.0,), (subject.direction,))
    for number, radius in enumerate(TURNS, 1):
        gradient, logits = attacks.gradient_and_logits(model.network, path.at(radius)[None], label)
        direction = gradient[0].sign().to(torch.int8)
        path = Path(subject.x, (*path.radii, radius), (*path.directions, direction))
        lead = margin(logits.double()).numpy()
        probabilities.append(float(calibrated(lead, model.card.calibration)[0]))
        between(number / len(TURNS))
    return path, probabilities


def smallest_flip(model: Classifier, subject: Subject, curve: AttackCurves) -> float | None:
    """The smallest epsilon in (0, ``MOST``] at which the one step turns the answer round.

    Bisection between the first point of the curve that is answered otherwise and the one before:
    within a 64th of their distance, and answered otherwise for certain. ``None`` where no point is.
    """
    model = subject.served_by(model)
    flipped = [model.answer(p) != subject.clean.answer for p in curve.fgsm]
    if not any(flipped):
        return None
    first = flipped.index(True)
    low, high = EPSILONS[first - 1], EPSILONS[first]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        (probability,) = _probabilities(model, [fgsm(subject, middle)])
        if model.answer(probability) == subject.clean.answer:
            low = middle
        else:
            high = middle
    return high


def agreement(first: NDArray[np.float32], second: NDArray[np.float32]) -> float | None:
    """Spearman's rank correlation of two maps, in [-1, 1]; ``None`` where one is the same all over.

    Spearman 1904, *American Journal of Psychology* 15; places of one value share their mean rank.
    """
    import pandas as pd  # its ranks: scipy.stats would cost a small host 45 MB

    if first.shape != second.shape:
        raise ValueError(f"maps {first.shape} and {second.shape} differ in shape")
    offset = _EVERY // 2
    a, b = (m[offset::_EVERY, offset::_EVERY].ravel() for m in (first, second))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(pd.Series(a).rank().corr(pd.Series(b).rank()))


def _label(answer: Answer) -> int:
    return MALIGNANT if answer == "malignant" else BENIGN


def _probabilities(
    model: Classifier, pictures: list[torch.Tensor], between: Between = go_on
) -> list[float]:
    margins = model.margins_of_inputs(pictures, _CHUNK, lambda n: between(n / len(pictures)))
    return [float(p) for p in calibrated(margins, model.card.calibration)]
