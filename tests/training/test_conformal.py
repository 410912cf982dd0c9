from __future__ import annotations

import numpy as np
import pytest

from core.answers import answer
from core.limits_results import Answers
from training import conformal, gate_fit


def test_cuts_on_nineteen_pictures_a_class_worked_by_hand() -> None:
    # ceil(20 x 0.9) = 18th smallest score: of 0.01 ... 0.19 that is 0.18
    p = np.concatenate([np.arange(1, 20) / 100, 1 - np.arange(1, 20) / 100])
    cuts = conformal.fit(np.repeat([0, 1], 19), p)
    assert cuts.benign_up_to == pytest.approx(0.18)
    assert cuts.malignant_from == pytest.approx(0.82)
    assert cuts.suspicious_from == pytest.approx(0.81)  # 19 of 19 lie above: 0.95 x 19 = 18.05


def test_new_pictures_of_each_class_are_covered_as_stated_on_average() -> None:
    random = np.random.default_rng(0)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.repeat([0, 1], n)
        return labels, 1 / (1 + np.exp(-random.normal(3.0 * labels - 1.5, 1.5)))

    found = []
    for _ in range(60):
        cuts = conformal.fit(*draw(60))
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


def test_shrunk_covariance_is_scikit_learns() -> None:
    from sklearn.covariance import OAS

    values = np.random.default_rng(1).normal(size=(40, 12)) @ np.diag(np.arange(1, 13))
    centre, precision = gate_fit.cloud(values)
    other = OAS().fit(values)
    assert centre == pytest.approx(other.location_)
    assert np.linalg.inv(precision) == pytest.approx(other.covariance_, rel=1e-6, abs=1e-6)


def test_a_gate_tells_clouds_apart_and_stops_what_is_in_none() -> None:
    random = np.random.default_rng(2)
    near, far = random.normal(0, 1, (400, 6)), random.normal(8, 1, (400, 6))
    gate = gate_fit.fit({"dermoscopic": near, "photo": far}, {})
    kinds = gate.kinds(np.stack([np.zeros(6), np.full(6, 8.0), np.full(6, -9.0)]))
    assert kinds == ["dermoscopic", "photo", "not skin"]
    fresh = gate.kinds(random.normal(0, 1, (2000, 6)))
    assert 1 - fresh.count("dermoscopic") / 2000 == pytest.approx(0.02, abs=0.02)
