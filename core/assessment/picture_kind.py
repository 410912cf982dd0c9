"""What the network is shown: a dermoscopic picture, a photo of a lesion, bare skin, or neither.

Asked of the network's own features, half way up and at the end: a multinomial logistic regression,
fitted by ``training.assessment.gate_fit`` on pictures of all four. To a network a faint lesion
looks like bare skin, so whether there is one is asked of measures of what stands out, too; which
kind of picture it is, and so its calibration, of the network alone. Where lesions lead by less than
a bound the picture is stopped. This file says what is shown and whether that is judged at all;
``assess`` decides 'not judged', and what a picture is stopped for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, Kind
from core.pictures import blobs as blob_measures

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
_SPOT = 2 + blob_measures.COUNT
# Log odds of a lesion against other things below which no spot is looked for. For regressions that
# had not seen them, up to 0.7 % of objects were above (2.1 % above 0), and below up to 2.3 % of
# phone and atlas photos of lesions and, by the light network, 4 of 47 clinical ones.
_OVER_THINGS = 1.0


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
    where the lead of lesions is below ``least``. ``spot`` (2 + blobs.COUNT,) weighs the log odds of
    a lesion against bare skin and against other things, and what stands out; ``None`` of a gate
    that was shown no bare skin, or is older: its lead is the log odds alone. No spot is asked for
    where dermoscopic leads all others by more than ``dermoscopic_from``, as no bare skin does.
    """

    weights: Floats
    bias: Floats
    least: float
    spot: Floats | None = None
    dermoscopic_from: float = np.inf

    def logits(self, signatures: Floats) -> Floats:
        """The logits (N, 4) of ``CONTENTS`` for signatures (N, S)."""
        return np.asarray(signatures @ self.weights.T + self.bias)

    def contents(self, signatures: Floats, blobs: Floats) -> list[Content]:
        """What each of N pictures of signatures (N, S) and blobs (N, blobs.COUNT) shows."""
        logits = self.logits(signatures)
        instead = len(LESIONS) + logits[:, len(LESIONS) :].argmax(axis=1)
        if self.spot is None:
            lesion = ~self._is_doubtful(logits)
        else:
            lesion = spot_table(logits, blobs) @ self.spot >= self.least
            lesion |= dermoscopic_lead(logits) > self.dermoscopic_from
            thing = may_be_a_thing(logits)
            lesion &= ~thing
            instead = np.where(thing, instead, CONTENTS.index(BARE_SKIN))  # skin without a spot
        among = np.where(lesion, logits[:, : len(LESIONS)].argmax(axis=1), instead)
        return [CONTENTS[i] for i in among]

    def kinds(self, signatures: Floats) -> list[Kind]:
        """Which kind of lesion's picture each of N is, stopped or not, or that it may be a thing.

        It is asked of the network alone: what calibrates P of a changed picture, too, has no need
        of a picture to measure. One that passes is of the same kind.
        """
        logits = self.logits(signatures)
        likest = logits[:, : len(LESIONS)].argmax(axis=1)
        thing = may_be_a_thing(logits) if self.spot is not None else self._is_doubtful(logits)
        return [
            NOT_SKIN if no else KIND_OF[CONTENTS[i]] for i, no in zip(likest, thing, strict=True)
        ]

    def _is_doubtful(self, logits: Floats) -> NDArray[np.bool_]:
        return np.asarray(lesion_odds(logits) < self.least)


def spot_table(logits: Floats, blobs: Floats) -> Floats:
    """What a gate's ``spot`` weighs, (N, 2 + blobs.COUNT), by logits (N, 4) and blobs (N, ...)."""
    lesion = np.logaddexp.reduce(logits[:, : len(LESIONS)], axis=1)
    return np.concatenate([lesion[:, None] - logits[:, len(LESIONS) :], blobs], axis=1)


def dermoscopic_lead(logits: Floats) -> Floats:
    """Log odds (N,) of a dermoscopic picture against all others, by logits (N, 4)."""
    return np.asarray(logits[:, 0] - np.logaddexp.reduce(logits[:, 1:], axis=1))


def may_be_a_thing(logits: Floats) -> NDArray[np.bool_]:
    """Which of N pictures lesions don't lead other things in by enough, by logits (N, 4)."""
    lesion = np.logaddexp.reduce(logits[:, : len(LESIONS)], axis=1)
    return np.asarray(lesion - logits[:, CONTENTS.index(ELSE)] < _OVER_THINGS)


def lesion_odds(logits: Floats) -> Floats:
    """Log odds (N,) of a lesion, of either kind, by the logits (N, 4) of ``CONTENTS``."""
    lesion = np.logaddexp.reduce(logits[:, : len(LESIONS)], axis=1)
    return np.asarray(lesion - np.logaddexp.reduce(logits[:, len(LESIONS) :], axis=1))


def to_bytes(gate: Gate) -> bytes:
    """The gate as a safetensors file."""
    from safetensors.numpy import save

    tensors = {
        "weights": np.ascontiguousarray(gate.weights, np.float32),
        "bias": np.ascontiguousarray(gate.bias, np.float32),
        "least": np.array([gate.least], np.float32),
    }
    if gate.spot is not None:
        tensors["spot"] = np.ascontiguousarray(gate.spot, np.float32)
        tensors["dermoscopic_from"] = np.array([gate.dermoscopic_from], np.float32)
    return save(tensors)


def in_32_bits(gate: Gate) -> Gate:
    """The gate as it is once it was kept in a file, in 32 bits."""
    weights = gate.weights.astype(np.float32).astype(np.float64)
    bias = gate.bias.astype(np.float32).astype(np.float64)
    spot = None if gate.spot is None else gate.spot.astype(np.float32).astype(np.float64)
    from_here = float(np.float32(gate.dermoscopic_from))
    return Gate(weights, bias, float(np.float32(gate.least)), spot, from_here)


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
        if "spot" in tensors:
            from_here = float(tensors["dermoscopic_from"][0])
            gate = replace(gate, spot=tensors["spot"], dermoscopic_from=from_here)
    except (SafetensorError, KeyError, ValueError, IndexError) as error:
        raise GateRejected(f"{where} holds no gate.") from error
    spot = np.zeros(_SPOT) if gate.spot is None else gate.spot
    whole = all(np.isfinite(part).all() for part in (gate.weights, gate.bias, gate.least, spot))
    if (
        gate.weights.shape[:-1] != (len(CONTENTS),)
        or gate.bias.shape != (len(CONTENTS),)
        or spot.shape != (_SPOT,)
        or not whole
    ):
        raise GateRejected(f"{where} holds no gate.")
    return gate
