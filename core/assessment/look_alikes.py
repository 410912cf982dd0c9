"""The pictures a network learned from that look most alike to one, by the network's own features.

Alike is the cosine between two pictures' features at the network's end, each channel's mean, less
the mean of all reference pictures. It is no proof: two pictures may be near for what they share of
light, ruler or skin, and a network that errs about one errs about its neighbours.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.pictures import reference
from core.pictures.reference import ReferencePicture
from core.results.card import Card
from core.results.json_files import ResultsRejected
from core.results.look_alikes import FEATURES, LookAlikesRecord, read_look_alikes

if TYPE_CHECKING:
    import torch

SHOWN, VOTERS = 6, 20
Features = NDArray[np.float32]


@dataclass(frozen=True)
class Alike:
    """The ``SHOWN`` nearest, and of the ``of`` nearest how many are malignant.

    ``far`` if even the nearest is farther than is usual among pictures of these collections.
    """

    nearest: tuple[ReferencePicture, ...]
    malignant: int
    of: int
    far: bool


@dataclass(frozen=True)
class LookAlikes:
    """Reference pictures with their features, float32 (N, D) of length 1, less ``mean`` (D,)."""

    record: LookAlikesRecord
    pictures: tuple[ReferencePicture, ...]
    directions: Features
    mean: Features

    def likest(self, summary: torch.Tensor) -> Alike:
        """What is most alike to a picture of that ``LesionNetwork.summary`` (S,)."""
        near = self.cosines(late(summary[None].numpy(), len(self.mean)))[0]
        order = np.argsort(-near, kind="stable")
        voters = order[:VOTERS]
        return Alike(
            nearest=tuple(self.pictures[i] for i in order[:SHOWN]),
            malignant=sum(self.pictures[i].label == "malignant" for i in voters),
            of=len(voters),
            far=bool(near[order[0]] < self.record.far_below),
        )

    def cosines(self, features: Features) -> Features:
        """Of pictures' features (M, D) with each reference picture: (M, N)."""
        return np.asarray(directions(features, self.mean) @ self.directions.T)


def late(summaries: NDArray[np.float32], width: int) -> Features:
    """The features at the network's end, (M, width), of summaries (M, S), which end in them."""
    return np.asarray(summaries[:, -width:], dtype=np.float32)


def directions(features: Features, mean: Features) -> Features:
    """Features (M, D) less their mean, to length 1."""
    apart = features - mean
    length = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.asarray(np.divide(apart, length, out=np.zeros_like(apart), where=length > 0))


def to_bytes(features: Features) -> bytes:
    """Features as a safetensors file, in half precision: cosines differ by less than 0.001."""
    from safetensors.numpy import save

    return save({"features": np.ascontiguousarray(features, np.float16)})


def read(card: Card, root: Path, folder: Path = reference.FOLDER) -> LookAlikes | None:
    """The reference pictures as the model of that card under ``root`` sees them.

    ``None`` where there are none, or where the features are of other weights or pictures: then
    nothing is shown.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        record = read_look_alikes(card, root)
        if record is None:
            return None
        data = (root / card.name / FEATURES).read_bytes()
        if hashlib.sha256(data).hexdigest() != record.features_sha256:
            return None
        features = load(data)["features"].astype(np.float32)
    except (ResultsRejected, OSError, SafetensorError, KeyError):
        return None
    there = {one.file: one for one in reference.read_reference(folder)}
    if len(features) != len(record.files) or not set(record.files) <= there.keys():
        return None
    mean = features.mean(axis=0)
    pictures = tuple(there[file] for file in record.files)
    return LookAlikes(record, pictures, directions(features, mean), mean)
