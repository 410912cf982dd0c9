"""Three answers, not two: benign, malignant, or that the model can't tell."""

from __future__ import annotations

from core.labels import Judgement
from core.results.card import Card
from core.results.limits import Answers


def answer(probability: float, cuts: Answers) -> Judgement:
    """The answer to a calibrated P(malignant).

    Benign or malignant is answered where the conformal set holds it alone and the operating point
    for 'suspicious' agrees; a set of both, or of none, is no answer.
    """
    may_be_benign = probability <= cuts.benign_up_to
    may_be_malignant = probability >= cuts.malignant_from
    suspicious = probability >= cuts.suspicious_from
    if may_be_benign and not may_be_malignant and not suspicious:
        return "benign"
    if may_be_malignant and not may_be_benign and suspicious:
        return "malignant"
    return "uncertain"


def judged(probability: float, card: Card, kind: str | None) -> Judgement:
    """A model's answer to a picture of a kind: one of three, of two where its card has no third."""
    if card.limits is None:
        return card.answer(probability)
    return answer(probability, card.limits.answers_for(kind))
