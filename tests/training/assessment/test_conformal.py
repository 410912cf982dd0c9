from __future__ import annotations

import numpy as np
import pytest

from core.assessment.three_answers import answer
from core.results.limits import Answers
from training.assessment import conformal


def test_cuts_on_nineteen_pictures_a_class_worked_by_hand() -> None:
    # ceil(20 x 0.9) = 18th smallest score: of 0.01 ... 0.19 that is 0.18
    p = np.concatenate([np.arange(1, 20) / 100, 1 - np.arange(1, 20) / 100])
    cuts = conformal.fit({"a": (np.repeat([0, 1], 19), p)}, 0.2, 0.03)
    assert cuts.benign_up_to == pytest.approx(0.18)
    assert cuts.malignant_from == pytest.approx(0.82)
    # all 19 benign are below 0.81, the least malignant one
    # 1 of 19 missed: 0.2 / 19 of 0.2 / 19 + 0.8 is 1.3 %, 2 are 2.6 %, and 2.25 % may be
    assert cuts.suspicious_from == pytest.approx(0.82)
    assert cuts.sensitivity == pytest.approx(18 / 19)


def test_the_worst_collection_decides_every_cut() -> None:
    random = np.random.default_rng(0)

    def drawn(apart: float) -> tuple[np.ndarray, np.ndarray]:
        labels = np.repeat([0, 1], 300)
        return labels, 1 / (1 + np.exp(-random.normal(apart * (2 * labels - 1), 1.0)))

    easy, hard = drawn(2.0), drawn(0.7)
    few = (np.array([0] * 50 + [1] * 9), np.repeat([0.9, 0.1], [50, 9]))  # too few to count
    both = conformal.fit({"easy": easy, "hard": hard, "few": few}, 0.43, 0.06)
    alone = conformal.fit({"hard": hard}, 0.43, 0.06)
    assert (both.benign_up_to, both.malignant_from, both.suspicious_from) == (
        alone.benign_up_to, alone.malignant_from, alone.suspicious_from
    )  # fmt: skip
    for labels, p in (easy, hard):
        told = conformal.check("", labels, p, both)
        assert told.malignant_among_benign is not None
        assert told.malignant_among_benign.value <= 0.06
        assert told.coverage["malignant"].value >= 0.9


def test_malignant_among_looks_benign_is_at_the_stated_share_by_hand() -> None:
    labels = np.repeat([0, 1], [10, 40])
    said = np.array(["benign"] * 5 + ["uncertain"] * 5 + ["benign"] * 2 + ["malignant"] * 38)
    found = conformal.malignant_among_benign(labels, said, 0.43)
    assert found is not None
    # 5 % of the malignant and half of the benign: 0.43 x 0.05 of 0.43 x 0.05 + 0.57 x 0.5
    assert found.value == pytest.approx(0.0215 / (0.0215 + 0.285))
    assert found.low < found.value < found.high
    assert found.n == 7
    assert conformal.malignant_among_benign(labels[:10], said[:10], 0.43) is None


def test_new_pictures_of_each_class_are_covered_as_stated_on_average() -> None:
    random = np.random.default_rng(0)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.repeat([0, 1], n)
        return labels, 1 / (1 + np.exp(-random.normal(3.0 * labels - 1.5, 1.5)))

    found = []
    for _ in range(60):
        cuts = conformal.fit({"a": draw(60)}, 0.2, 0.03)
        checked = conformal.check("", *draw(500), cuts).coverage
        found.append([checked["benign"].value, checked["malignant"].value])
    assert np.mean(found, axis=0) == pytest.approx([0.9, 0.9], abs=0.015)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.1, "benign"), (0.3, "benign"), (0.31, "uncertain"), (0.6, "uncertain"), (0.7, "malignant")],
)
def test_where_no_class_is_held_there_is_no_answer(probability: float, said: str) -> None:
    assert answer(probability, Answers(0.9, 0.95, 0.3, 0.7, 0.5, 100)) == said


@pytest.mark.parametrize(
    ("probability", "said"), [(0.2, "benign"), (0.4, "uncertain"), (0.8, "malignant")]
)
def test_where_both_classes_are_held_there_is_no_answer(probability: float, said: str) -> None:
    assert answer(probability, Answers(0.9, 0.95, 0.7, 0.3, 0.5, 100)) == said


def test_a_suspicious_picture_is_never_answered_benign() -> None:
    assert answer(0.25, Answers(0.9, 0.95, 0.3, 0.7, 0.2, 100)) == "uncertain"
