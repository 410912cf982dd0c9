"""Changed pictures as a page shows and hands them over; the changes are ``attack_path``'s."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from core import preprocessing
from core.pictures import added, corruptions
from core.pictures.corruptions import SHIFTS
from core.probes import attack_path, attacks
from core.results.robustness import FGSM, GAUSSIAN, PGD, SIGN_NOISE


def changed(
    subject: attack_path.Seen,
    change: str,
    strength: float,
    seed: int,
    path: attack_path.Path | None = None,
) -> torch.Tensor:
    """The picture under an attack, a noise or a shift, float32 (3, side, side) in [0, 1].

    Shifts are made on the picture as the model takes it. FGSM needs a ``Subject``, with a
    gradient, and PGD its ``path``. Raises ``ValueError`` naming a bad argument.
    """
    x = subject.x[None]
    if change == FGSM:
        if not isinstance(subject, attack_path.Subject):
            raise ValueError("subject must have a gradient for FGSM")
        return attack_path.fgsm(subject, strength)
    if change == PGD:
        if path is None:
            raise ValueError("path must be given for PGD")
        return path.at(strength)
    if change == SIGN_NOISE:
        return attacks.sign_noise(x, strength, [seed])[0]
    if change == GAUSSIAN:
        return attacks.gaussian(x, strength, [seed])[0]
    if change not in SHIFTS:
        raise ValueError(f"change must be an attack, a noise or a shift, not {change!r}")
    shifted = corruptions.apply(picture(subject.x), change, strength, seed)
    return preprocessing.to_tensor(shifted, side=subject.x.shape[-1])


def picture(x: torch.Tensor) -> Image.Image:
    """A tensor (3, H, W) in [0, 1] as RGB, rounded to whole grey levels."""
    return Image.fromarray(_levels(x).round().astype(np.uint8))


def difference(before: torch.Tensor, after: torch.Tensor) -> tuple[Image.Image, int]:
    """What was added (3, H, W), on middle grey, and how many times it is magnified."""
    return added.difference(_levels(before), _levels(after))


def _levels(x: torch.Tensor) -> NDArray[np.float64]:
    """(H, W, 3) in 0..255."""
    return x.permute(1, 2, 0).double().numpy() * 255
