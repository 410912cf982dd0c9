"""Cards with made-up tests, whose figures can be worked by hand."""

from __future__ import annotations

import dataclasses

from core import checkpoints
from core.labels import PHOTO
from core.results.card import Card, Evaluation
from core.results.collections import PAD_UFES
from core.results.limits import AnswerCheck
from core.statistics import intervals, metrics
from core.statistics.estimates import Share

CARD = checkpoints.card("resnet18")


def share_of(hits: int, n: int) -> Share:
    rate = intervals.wilson(hits, n)
    return Share(rate.value, rate.low, rate.high, n)


def answer_check(given: dict[str, tuple[int, int]], benign: int, malignant: int) -> AnswerCheck:
    """``given``: for each answer, how many benign and how many malignant pictures got it."""
    return AnswerCheck(
        "a test", {"benign": share_of(1, benign), "malignant": share_of(1, malignant)},
        share_of(0, 1), None,
        {a: {"benign": share_of(b, benign), "malignant": share_of(m, malignant)}
         for a, (b, m) in given.items()},
        {a: share_of(m, b + m) for a, (b, m) in given.items()},
    )  # fmt: skip


# 200 benign and 100 malignant phone photos
PHONES = answer_check({"benign": (150, 4), "malignant": (10, 60), "uncertain": (40, 36)}, 200, 100)


def evaluation_of(labels: list[int], scores: list[float]) -> Evaluation:
    figures = metrics.evaluate(labels, scores)
    return Evaluation("title", figures, "command", "data", "0", "2026-01-01")


def card_with(**changes: object) -> Card:
    assert CARD.limits is not None
    limits = dataclasses.replace(
        CARD.limits, answers_by_kind={PHOTO: CARD.limits.answers}, answer_checks={PAD_UFES: PHONES}
    )
    return dataclasses.replace(CARD, limits=limits, **changes)
