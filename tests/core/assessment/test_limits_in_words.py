"""How far to believe a model is said as its card's figures have it, by hand-worked counts."""

from __future__ import annotations

import dataclasses

import pytest

from core.assessment import limits_in_words
from core.labels import DERMOSCOPIC, PHOTO
from core.results.collections import ISIC_2017, ISIC_2018, PAD_UFES
from core.results.test_sets import LEFT_OUT, OFFICIAL
from core.statistics.estimates import Share
from tests.core.assessment.made_cards import (
    CARD,
    PHONES,
    answer_check,
    card_with,
    evaluation_of,
    share_of,
)


def test_a_test_of_two_answers_is_told_in_two() -> None:
    # four malignant, of which one is held for benign; four benign, of which three are not
    phone = evaluation_of([1, 1, 1, 1, 0, 0, 0, 0], [0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.1])
    card = dataclasses.replace(CARD, limits=None, evaluations={PAD_UFES: phone})
    assert limits_in_words.misses(PHOTO, card) == (
        "Of **4 malignant phone photos** in its test it held **1** for benign."
    )
    assert limits_in_words.false_alarms(PHOTO, card) == (
        "Of 4 benign phone photos it held 3 for malignant. On such a picture it tells you next to "
        "nothing."
    )


def test_where_few_benign_ones_are_called_so_it_tells_next_to_nothing() -> None:
    card = card_with()
    assert card.limits is not None
    poor = answer_check({"benign": (99, 4), "malignant": (10, 60), "uncertain": (91, 36)}, 200, 100)
    limits = dataclasses.replace(card.limits, answer_checks={PAD_UFES: poor})
    said = limits_in_words.false_alarms(PHOTO, dataclasses.replace(card, limits=limits)) or ""
    assert said.endswith("'can't tell' of 91. On such a picture it tells you next to nothing.")


def test_each_kind_of_picture_has_its_own_test_where_both_have_cuts() -> None:
    card = card_with()
    assert card.limits is not None
    dermoscopic = answer_check({"benign": (5, 1)}, 9, 7)
    limits = dataclasses.replace(
        card.limits, answers_by_kind=dict.fromkeys((PHOTO, DERMOSCOPIC), card.limits.answers),
        answer_checks={PAD_UFES: PHONES, ISIC_2018: dermoscopic},
    )  # fmt: skip
    card = dataclasses.replace(card, limits=limits)
    assert limits_in_words.check_of(DERMOSCOPIC, card) == dermoscopic
    assert limits_in_words.check_of(PHOTO, card) == PHONES


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (Share(0.046, 0.021, 0.098, 150), "it was kept: 4.6 in 100 (2.1 to 9.8)"),
        (Share(0.0734, 0.04, 0.13, 150), "it was **not kept**: 7.3 in 100 (4.0 to 13.0)"),
    ],
)
def test_what_looks_benign_promises_is_told_with_whether_it_was_kept(
    measured: Share, told: str
) -> None:
    card = card_with()
    assert card.limits is not None
    cuts = dataclasses.replace(card.limits.answers, prevalence=0.43, promised=0.06)
    check = dataclasses.replace(PHONES, malignant_among_benign=measured)
    limits = dataclasses.replace(
        card.limits, kinds_judged=(PHOTO,), answers_by_kind={PHOTO: cuts},
        answer_checks={PAD_UFES: check},
    )  # fmt: skip
    first = limits_in_words.limits_of(PHOTO, dataclasses.replace(card, limits=limits))[0]
    assert "at most **6 in 100** phone photos that 'look benign' to it are malignant" in first
    assert "where 43 in 100 of all are" in first
    assert told in first
    unmade = dataclasses.replace(cuts, promised=1.0)
    limits = dataclasses.replace(limits, answers_by_kind={PHOTO: unmade})
    assert limits_in_words.promise(PHOTO, dataclasses.replace(card, limits=limits)) is None
    assert limits_in_words.promise(DERMOSCOPIC, dataclasses.replace(card, limits=limits)) is None


def test_the_own_test_is_told_in_hundreds() -> None:
    labels, scores = [0] * 50 + [1] * 50, [0.1] * 45 + [0.9] * 5 + [0.9] * 40 + [0.1] * 10
    said = limits_in_words.own_test(
        card_with(evaluations={"official_test": evaluation_of(labels, scores)})
    )
    assert said is not None
    assert "right 85 times in 100" in said
    assert "held 20 of 100 malignant lesions for benign" in said
    card = card_with()
    assert card.limits is not None
    check = dataclasses.replace(
        PHONES, uncertain=share_of(76, 300), right_among_answered=share_of(210, 224)
    )
    limits = dataclasses.replace(card.limits, answer_checks={OFFICIAL: check})
    said = limits_in_words.own_test(dataclasses.replace(card, limits=limits))
    assert said is not None
    assert "gave 75 in 100 an answer, right 94 times in 100" in said
    assert "of 100 malignant ones it said 'looks benign' of 4 and 'can't tell' of 36." in said


@pytest.mark.parametrize(
    ("data", "photos"),
    [("malignant_vs_benign", False), ("malignant_vs_benign + pad_ufes_20_half", True)],
)
def test_what_it_learned_from_is_said_as_the_card_has_it(data: str, photos: bool) -> None:
    training = dataclasses.replace(CARD.training, data=data, n_train=8758)
    said = limits_in_words.trained_on(dataclasses.replace(CARD, training=training))
    assert "8,758" in said
    assert ("ordinary photos" in said) == photos


def test_a_clinic_that_was_learned_from_is_told_by_a_network_that_left_it_out() -> None:
    # four malignant, of which one is held for benign; four benign, of which two are not
    apart = evaluation_of([1, 1, 1, 1, 0, 0, 0, 0], [0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.1, 0.1])
    held = evaluation_of([1, 0], [0.9, 0.1])  # what was held out of what it learned: no stranger's
    training = dataclasses.replace(CARD.training, data=f"malignant_vs_benign + {ISIC_2017}")
    card = dataclasses.replace(
        CARD, training=training, limits=None,
        evaluations={ISIC_2017: held, LEFT_OUT + ISIC_2017: apart},
    )  # fmt: skip
    where = "ISIC 2017, older collections, by a network trained without it"
    assert limits_in_words.unseen(card) == (
        "Pictures of **clinics and devices that it never saw** get worse. "
        f"{where}: it held 1 of 4 malignant ones for benign, and 2 of 4 benign ones for malignant."
    )
    assert limits_in_words.unseen(dataclasses.replace(card, evaluations={ISIC_2017: held})) is None
