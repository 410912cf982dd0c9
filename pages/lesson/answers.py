"""The lesson's answers. Every figure is read from the model's card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core import checkpoints
from core.reports import icon_array
from core.results import published, robustness
from core.results.card import (
    HAM_ONLY,
    LEAK_FREE,
    OFFICIAL,
    Rate,
    ResultsRejected,
    percent,
)
from core.results.collections import FITZPATRICK, ISIC_2018, PHONE_SETS
from core.results.robustness import FGSM, REPORTS, SIGN_NOISE
from pages.components import text_table
from pages.stress import test_set

if TYPE_CHECKING:
    from core.classifier import Classifier

RULER = "ruler"


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
    found, _, alarmed, _ = icon_array.screened(
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
            "training. The row without them is the honest one. It need not be lower: most "
            "leaked lesions are hard ones, and leaving hard ones out makes a test easier."
        )


def collection(model: Classifier) -> None:
    """The official test with and without the malignant pictures of other collections."""
    _rows(model, OFFICIAL, HAM_ONLY)
    st.markdown(
        "Frames, rulers, colours and cameras: they tell the collection, and the collection tells "
        "the label. In the second row all pictures are from one collection. Look at "
        "**sensitivity**: some of what is missing there may have been the collection, some may be "
        "that these melanomas are harder. The two rows alone can't tell which."
    )
    table = test_set.read([model.card.name]).get(model.card.name)
    ruled = None if table is None else test_set.figure(table, RULER, 1.0)
    if ruled is not None and OFFICIAL in model.card.evaluations:
        figures = model.card.evaluations[OFFICIAL].figures
        st.markdown(
            "But this can: a **ruler** drawn at the edge of every test picture, with the lesion as "
            f"it was, brings the network from {percent(figures.accuracy)} right to "
            f"**{percent(ruled)}**. Whoever called all of them malignant would be right for "
            f"{100 * figures.malignant / figures.n:.1f} %."
        )


def attack(model: Classifier) -> None:
    """The official test under the one-step attack, ours and the report's."""
    _stressed(model, FGSM)
    st.markdown(
        f"The report's ResNet18 fell from {100 * published.CLEAN.value:.1f} to "
        f"{100 * published.UNDER_FGSM.value:.1f} % under its step of {REPORTS:g}, three quarters "
        "of one grey level. No eye sees that. The network was never shown such pictures, and high "
        "accuracy on a test says nothing about them."
    )


def noise(model: Classifier) -> None:
    """The official test with random steps of the attack's size."""
    _stressed(model, SIGN_NOISE)
    st.markdown(
        "What fools a network is the **direction** of a change, not its size. Noise is what a "
        "sensor adds; an attack is made by somebody. To withstand the one is no promise about the "
        "other."
    )


def skin(model: Classifier) -> None:
    """What the network did on pictures of another kind, skin types I to VI."""
    _rows(model, *PHONE_SETS, FITZPATRICK)
    st.markdown(
        "A doctor's answer would not change. This network has learned from **nearly all light "
        "skin**. The rows are its figures on phone and atlas photos, the only ones with dark skin. "
        "Look at **specificity** beside sensitivity: a network that always says malignant finds "
        "everything. And a mean over many light and few dark hides who bears the mistakes."
    )


def deploy(model: Classifier) -> None:
    """What is known and what is not."""
    _rows(model, OFFICIAL, ISIC_2018, *PHONE_SETS)
    st.markdown(
        "The first row is the test of its own collection, the others are another year's and phone "
        "photos. Nobody has measured whether a doctor with this network decides better than one "
        "without. What would you want to see measured before it is switched on?"
    )


def _stressed(model: Classifier, change: str) -> None:
    """Accuracy on the official test by strength, where the sweep over it was run."""
    try:
        table = robustness.read(model.card.name, checkpoints.FOLDER)
    except ResultsRejected as error:
        st.warning(str(error), icon=":material/broken_image:")
        return
    if table is None:
        st.markdown(test_set.NOT_RUN.format(model.card.name))
        return
    lines = ["| grey levels | accuracy |", "|--:|--:|"]
    asked = table[table["perturbation"].isin((robustness.NONE, change))]
    of = ["strength", "accuracy", "accuracy_low", "accuracy_high"]
    for strength, *rate in asked[of].to_numpy(np.float64):
        lines.append(f"| {255 * strength:.2f} | {percent(Rate(*rate))} |")
    st.markdown("\n".join(lines))
    st.caption("On the official test set; in brackets the 95 % interval.")


def _rows(model: Classifier, *keys: str) -> None:
    rows = []
    for key in keys:
        test = model.card.evaluations.get(key)
        if test is None:
            continue
        rates: tuple[Rate | None, ...] = (
            test.figures.accuracy, test.figures.sensitivity, test.figures.specificity,
        )  # fmt: skip
        rows.append((test.title, f"{test.figures.n:,}", *map(percent, rates)))
    if rows:
        heads = ("pictures", "n", "accuracy", "sensitivity", "specificity")
        text_table.show(heads, rows, "The model's figures on these pictures.")
        st.caption("From the model's card; in brackets the 95 % interval.")
    else:
        st.info("This model's card has no figures for this step.")
