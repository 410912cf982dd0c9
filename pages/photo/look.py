"""What a model makes of the visit's photo, computed once for all times that the page is drawn."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from core import checkpoints, preprocessing
from core.assessment import look_alikes
from core.assessment.look_alikes import Alike, LookAlikes
from core.labels import Answer
from core.probes.map_on_lesion import OnLesion
from core.saliency import methods
from core.saliency.display_copy import DisplayCopy
from pages.components import not_judged, uploader, visit, work_queue
from pages.components.visit import Sent

if TYPE_CHECKING:
    from core.assessment.assess import Assessment
    from core.classifier import Classifier

_LOOKS = "looks"
_MOST = 2  # of the same photo, by another model or method: each takes some 0.6 MB of the visit


@dataclass(frozen=True)
class PhotoLook:
    """``leaning`` is the likelier class; ``seen`` the picture as the network sees it.

    ``alike`` is what it learned from that is nearest, where its features are at hand.
    """

    assessment: Assessment
    leaning: Answer
    kept: DisplayCopy
    on_lesion: OnLesion | None
    seen: Image.Image
    alike: Alike | None


def at(model: Classifier, sent: Sent, method: str) -> PhotoLook:
    """What the model makes of the photo, with a map by that saliency method.

    A method that takes seconds can be stopped: then the map is the usual one, with a button to go
    on.
    """
    looks: dict[tuple[str, str, str], PhotoLook] = visit.kept().setdefault(_LOOKS, {})
    key = (sent.id, model.card.name, method)
    visit.answer_is_by(model.card.name)
    if key not in looks:
        found = _new(model, sent, method)
        if found is None:
            return at(model, sent, methods.DEFAULT)
        looks[key] = found
        while len(looks) > _MOST:
            del looks[next(iter(looks))]
    return looks[key]


def _new(model: Classifier, sent: Sent, method: str) -> PhotoLook | None:
    from core.probes import map_on_lesion
    from core.saliency import display_copy

    references = _references(model.card.name, model.card.weights.sha256, checkpoints.FOLDER)
    picture = uploader.opened(sent).image
    if method == methods.SCORE_CAM:
        explanation = work_queue.in_batches(
            "Score-CAM", f"map {sent.id} {model.card.name}",
            lambda between: model.explain(picture, method, between),
        )  # fmt: skip
    else:
        with work_queue.turn() as between, st.spinner("Looking at the picture."):
            explanation = model.explain(picture, method, between)
    if explanation is None:
        return None
    assessment = not_judged.keep(model, sent, model.assess_explained(picture, explanation))
    return PhotoLook(
        assessment=assessment,
        leaning=explanation.answer,
        kept=display_copy.keep(picture, explanation.saliency_map, model.geometry),
        on_lesion=map_on_lesion.on_lesion(explanation, assessment.quality.lesion),
        seen=preprocessing.resize(picture, model.geometry, model.card.side),
        alike=references.likest(explanation.summary) if references else None,
    )


@functools.lru_cache(maxsize=2)  # a megabyte each, read in 10 ms
def _references(name: str, _weights: str, root: Path) -> LookAlikes | None:
    """The reference pictures by the features of the model called so, with these weights."""
    return look_alikes.read(checkpoints.card(name), root)
