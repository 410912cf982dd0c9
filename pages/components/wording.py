"""Figures as words: what a card's numbers mean to somebody who reads them once."""

from __future__ import annotations

from core.results.card import Card, Evaluation
from core.results.collections import PHONE_SETS, PHOTO_SETS
from core.results.test_sets import OFFICIAL


def chance(probability: float) -> str:
    """A probability as people write it: never 0 or 100 %, which no model can know."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return f"{100 * probability:.0f} %"


def trained_on(card: Card) -> str:
    """What it has learned from, in one sentence."""
    ways = "taken through a dermatoscope, the skin doctor's magnifier"
    if any(name in card.training.data for name in PHOTO_SETS):
        ways += ", and ordinary photos"
    return (
        f"All it knows of skin are {card.training.n_train:,} pictures {ways}; nearly all of them "
        "are of light skin."
    )


def own_test(card: Card) -> str | None:
    """How often the model was right in its own test, in one sentence."""
    test = card.evaluations.get(OFFICIAL)
    if test is None or test.figures.sensitivity is None:
        return None
    right = 100 * test.figures.accuracy.value
    missed = 100 * (1 - test.figures.sensitivity.value)
    return (
        f"On the {test.figures.n} dermoscopic test pictures of its own collection it was right "
        f"{right:.0f} times in 100, and called {missed:.0f} of 100 malignant lesions benign."
    )


def phone_photos(card: Card) -> str | None:
    """What its answers were worth on phone photos, in one or two sentences."""
    test = next((card.evaluations[name] for name in PHONE_SETS if name in card.evaluations), None)
    if test is None or test.figures.specificity is None:
        return None
    benign, alarms = false_alarms(test)
    sentence = (
        f"On {benign} **phone photos** of benign lesions it answered 'malignant' {alarms} times."
    )
    if alarms > benign / 2:
        sentence += " If yours was taken without a dermatoscope, it tells you next to nothing."
    return sentence


def false_alarms(test: Evaluation) -> tuple[int, int]:
    """How many benign pictures there were, and how many of them were called malignant."""
    benign = test.figures.n - test.figures.malignant
    specificity = test.figures.specificity
    return benign, round(benign * (1 - (specificity.value if specificity else 1.0)))
