"""The answers of steps that show a picture: two answers for all, collections, skin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import images
from core.pictures.lesson_examples import read_lesson_examples
from core.results import collections, findings
from core.results.card import Card
from core.results.collections import FITZPATRICK, OLDER, PHONE_SETS
from core.results.findings import COIN
from core.results.robustness import NONE, on_the_same
from core.results.test_sets import HAM_ONLY, OFFICIAL
from core.statistics import estimates
from core.statistics.estimates import Figures, Rate, percent
from pages.components import forest
from pages.lesson.answer import INTERVAL, Answer, Chart, figures_on, sweep

if TYPE_CHECKING:
    from core.classifier import Classifier

RULER = "ruler"
_WHERE = {OFFICIAL: "its own test", HAM_ONLY: "HAM10000 alone"}
_MANY = 50  # of 100 benign lesions called malignant: the alarm is then the rule
_COIN = {
    "better than a coin": "better than a coin",
    "can't tell": "these pictures can't tell it from a coin",
    "worse than a coin": "worse than a coin",
}


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


def collection(model: Classifier) -> Answer:
    """Its own test beside older collections that give benign pictures too; and a ruler."""
    card = model.card
    keys = (OFFICIAL, HAM_ONLY, *OLDER)
    sentences = [
        "Frames, rulers, colours and cameras: they tell the collection, and the collection tells "
        "the label."
    ]
    scored = _aucs(card, keys)
    if OFFICIAL in scored and any(key in scored for key in OLDER):
        told = " and ".join(
            f"**{scored[key].value:.2f}** on {collections.short(key)} "
            f"({_COIN[findings.against_coin(scored[key])]})"
            for key in OLDER if key in scored
        )  # fmt: skip
        sentences.append(
            "On older collections that give benign pictures as well as malignant ones, its AUC is "
            f"{told}; its own test gave {scored[OFFICIAL].value:.2f}."
        )
    table = sweep(card.name)
    found = None if table is None else on_the_same(table, (NONE, 0.0), (RULER, 1.0))
    if found is not None and OFFICIAL in card.evaluations:
        figures = card.evaluations[OFFICIAL].figures
        before, ruled = found.accuracies
        sentences.append(
            f"A **ruler** drawn at the edge of every test picture brings it from "
            f"{percent(before)} right to **{percent(ruled)}**{found.told}. Whoever called "
            "the whole test malignant would be right for "
            f"{100 * figures.malignant / figures.n:.1f}\N{NO-BREAK SPACE}%."
        )
    return Answer(
        tuple(sentences), ("pictures", "n", "AUC"), figures_on(card, keys, ("auc",), counted=True),
        f"{INTERVAL} A coin has an AUC of 0.5.", _by_collection(scored),
    )  # fmt: skip


def _aucs(card: Card, keys: tuple[str, ...]) -> dict[str, Rate]:
    found = ((key, findings.auc(card, key)) for key in keys)
    return {key: rate for key, rate in found if rate is not None}


def _by_collection(scored: dict[str, Rate]) -> Chart | None:
    """The same AUCs as points with intervals, a coin as a line."""
    if not scored:
        return None
    import pandas as pd

    rows = pd.DataFrame(
        [(_WHERE.get(key) or collections.short(key), rate.value, rate.low, rate.high,
          findings.against_coin(rate) != "can't tell") for key, rate in scored.items()],
        columns=["name", "value", "low", "high", "told"],
    )  # fmt: skip
    plot = forest.plot(rows, "AUC; the line is a coin's", COIN)
    return Chart(plot, collection_title(scored), rows, "auc-by-collection")


def collection_title(scored: dict[str, Rate]) -> str:
    """What the AUCs of its own test and of older collections say."""
    older = {key: rate for key, rate in scored.items() if key in OLDER}
    if OFFICIAL not in scored or not older:
        return "AUC by the pictures' collection"
    least = min(older, key=lambda key: older[key].value)
    own, other = scored[OFFICIAL].value, older[least].value
    where = collections.short(least)
    if scored[OFFICIAL].low > older[least].high:
        return f"It ranks its own test well (AUC {own:.2f}), and {where} worse ({other:.2f})"
    if scored[OFFICIAL].high < older[least].low:
        return f"It ranks {where} better (AUC {other:.2f}) than its own test ({own:.2f})"
    return f"Own test (AUC {own:.2f}) and {where} ({other:.2f}) can't be told apart"


def skin(model: Classifier) -> Answer:
    """What the network did on pictures of another kind, skin types I to VI."""
    card = model.card
    sets = (*PHONE_SETS, FITZPATRICK)
    scored = [card.evaluations[key] for key in sets if key in card.evaluations]
    learned = any(key in card.training.data for key in sets)
    return Answer(
        (
            "A doctor's answer would not change with the skin. "
            + ("This network has learned from photos of this kind." if learned else
               "This network has learned from no phone photo at all."),
            *(alarms_at(one.title, one.figures) for one in scored[:1]),
            "These are means over many light and few dark: 'Skin tone' has them by type.",
        ),
        ("pictures", "sensitivity", "specificity"),
        figures_on(card, sets, ("sensitivity", "specificity")),
        f"Phone and atlas photos, the only ones with dark skin. {INTERVAL}",
    )  # fmt: skip


def alarms_at(title: str, figures: Figures) -> str:
    """What sensitivity is worth beside specificity, on one set of pictures."""
    if figures.sensitivity is None or figures.specificity is None:
        return f"Sensitivity and specificity on {title} were not measured."
    found, alarmed = 100 * figures.sensitivity.value, 100 * (1 - figures.specificity.value)
    rates = (
        f"on {title} it calls {found:.0f} of 100 malignant lesions malignant, and {alarmed:.0f} of "
        "100 benign ones"
    )
    low, high = figures.sensitivity.low, 1 - figures.specificity.low
    if low <= high:
        return (
            f"Look at **specificity** beside sensitivity: {rates}. These can't be told apart, so "
            "its alarms say nothing here."
        )
    if alarmed >= _MANY:
        return (
            f"Look at **specificity** beside sensitivity: {rates}. It finds many because it calls "
            "most malignant."
        )
    return f"Look at **specificity** beside sensitivity: {rates}."
