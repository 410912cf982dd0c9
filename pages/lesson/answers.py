"""The lesson's answers as sentences and a table: for the page and for what is printed.

Every figure is read from the model's card, from its sweep over changed pictures, or from what it
says of the lesson's own pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core import checkpoints, images
from core.pictures.lesson_examples import read_lesson_examples
from core.reports import icon_array
from core.results import collections, findings, published, robustness
from core.results.card import Card
from core.results.collections import FITZPATRICK, ISIC_2018, OLDER, PHONE_SETS
from core.results.json_files import ResultsRejected
from core.results.robustness import FGSM, REPORTS, SIGN_NOISE
from core.results.scored_models import Result
from core.results.test_sets import HAM_ONLY, LEAK_FREE, OFFICIAL
from core.statistics import estimates
from core.statistics.estimates import Rate, decimal, percent
from pages.components import text_table
from pages.stress import test_set, toward_class

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

    from core.classifier import Classifier

RULER = "ruler"
_INTERVAL = "In brackets the 95 % interval."


@dataclass(frozen=True)
class Answer:
    """``sentences`` are Markdown with nothing but ** and ' in it; the table may be empty."""

    sentences: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""


# Makes a step's answer of a model, when it is asked for.
Reveal = Callable[["Classifier"], Answer]


def draw(answer: Answer, words: DeltaGenerator, table: DeltaGenerator) -> None:
    """Draw what an answer says in one place, and its table in another."""
    words.markdown("\n\n".join(answer.sentences))
    if answer.rows:
        with table:
            text_table.show(answer.heads, answer.rows, "The figures of the answer.")
            st.caption(answer.note)


def only_two_answers(model: Classifier) -> Answer:
    """What each of the seven pictures was told, beside what it is."""
    found = read_lesson_examples("answer")
    pictures = [images.open_image(chosen.example.data) for chosen in found]
    chances = [float(p) for p in model.probabilities(pictures)]
    right = wrong = 0
    rows = []
    for number, (chosen, chance) in enumerate(zip(found, chances, strict=True), 1):
        label = chosen.example.label
        if label:
            right += model.answer(chance) == label
            wrong += model.answer(chance) != label
        rows.append((str(number), label or "no lesion", estimates.chance(chance)))
    return Answer(
        (
            f"On these pictures it is right **{right}** times and wrong **{wrong}** times, and "
            "**the number alone does not show which**. The pictures were chosen to show both; how "
            "often it is right on others stands in the next steps.",
            "'This is not a picture I can judge' would have been right for bare skin, but a "
            f"network that was trained on {model.card.training.n_train:,} pictures of two kinds "
            "has two answers, and a chance for each.",
        ),
        ("picture", "what it is", "chance of malignant"), tuple(rows),
        "What each is, is known from its collection.",
    )  # fmt: skip


def alarms(model: Classifier) -> Answer:
    """What an alarm is worth where few are ill."""
    test = model.card.evaluations.get(OFFICIAL)
    if test is None or test.figures.sensitivity is None or test.figures.specificity is None:
        return _missing()
    found, _, alarmed, _ = icon_array.screened(
        10, test.figures.sensitivity.value, test.figures.specificity.value
    )
    share = 100 * test.figures.malignant / test.figures.n
    return Answer(
        (
            f"Where 10 of 1,000 are malignant, **{found.count} of {found.count + alarmed.count}** "
            f"alarms are right, by a network that is right on {percent(test.figures.accuracy)} of "
            "its test.",
            f"Accuracy says nothing about that: in its test {share:.0f} of 100 lesions are "
            "malignant.",
        ),
        ("pictures", "sensitivity", "specificity"),
        _rows(model.card, (OFFICIAL,), ("sensitivity", "specificity")), _INTERVAL,
    )  # fmt: skip


