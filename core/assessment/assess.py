"""What a picture is, what a model answers about it, and what to be wary of, in sentences."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core.assessment.picture_kind import BARE_SKIN, ELSE, KIND_OF, Content, is_stopped
from core.assessment.quality import STRETCHED, Finding, Quality, findings, small, small_part
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, Cause, Judgement, Kind
from core.results.limits import Limits


@dataclass(frozen=True)
class Assessment:
    """One picture, judged or stopped.

    ``answer`` is 'not judged' for a picture that was stopped: ``cause`` names the reason, and the
    first of ``warnings`` says it and what to do. ``shown_anyway`` is the answer it would get
    otherwise. ``probability`` is the calibrated P(malignant), stopped or not. ``part_helps`` is
    whether a part of the picture may get a better answer: never where light or focus is what is
    wrong. A model without
    limits on its card has no gate: it takes every picture for a dermoscopic one, says so in a
    warning, and never says 'uncertain'.
    """

    kind: Kind
    answer: Judgement
    probability: float
    warnings: tuple[str, ...]
    shown_anyway: Judgement
    quality: Quality
    cause: Cause | None = None
    part_helps: bool = False


_NO_GATE = "This model can't tell what kind of picture it is shown: its answer may mean nothing."
# What a picture is stopped for, and what to do about it.
REASONS: dict[Cause, str] = {
    "blurred": "This picture is too blurred. Hold still, let the camera focus, and take it again.",
    "dark": "This picture is too dark. Take it again with more light, best by a window.",
    "far away": (
        "The spot is too small in this picture. Go closer and take it again, or use a part of "
        "this one."
    ),
    "no spot": (
        "No spot was found in this picture. If there is one, go closer, with the spot in the "
        "middle, and take it again; or use a part of this one."
    ),
    "stretched": (
        "This picture is far longer than it is wide, and the network would see it squeezed. Use a "
        "part of it."
    ),
    "grey": (
        "This picture has no colours, and the network goes by them. Take it again in colour, "
        "without a filter."
    ),
    "not skin": (
        "This does not look like skin to the model. Go closer to one spot, hold still, "
        "with more light, and take the picture again."
    ),
    "another kind": (
        "This looks like a kind of picture that this model does not judge. Choose another model."
    ),
}
_PHOTO = (
    "This looks like an ordinary photo of skin. The model knows only pictures taken through a "
    "dermatoscope, and its answers on phone photos are next to worthless. "
    "A skin doctor can take such a picture."
)
# What quality finds first explains why the network takes a picture of skin for something else.
_EXPLAINS: tuple[Cause, ...] = ("blurred", "dark", "far away", "no spot")
# What a part of a picture has in common with the whole.
_OF_EVERY_PART: frozenset[Cause] = frozenset({"blurred", "dark", "grey", "another kind"})


def assess(
    content: Content | None,
    said: Judgement,
    probability: float,
    quality: Quality,
    limits: Limits | None,
) -> Assessment:
    """Put the parts together; ``content`` is ``None`` where there is no gate."""
    if content is None or limits is None:
        unclear = quality.is_far or quality.lesion is None
        return Assessment(
            DERMOSCOPIC, said, probability, (_NO_GATE,), said, quality, part_helps=unclear
        )
    found = findings(quality, limits.quality)
    kind, cause = KIND_OF[content], _cause(content, quality, found, limits)
    causes = {one.cause for one in found} if cause is None else {cause}
    asked = cause is not None or any(one.part_helps for one in found)
    part_helps = asked and not causes & _OF_EVERY_PART
    if kind == NOT_SKIN and cause == "not skin":
        found = tuple(one for one in found if not one.about_skin)
    reason = () if cause is None else (_reason(cause, kind),)
    return Assessment(
        kind=kind,
        answer=said if cause is None else "not judged",
        probability=probability,
        warnings=(*reason, *(one.sentence for one in found if not cause or one.cause != cause)),
        shown_anyway=said,
        quality=quality,
        cause=cause,
        part_helps=part_helps,
    )


def of_part(found: Assessment) -> Assessment:
    """The assessment of a picture that was cut out of a larger one, with advice for a part."""
    said, instead = small(found.quality.size), small_part(found.quality.size)
    return dataclasses.replace(
        found, warnings=tuple(instead if one == said else one for one in found.warnings)
    )


def _reason(cause: Cause, kind: Kind) -> str:
    return _PHOTO if cause == "another kind" and kind == PHOTO else REASONS[cause]


def _cause(
    content: Content, quality: Quality, found: tuple[Finding, ...], limits: Limits
) -> Cause | None:
    """What the picture is stopped for: of all there is, what explains the rest."""
    explained = [one.cause for one in found if one.cause in _EXPLAINS]
    if quality.is_grey and content != ELSE:  # colours go in the dark, too
        return "dark" if "dark" in explained else "grey"
    if content in (BARE_SKIN, ELSE):
        if "dark" in explained:  # whatever it is: colours are no guide in the dark
            return "dark"
        if explained and quality.is_skin:
            return explained[0]
        return "no spot" if content == BARE_SKIN else "not skin"
    if quality.stretch >= STRETCHED:
        return "stretched"
    return "another kind" if is_stopped(content, limits.kinds_judged) else None
