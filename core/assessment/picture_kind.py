"""What kind of picture the network sees: dermoscopic, an ordinary photo of skin, or not skin.

A picture's signature is the mean and the spread, over all places, of each channel of the network's
map half way up. A kind of skin picture is the cloud of its pictures' signatures, and a picture is
as far from it as the Mahalanobis distance says (Lee et al. 2018, arXiv:1807.03888), in units of the
distance that nearly all pictures of the kind keep. Further than 1 from both clouds, it is not skin.
Which of the two a picture of skin is, is asked of Fisher's linear discriminant: the clouds overlap
in most directions, and their distances, each in its own unit, told a fifth of phone photos wrongly.
Covariances are shrunk (``training.assessment.gate_fit``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Floats
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, SKIN_KINDS, Kind

if TYPE_CHECKING:
    import torch

FILE = "limits.safetensors"


class GateRejected(ValueError):
    """The gate's file cannot be used; ``str()`` is a sentence that says why."""


def signature(middle: torch.Tensor) -> Floats:
    """Maps (N, C, h, w) to (N, 2 C): each channel's mean, then its standard deviation."""
    import torch

    places = middle.flatten(2).float()
    variance, mean = torch.var_mean(places, dim=2, correction=0)
    found = torch.cat([mean, variance.sqrt()], dim=1)
    return found.detach().double().numpy()


@dataclass(frozen=True)
class Cloud:
    """A kind's centre (D,), inverse covariance (D, D), and the distance nearly all keep."""

    centre: Floats
    precision: Floats
    reach: float

    def distance(self, signatures: Floats) -> Floats:
        """(N, D) to (N,): 1 is as far as nearly all pictures of the kind lie at most."""
        apart = signatures - self.centre
        squared = ((apart @ self.precision) * apart).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(squared, 0.0)) / self.reach)


@dataclass(frozen=True)
class Gate:
    """The clouds by kind, and where they part: a photo is a signature (D,) whose product with
    ``direction`` (D,) is more than ``border``; bare skin, where the gate knows it, is one whose
    product with ``bare_direction`` is more than ``bare_border``."""

    clouds: dict[Kind, Cloud]
    direction: Floats
    border: float
    bare_direction: Floats | None = None
    bare_border: float = 0.0

    def kinds(self, signatures: Floats) -> list[Kind]:
        """The kind of each of N signatures (N, D)."""
        distances = np.stack([cloud.distance(signatures) for cloud in self.clouds.values()])
        skin = distances.min(axis=0) <= 1
        photo = signatures @ self.direction > self.border
        return [
            NOT_SKIN if not inside else PHOTO if beyond else DERMOSCOPIC
            for inside, beyond in zip(skin, photo, strict=True)
        ]

    def bare_skin(self, signatures: Floats) -> list[bool]:
        """Whether each of N signatures (N, D) is of skin without a lesion; never, if the gate was
        not fitted to any."""
        if self.bare_direction is None:
            return [False] * len(signatures)
        return [bool(value > self.bare_border) for value in signatures @ self.bare_direction]


def to_bytes(gate: Gate) -> bytes:
    """The gate as a safetensors file."""
    from safetensors.numpy import save

    tensors = {
        "direction": gate.direction.astype(np.float32),
        "border": np.array([gate.border], np.float32),
    }
    if gate.bare_direction is not None:
        tensors["bare skin.direction"] = gate.bare_direction.astype(np.float32)
        tensors["bare skin.border"] = np.array([gate.bare_border], np.float32)
    for name, cloud in gate.clouds.items():
        tensors[f"{name}.centre"] = cloud.centre.astype(np.float32)
        tensors[f"{name}.precision"] = cloud.precision.astype(np.float32)
        tensors[f"{name}.reach"] = np.array([cloud.reach], np.float32)
    return save(tensors)


def read(path: Path, sha256: str) -> Gate:
    """The gate in ``path``, which must have that SHA-256. Raises ``GateRejected``."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    where = f"{path.parent.name}/{path.name}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GateRejected(f"{where} cannot be read.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise GateRejected(f"{where} is not the file its card describes (SHA-256 differs).")
    try:
        tensors = {key: value.astype(np.float64) for key, value in load(data).items()}
        clouds = {
            kind: Cloud(
                tensors[f"{kind}.centre"],
                tensors[f"{kind}.precision"],
                float(tensors[f"{kind}.reach"][0]),
            )
            for kind in SKIN_KINDS
        }
        bare = tensors.get("bare skin.direction")
        return Gate(
            clouds,
            tensors["direction"],
            float(tensors["border"][0]),
            bare,
            0.0 if bare is None else float(tensors["bare skin.border"][0]),
        )
    except (SafetensorError, KeyError, ValueError) as error:
        raise GateRejected(f"{where} holds no gate.") from error
