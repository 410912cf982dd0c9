"""The lesson's live pictures, each with its one slider. All lesions here are drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from core import checkpoints
from core.pictures.drawn_lesion import SKIN, draw_lesion, framed
from core.reports import icon_array
from core.reports.icon_array import Group
from core.results.card import LEAK_FREE, OFFICIAL, ResultsRejected
from core.results.collections import ISIC_2018
from core.results.robustness import FGSM, SIGN_NOISE
from core.results.scored_models import Result
from core.statistics import curves
from pages.components import uploader, wording
from pages.stress import session

if TYPE_CHECKING:
    from core.classifier import Classifier

PRACTICE = 10  # malignant of 1,000 lesions: about what a general practice sees
_DARK_SKIN = (82, 52, 42)  # sRGB
_PEOPLE = 1000


def drawing(model: Classifier) -> None:
    """Another drawing for each place of the slider."""
    seed = st.slider("Drawing", 1, 12, 7)
    _judged(model, draw_lesion(seed=seed), f"Drawing number {seed} of a lesion.")


def screening(model: Classifier) -> None:
    """A thousand people under the rates of the official test."""
    figures = model.card.evaluations[OFFICIAL].figures if _has(model, OFFICIAL) else None
    ill = st.slider("Malignant among 1,000 lesions", 1, 500, 450)
    if figures is None or figures.sensitivity is None or figures.specificity is None:
        st.info("This model's card has no figures for this step.")
        return
    _people(icon_array.screened(ill, figures.sensitivity.value, figures.specificity.value))


def leak(model: Classifier) -> None:
    """Arithmetic: what a test says whose leaked pictures are all remembered."""
    share = st.slider("Leaked pictures in the test", 0, 50, 15, format="%d %%") / 100
    key = LEAK_FREE if _has(model, LEAK_FREE) else OFFICIAL
    if not _has(model, key):
        st.info("This model's card has no figures for this step.")
        return
    accuracy = model.card.evaluations[key].figures.accuracy.value
    remembered = round(_PEOPLE * share)
    right = round((_PEOPLE - remembered) * accuracy)
    _people(
        [
            Group("right because remembered", remembered, "ring"),
            Group("right", right, "square"),
            Group("wrong", _PEOPLE - remembered - right, "cross"),
        ]
    )
    st.markdown(
        f"Such a test would report **{100 * (remembered + right) / _PEOPLE:.0f} %** accuracy."
    )


def frame(model: Classifier) -> None:
    """One drawing in a black frame."""
    width = st.slider("Black frame", 0, 60, 0, format="%d %%") / 100
    _judged(model, framed(draw_lesion(), width), "The drawn lesion in a round black frame.")


def attack(model: Classifier) -> None:
    """One drawing, moved against the network by one step."""
    _moved(model, FGSM, "The drawn lesion after one step against the network.")


def noise(model: Classifier) -> None:
    """One drawing, moved as far, at random."""
    _moved(model, SIGN_NOISE, "The drawn lesion after a random step of the same size.")


def skin(model: Classifier) -> None:
    """One drawing on skins from light to dark."""
    share = st.slider("From light to dark", 0, 100, 0, format="%d %%") / 100
    colour = tuple(round(a + share * (b - a)) for a, b in zip(SKIN, _DARK_SKIN, strict=True))
    picture = draw_lesion(skin=(colour[0], colour[1], colour[2]))
    _judged(model, picture, "The drawn lesion on skin of the chosen tone.")


def threshold(model: Classifier) -> None:
    """A thousand people of a practice, judged as the pictures of another year were."""
    at = st.slider("Answer 'malignant' from this chance up", 1, 99, 50, format="%d %%") / 100
    try:
        table = Result(model.card, checkpoints.FOLDER / model.card.name).predictions(ISIC_2018)
    except ResultsRejected:
        st.info("This model has no predictions for this step.")
        return
    labels = (table["label"] == "malignant").astype(int)
    counts = curves.confusion(labels, table["probability"], at)
    _people(icon_array.screened(PRACTICE, counts.sensitivity, counts.specificity))
    st.caption(f"Rates from {len(table)} dermoscopic pictures of another year (ISIC 2018).")


def _has(model: Classifier, key: str) -> bool:
    return key in model.card.evaluations


def _judged(model: Classifier, picture: Image.Image, alt: str) -> None:
    st.image(picture, width="stretch", alt=alt, output_format="JPEG")
    chance = wording.chance(float(model.probabilities([picture])[0]))
    st.markdown(f"## {model.card.title} says: {chance} malignant")


def _moved(model: Classifier, change: str, alt: str) -> None:
    epsilon = st.slider("Grey levels that a value may move", 0.0, 8.0, 0.0, 0.25, "%.2f of 255")
    subject = session.subject(model, uploader.Sent())
    if subject is None:
        return
    from core.probes import attack_path, changed_picture  # imports torch

    moved = changed_picture.changed(subject, change, epsilon / 255, seed=0)
    picture = changed_picture.picture(moved)
    st.image(picture, width="stretch", alt=alt, output_format="PNG")
    chance = wording.chance(attack_path.look(model, moved).probability)
    st.markdown(f"## {model.card.title} says: {chance} malignant")


def _people(groups: list[Group]) -> None:
    said = ", ".join(f"{group.count} {group.title}" for group in groups)
    st.image(icon_array.draw(groups), width="stretch", alt=f"1,000 marks: {said}.")
    marks = {"square": "■", "cross": "✕", "ring": "○", "dot": "·"}
    st.markdown("\n".join(f"- {marks[g.shape]} **{g.count}** {g.title}" for g in groups))
