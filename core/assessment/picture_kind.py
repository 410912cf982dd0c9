"""What the network is shown: a dermoscopic picture, a photo of a lesion, bare skin, or neither.

Asked of the network's own features, half way up and at the end: a multinomial logistic regression,
fitted by ``training.assessment.gate_fit`` on pictures of all four. Where bare skin and other things
together lead lesions by more than a bound, the picture is stopped. This file says what is shown and
whether that is judged at all; ``assess`` decides 'not judged', and what a picture is stopped for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.arrays import Floats
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, Kind

if TYPE_CHECKING:
    import torch

Content = Literal["dermoscopic", "photo", "bare skin", "something else"]
BARE_SKIN: Content = "bare skin"
ELSE: Content = "something else"
CONTENTS: tuple[Content, ...] = (DERMOSCOPIC, PHOTO, BARE_SKIN, ELSE)  # type: ignore[assignment]
# How pages call each kind: bare skin is a photo of skin with no spot on it.
KIND_OF: dict[Content, Kind] = {
    "dermoscopic": DERMOSCOPIC, "photo": PHOTO, BARE_SKIN: PHOTO, ELSE: NOT_SKIN,
}  # fmt: skip
LESIONS = CONTENTS[:2]
FILE = "limits.safetensors"


class GateRejected(ValueError):
    """The gate's file cannot be used; ``str()`` is a sentence that says why."""


def is_stopped(content: Content, judged: Collection[Kind | str]) -> bool:
    """Whether a model that judges some kinds gives a picture no answer for its content alone."""
    return content in (BARE_SKIN, ELSE) or KIND_OF[content] not in judged


def by_colour(content: Content, judged: Collection[Kind | str], is_skin: bool) -> Content:
    """The content; 'something else' where it is stopped and the picture has no skin's colours."""
    return ELSE if is_stopped(content, judged) and not is_skin else content


def signature(summary: torch.Tensor) -> Floats:
    """Summaries (N, S) of a network's maps as the gate takes them: roots, their signs kept.

    Channels have long tails; by their roots no single one decides.
    """
    values = summary.detach().double().numpy()
    return np.asarray(np.sign(values) * np.sqrt(np.abs(values)), dtype=np.float64)


@dataclass(frozen=True)
class Gate:
    """What a picture holds, by one logistic regression on the network's features.

    ``weights`` (4, S) and ``bias`` (4,) are of the logits of ``CONTENTS``; a picture is stopped
    where the log odds of a lesion are below ``least``.
    """

    weights: Floats
    bias: Floats
    least: float

    def logits(self, signatures: Floats) -> Floats:
        """The logits (N, 4) of ``CONTENTS`` for signatures (N, S)."""
        return np.asarray(signatures @ self.weights.T + self.bias)

    def contents(self, signatures: Floats) -> list[Content]:
        """What each of N pictures of signatures (N, S) shows."""
        logits = self.logits(signatures)
        lesion = lesion_odds(logits) >= self.least
        among = np.where(
            lesion, logits[:, : len(LESIONS)].argmax(axis=1),
            len(LESIONS) + logits[:, len(LESIONS) :].argmax(axis=1),
        )  # fmt: skip
        return [CONTENTS[i] for i in among]


def lesion_odds(logits: Floats) -> Floats:
    """Log odds (N,) of a lesion, of either kind, by the logits (N, 4) of ``CONTENTS``."""
    lesion = np.logaddexp.reduce(logits[:, : len(LESIONS)], axis=1)
    return np.asarray(lesion - np.logaddexp.reduce(logits[:, len(LESIONS) :], axis=1))


def to_bytes(gate: Gate) -> bytes:
    """The gate as a safetensors file."""
    from safetensors.numpy import save

    return save({
        "weights": np.ascontiguousarray(gate.weights, np.float32),
        "bias": np.ascontiguousarray(gate.bias, np.float32),
        "least": np.array([gate.least], np.float32),
    })  # fmt: skip


def in_32_bits(gate: Gate) -> Gate:
    """The gate as it is once it was kept in a file, in 32 bits."""
    weights = gate.weights.astype(np.float32).astype(np.float64)
    bias = gate.bias.astype(np.float32).astype(np.float64)
    return Gate(weights, bias, float(np.float32(gate.least)))


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
        gate = Gate(tensors["weights"], tensors["bias"], float(tensors["least"][0]))
    except (SafetensorError, KeyError, ValueError, IndexError) as error:
        raise GateRejected(f"{where} holds no gate.") from error
    whole = all(np.isfinite(part).all() for part in (gate.weights, gate.bias, gate.least))
    if (
        gate.weights.shape[:-1] != (len(CONTENTS),)
        or gate.bias.shape != (len(CONTENTS),)
        or not whole
    ):
        raise GateRejected(f"{where} holds no gate.")
    return gate
