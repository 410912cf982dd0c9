"""The five limits, with figures that say one thing and others that say the contrary."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd
import pytest

from core.fairness.groups import Gap
from core.fairness.review import Review
from core.results.card import Card, Evaluation, Figures
from core.results.collections import ISIC_2017, ISIC_2018, PAD_UFES
from core.results.robustness import COLUMNS
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate, decimal
from pages.cards import five_limits


def rate(value: float) -> Rate:
    return Rate(value, value - 0.05, value + 0.05)


def card_with(card: Card, **sets: tuple[float, float, float]) -> Card:
    """A card with sensitivity, specificity and AUC by set; 100 malignant of 300 in each."""
    entries = {
        key: Evaluation(key, Figures(300, 100, rate(0.8), rate(a), rate(s), rate(c), rate(0.1)),
                        "", "", "", "")
        for key, (s, c, a) in sets.items()
    }  # fmt: skip
    return dataclasses.replace(card, evaluations=entries)


def review(card: Card, value: float, verdict: str) -> Review:
    gap = Gap("fitzpatrick", "auc", "I-II", "V-VI", rate(value), verdict)
    return Review(1, card.name, "x", "X", 0.5, "", "", "", "", (), (gap,))


def sweep(clean: float, left: float) -> pd.DataFrame:
    rows = [
        (change, strength, 660, accuracy, accuracy - 0.02, accuracy + 0.02, 0.9, 0.1, 0.08, 0.12)
        for change, strength, accuracy in (("none", 0.0, clean), ("fgsm", 1 / 255, left))
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_each_sentence_has_its_figure(full_card: Card) -> None:
    card = card_with(
        full_card, **{OFFICIAL: (0.9, 0.9, 0.97), ISIC_2018: (0.9, 0.9, 0.9),
                      PAD_UFES: (0.84, 0.7, 0.9), ISIC_2017: (0.9, 0.1, 0.5)},
    )  # fmt: skip
    alarms, misses, others, skin, attack = five_limits.sentences(
        card, [review(card, -0.03, "can't tell")], sweep(0.905, 0.164), "resnet18"
    )
    assert (
        f"9 of the 108 alarms of `{card.name}` would be right" in alarms
    )  # 9 found, 99 of 990 alarmed
    assert "Of 100 malignant phone photos in its test it held 16 for benign" in misses
    assert f"{decimal(rate(0.97))} on its own test is {decimal(rate(0.5))} on ISIC 2017" in others
    assert "can't be told from a coin" in others
    assert "can't tell" in skin
    assert "from 90 to 16\N{NO-BREAK SPACE}% right" in attack


@pytest.mark.parametrize(("auc", "said"), [(0.9, "better than a coin"), (0.3, "worse than a coin")])
def test_another_collection_is_told_either_way(full_card: Card, auc: float, said: str) -> None:
    card = card_with(full_card, **{OFFICIAL: (0.9, 0.9, 0.97), ISIC_2017: (0.9, 0.9, auc)})
    assert said in five_limits.sentences(card, [], None, "x")[2]


@pytest.mark.parametrize(("value", "better"), [(0.2, "I-II"), (-0.2, "V-VI")])
def test_whom_it_serves_better_is_told_either_way(
    full_card: Card, value: float, better: str
) -> None:
    found = review(full_card, value, "better")
    assert f"better on types {better}" in five_limits.sentences(full_card, [found], None, "x")[3]


def test_where_no_auc_could_be_had_of_dark_skin_it_tells_how_many_are_found(
    full_card: Card,
) -> None:
    found = review(full_card, -0.1, "can't tell")
    (gap,) = found.gaps
    sought = dataclasses.replace(gap, measure="sensitivity")
    none = dataclasses.replace(gap, difference=None)
    told = five_limits.sentences(
        full_card, [dataclasses.replace(found, gaps=(none, sought))], None, "x"
    )[3]
    assert f"malignant lesions found, I-II minus V-VI: {decimal(rate(-0.1))}" in told
    assert "not measured" not in told
    alone = five_limits.sentences(full_card, [dataclasses.replace(found, gaps=(none,))], None, "x")
    assert "was not measured" in alone[3]


def test_no_sentence_has_brackets_within_brackets(full_card: Card) -> None:
    card = card_with(
        full_card, **{OFFICIAL: (0.9, 0.9, 0.97), ISIC_2018: (0.9, 0.9, 0.9),
                      PAD_UFES: (0.84, 0.7, 0.9), ISIC_2017: (0.9, 0.1, 0.5)},
    )  # fmt: skip
    card.evaluations[ISIC_2018] = dataclasses.replace(
        card.evaluations[ISIC_2018], title="ISIC 2018 test, a half (dermoscopic)"
    )
    for verdict in ("can't tell", "better"):
        found = five_limits.sentences(
            card, [review(card, -0.03, verdict)], sweep(0.9, 0.1), "resnet18"
        )
        for sentence in found:
            assert not re.search(r"\([^()]*\([^()]*\)", sentence), sentence


def test_who_withstands_a_step_is_not_called_fooled(full_card: Card) -> None:
    assert "not fooled" in five_limits.sentences(full_card, [], sweep(0.9, 0.9), "x")[4]


def test_what_was_not_measured_is_said_to_be_so(full_card: Card) -> None:
    found = five_limits.sentences(card_with(full_card), [], None, "x")
    assert len(found) == 5
    assert all("not measured" in sentence for sentence in found)
