"""What the models can't do, in five sentences, each made from a figure of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.assessment import limits_in_words
from core.fairness.groups import CANT_TELL
from core.fairness.review import Review
from core.labels import PHOTO
from core.reports import icon_array
from core.results import collections, findings
from core.results.card import Card
from core.results.collections import ISIC_2018, OLDER
from core.results.robustness import FGSM, NONE, on_the_same
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import decimal

if TYPE_CHECKING:
    import pandas as pd

PRACTICE = 10  # malignant of 1,000 lesions: about what a general practice sees
_GREY = 1 / 255
LIGHT, DARK = "I-II", "V-VI"
_OF_SKIN = {"auc": "AUC", "sensitivity": "malignant lesions found,"}


def sentences(
    card: Card, reviews: Sequence[Review], attacked: pd.DataFrame | None, name: str
) -> list[str]:
    """Five sentences: alarms, misses, other collections, dark skin, attacks.

    They are of the model in ``card``, and of the model called ``name`` that the sweep ``attacked``.
    What was not measured is said to be so.
    """
    return [
        _alarms(card), _misses(card), _collections(card), _skin(card.name, reviews),
        _attack(attacked, name),
    ]  # fmt: skip


def _alarms(card: Card) -> str:
    test = card.evaluations.get(ISIC_2018) or card.evaluations.get(OFFICIAL)
    if test is None or not test.figures.sensitivity or not test.figures.specificity:
        return "**It does not diagnose.** What its alarms are worth was not measured."
    found, _, alarmed, _ = icon_array.screened(
        PRACTICE, test.figures.sensitivity.value, test.figures.specificity.value
    )
    alarms = found.count + alarmed.count
    return (
        f"**It does not diagnose.** Where {PRACTICE} of 1,000 lesions are malignant, as in a "
        f"general practice, {found.count} of the {alarms} alarms of `{card.name}` would be right, "
        f"by its rates on {test.title}."
    )


def _misses(card: Card) -> str:
    told = limits_in_words.misses(PHOTO, card)
    if told is None:
        return "**It misses.** How often it does on phone photos was not measured."
    return f"**It misses.** {told.replace('**', '')}"


def _collections(card: Card) -> str:
    own = findings.auc(card, OFFICIAL)
    others = [(key, found) for key in OLDER if (found := findings.auc(card, key))]
    if own is None or not others:
        return "**It knows its own collections.** What others get was not measured."
    key, worst = min(others, key=lambda other: other[1].value)
    verdict = findings.against_coin(worst)
    coin = "which can't be told from a coin" if verdict == "can't tell" else f"{verdict}"
    return (
        f"**It knows its own collections.** An AUC of {decimal(own)} on its own test is "
        f"{decimal(worst)} on {collections.short(key)}, {coin}."
    )


def _skin(name: str, reviews: Sequence[Review]) -> str:
    # where too few benign pictures are of dark skin for an AUC, how many malignant ones it finds
    asked = [(review, measure) for measure in _OF_SKIN for review in reviews]
    for review, measure in asked:
        gap = next(
            (g for g in review.gaps if review.model == name and g.difference
             and (g.measure, g.first, g.second) == (measure, LIGHT, DARK)), None,
        )  # fmt: skip
        if gap is None or gap.difference is None:
            continue
        n = sum(g.n for g in review.groups if g.group == DARK)
        figures = f"{_OF_SKIN[measure]} {LIGHT} minus {DARK}: {decimal(gap.difference)}"
        if gap.verdict == CANT_TELL:
            return (
                f"**It has seen little dark skin.** Whether it serves types {DARK} as well as "
                f"{LIGHT}, {n} pictures can't tell: {figures}."
            )
        better = LIGHT if gap.difference.value > 0 else DARK
        return f"**It does not serve all skin alike.** It is better on types {better}: {figures}."
    return "**It has seen little dark skin.** What it is worth there was not measured."


def _attack(table: pd.DataFrame | None, name: str) -> str:
    found = None if table is None else on_the_same(table, (NONE, 0.0), (FGSM, _GREY))
    if found is None:
        return "**It can be fooled.** How easily was not measured."
    clean, left = (100 * rate.value for rate in found.accuracies)
    word = "It can be fooled" if left < clean - 1 else "It was not fooled by one step"
    return (
        f"**{word}.** One grey level of 255, which no eye sees, takes `{name}` from "
        f"{clean:.0f} to {left:.0f}\N{NO-BREAK SPACE}% right on its test{found.told}."
    )
