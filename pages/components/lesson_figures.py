"""The lesson's answers. Every figure is read from the model's card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core import people_picture
from core.results import HAM_ONLY, LEAK_FREE, OFFICIAL, Rate, percent
from pages.components import wording

if TYPE_CHECKING:
    from core.classifier import Classifier

ATLAS = "fitzpatrick17k_half"


def only_two_answers(model: Classifier) -> None:
    """Why a drawing gets a number."""
    st.markdown(
        "It is a **drawing**. 'This is not a picture I can judge' would have been right, but a "
        f"network that was trained on {model.card.training.n_train:,} pictures of two kinds has "
        "two answers, and a chance for each. A number alone does not show whether it knows."
    )


def alarms(model: Classifier) -> None:
    """What an alarm is worth where few are ill."""
    _rows(model, OFFICIAL)
    test = model.card.evaluations.get(OFFICIAL)
    if test is None or test.figures.sensitivity is None or test.figures.specificity is None:
        return
    found, _, alarmed, _ = people_picture.screened(
        10, test.figures.sensitivity.value, test.figures.specificity.value
    )
    st.markdown(
        f"Where 10 of 1,000 are malignant, **{found.count} of {found.count + alarmed.count}** "
        "alarms are right. Accuracy says nothing about that: it belongs to a test in which nearly "
        "every second lesion is malignant."
    )


def leak(model: Classifier) -> None:
    """The official test with and without the lesions that are also in training."""
    _rows(model, OFFICIAL, LEAK_FREE)
    whole, rest = (model.card.evaluations.get(key) for key in (OFFICIAL, LEAK_FREE))
    if whole and rest:
        leaked = whole.figures.n - rest.figures.n
        st.markdown(
            f"**{leaked} of {whole.figures.n}** test pictures show a lesion that is also in "
            "training. The row without them is the honest one. It need not be lower: the leaked "
            "lesions are mostly hard ones, and leaving hard ones out makes a test easier."
        )


def collection(model: Classifier) -> None:
    """The official test with and without the malignant pictures of other collections."""
    _rows(model, OFFICIAL, HAM_ONLY)
    st.markdown(
        "Frames, rulers, colours and cameras: they tell the collection, and the collection tells "
        "the label. In the second row all pictures are from one collection. Look at "
        "**sensitivity**: what is missing there was not cancer that it saw."
    )


def skin(model: Classifier) -> None:
    """What the network did on pictures of another kind, skin types I to VI."""
    _rows(model, *wording.PHONE_SETS, ATLAS)
    st.markdown(
        "A doctor's answer would not change. This network has learned from **nearly all light "
        "skin**. Its figures on phone and atlas photos, the only ones with dark skin, are those of "
        "guessing, and a mean over many light and few dark hides who bears the mistakes."
    )


def deploy(model: Classifier) -> None:
    """What is known and what is not."""
    _rows(model, OFFICIAL, "isic2018_test_half", *wording.PHONE_SETS)
    st.markdown(
        "From the test of its own collection to another year, to phone photos, it falls. Nobody "
        "has measured whether a doctor with it decides better than one without. Until then: "
        "**no**, and the question for any such app is the same."
    )


def _rows(model: Classifier, *keys: str) -> None:
    lines = ["| pictures | n | accuracy | sensitivity | specificity |", "|:--|--:|--:|--:|--:|"]
    for key in keys:
        test = model.card.evaluations.get(key)
        if test is None:
            continue
        rates: tuple[Rate | None, ...] = (
            test.figures.accuracy, test.figures.sensitivity, test.figures.specificity,
        )  # fmt: skip
        lines.append(f"| {test.title} | {test.figures.n:,} | {' | '.join(map(percent, rates))} |")
    if len(lines) > 2:
        st.markdown("\n".join(lines))
        st.caption("From the model's card; in brackets the 95 % interval.")
    else:
        st.info("This model's card has no figures for this step.")
