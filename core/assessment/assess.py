"""What a picture is, what a model answers about it, and what to be wary of, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from core.assessment.quality import Quality, advice
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, Judgement, Kind
from core.results.limits import Limits


@dataclass(frozen=True)
class Assessment:
    """One picture, judged or stopped.

    ``answer`` is 'not judged' for a picture that was stopped: the first of ``warnings`` says why
    and what to do. ``shown_anyway`` is the answer it would get otherwise. ``probability`` is the
    calibrated P(malignant), stopped or not. A model without limits on its card has no gate: it
    takes every picture for a dermoscopic one, says so in a warning, and never says 'uncertain'.
    """

    kind: Kind
    answer: Judgement
    probability: float
    warnings: tuple[str, ...]
    shown_anyway: Judgement
    quality: Quality


_NO_GATE = "This model can't tell what kind of picture it is shown: its answer may mean nothing."
_STOPPED: dict[Kind, str] = {
    DERMOSCOPIC: "This looks like a dermoscopic picture, which this model does not judge.",
    PHOTO: (
        "This looks like an ordinary photo of skin. The model knows only pictures taken through a "
        "dermatoscope, and its answers on phone photos are next to worthless. "
        "A skin doctor can take such a picture."
    ),
    NOT_SKIN: (
        "This does not look like skin to the model. Go closer to one spot, hold still, "
        "with more light, and take the picture again."
    ),
}


def assess(
    kind: Kind | None,
    said: Judgement,
    probability: float,
    quality: Quality,
    limits: Limits | None,
) -> Assessment:
    """Put the parts together; ``kind`` is ``None`` where there is no gate."""
    if kind is None or limits is None:
        return Assessment(DERMOSCOPIC, said, probability, (_NO_GATE,), said, quality)
    stopped = kind not in limits.kinds_judged
    told = advice(quality, limits.quality)
    return Assessment(
        kind=kind,
        answer="not judged" if stopped else said,
        probability=probability,
        warnings=(_STOPPED[kind], *told) if stopped else told,
        shown_anyway=said,
        quality=quality,
    )