def leak(model: Classifier) -> Answer:
    """The official test with and without the lesions that are also in training."""
    whole, rest = (model.card.evaluations.get(key) for key in (OFFICIAL, LEAK_FREE))
    rows = _rows(model.card, (OFFICIAL, LEAK_FREE), ("accuracy",), counted=True)
    if not whole or not rest:
        return _missing()
    sentences = [
        f"**{whole.figures.n - rest.figures.n} of {whole.figures.n}** test pictures show a lesion "
        "that is also in training. The row without them is the honest one. It need not be lower: "
        "most leaked lesions are hard ones, and leaving hard ones out makes a test easier."
    ]
    sentences += worth(model.card)
    return Answer(tuple(sentences), ("pictures", "n", "accuracy"), rows, _INTERVAL)


def worth(card: Card) -> list[str]:
    """What the leak is worth among like pictures, a sentence for each origin."""
    try:
        found = findings.read_leak(Result(card, checkpoints.FOLDER / card.name), checkpoints.FOLDER)
    except ResultsRejected:
        return []
    return [
        f"Like with like: of the malignant test pictures from {one.origin} it finds "
        f"{percent(one.seen)} of the {one.n_seen} whose lesion is in training and "
        f"{percent(one.unseen)} of the {one.n_unseen} others. **{_LEAK[one.told_apart]}**"
        for one in found
    ]


_LEAK = {
    1: "Here the leak flatters it.",
    0: "So few can't tell what the leak is worth.",
    -1: "Those it has seen are found less often.",
}


def collection(model: Classifier) -> Answer:
    """Its own test beside older collections that give benign pictures too; and a ruler."""
    card = model.card
    keys = (OFFICIAL, HAM_ONLY, *OLDER)
    sentences = [
        "Frames, rulers, colours and cameras: they tell the collection, and the collection tells "
        "the label."
    ]
    own, *older = (findings.auc(card, key) for key in (OFFICIAL, *OLDER))
    for key, found in zip(OLDER, older, strict=True):
        if own and found:
            sentences.append(
                f"On {collections.short(key)}, where benign and malignant pictures come from the "
                f"same older collections, its AUC is **{decimal(found)}**, where its own test gave "
                f"{decimal(own)}. A coin has 0.5: {_COIN[findings.against_coin(found)]}"
            )
    table = _sweep(card.name)
    ruled = None if table is None else test_set.accuracy_under(table, RULER, 1.0)
    if ruled is not None and OFFICIAL in card.evaluations:
        figures = card.evaluations[OFFICIAL].figures
        sentences.append(
            f"A **ruler** drawn at the edge of every test picture brings it from "
            f"{percent(figures.accuracy)} right to **{percent(ruled)}**. Whoever called all of "
            f"them malignant would be right for {100 * figures.malignant / figures.n:.1f} %."
        )
    return Answer(
        tuple(sentences), ("pictures", "n", "AUC"), _rows(card, keys, ("auc",), counted=True),
        _INTERVAL,
    )  # fmt: skip


_COIN = {
    "better than a coin": "it is better than that.",
    "can't tell": "these pictures can't tell the network from one.",
    "worse than a coin": "it is worse than that.",
}


def attack(model: Classifier) -> Answer:
    """The official test under the one-step attack, ours and the report's."""
    return _stressed(
        model, FGSM,
        f"The report's ResNet18 fell from {100 * published.CLEAN.value:.1f} to "
        f"{100 * published.UNDER_FGSM.value:.1f} % under its step of {REPORTS:g}, three quarters "
        "of one grey level. No eye sees that. The network was never shown such pictures, and high "
        "accuracy on a test says nothing about them.",
    )  # fmt: skip


def noise(model: Classifier) -> Answer:
    """The official test with random steps of the attack's size."""
    return _stressed(
        model, SIGN_NOISE,
        "What fools a network is the **direction** of a change, not its size. Noise is what a "
        "sensor adds; an attack is made by somebody. To withstand the one is no promise about the "
        "other.",
    )  # fmt: skip


def change(_: Classifier) -> Answer:
    """What robustness shows, and what it costs: of two networks, whichever is taught."""
    rows = []
    for name in (toward_class.STANDARD, toward_class.ROBUST):
        try:
            card = checkpoints.card(name)
        except checkpoints.CheckpointRejected:
            continue
        test, table = card.evaluations.get(OFFICIAL), _sweep(name)
        attacked = None if table is None else test_set.accuracy_under(table, FGSM, 1 / 255)
        clean = test.figures.accuracy if test else None
        rows.append((f"{card.title} ({name})", percent(clean), percent(attacked)))
    return Answer(
        (
            "The robust network **draws what it looks for**: in these pictures dark dots and a "
            "bright corner on the way to malignant, a smooth, even spot on the way to benign. A "
            "bright corner belongs to the older collections' pictures and to no cancer, so it "
            "tells on itself. The standard one gets as far with what nobody can see.",
            toward_class.WHAT_IT_IS_NOT,
        ),
        ("network", "right, as it is", "right under one grey level against it"), tuple(rows),
        f"On the official test. {_INTERVAL}",
    )  # fmt: skip


def skin(model: Classifier) -> Answer:
    """What the network did on pictures of another kind, skin types I to VI."""
    return Answer(
        (
            "A doctor's answer would not change with the skin. This network has learned from "
            "**nearly all light skin**, and from no phone photo at all.",
            "Look at **specificity** beside sensitivity: a network that always says malignant "
            "finds everything. And a mean over many light and few dark hides who bears the "
            "mistakes.",
        ),
        ("pictures", "sensitivity", "specificity"),
        _rows(model.card, (*PHONE_SETS, FITZPATRICK), ("sensitivity", "specificity")),
        f"Phone and atlas photos, the only ones with dark skin. {_INTERVAL}",
    )  # fmt: skip


def deploy(model: Classifier) -> Answer:
    """What is known and what is not."""
    keys = (OFFICIAL, ISIC_2018, *PHONE_SETS)
    return Answer(
        (
            "The first row is the test of its own collection, the others are another year's and "
            "phone photos.",
            "Nobody has measured whether a doctor with this network decides better than one "
            "without. **What would you want to see measured before it is switched on?**",
        ),
        ("pictures", "sensitivity", "specificity"),
        _rows(model.card, keys, ("sensitivity", "specificity")), _INTERVAL,
    )  # fmt: skip


def _stressed(model: Classifier, kind: str, sentence: str) -> Answer:
    """Accuracy on the official test by strength, where the sweep over it was run."""
    table = _sweep(model.card.name)
    if table is None:
        return Answer((sentence, test_set.NOT_RUN.format(model.card.name)))
    asked = table[table["perturbation"].isin((robustness.NONE, kind))]
    of = ["strength", "accuracy", "accuracy_low", "accuracy_high"]
    rows = tuple(
        (f"{255 * strength:.2f}", percent(Rate(*rate)))
        for strength, *rate in asked[of].to_numpy(np.float64)
    )
    note = f"On the official test set. {_INTERVAL}"
    return Answer((sentence,), ("grey levels", "accuracy"), rows, note)


def _sweep(name: str) -> pd.DataFrame | None:
    try:
        return robustness.read_robustness(name, checkpoints.FOLDER)
    except ResultsRejected:
        return None


def _missing() -> Answer:
    return Answer(("This model's card has no figures for this step.",))


def _rows(
    card: Card, keys: tuple[str, ...], measures: tuple[str, ...], *, counted: bool = False
) -> tuple[tuple[str, ...], ...]:
    """A row a set of pictures: its title, how many where ``counted``, and the measures."""
    rows = []
    for key in keys:
        test = card.evaluations.get(key)
        if test is None:
            continue
        cells = [
            decimal(test.figures.auc) if measure == "auc"
            else percent(getattr(test.figures, measure))
            for measure in measures
        ]  # fmt: skip
        rows.append((test.title, *([f"{test.figures.n:,}"] if counted else []), *cells))
    return tuple(rows)
