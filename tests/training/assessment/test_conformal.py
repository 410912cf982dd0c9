from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from core.assessment.three_answers import answer
from core.results.limits import Answers
from training.assessment import conformal, gate_fit


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


def test_coverage_is_the_least_at_which_nearly_all_answers_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conformal, "RIGHT", 0.965)
    random = np.random.default_rng(4)
    labels = np.repeat([0, 1], 2000)
    p = 1 / (1 + np.exp(-random.normal(3.0 * labels - 1.5, 1.0)))
    cuts = conformal.fit_for_right_answers(labels, p)

    def right(coverage: float) -> float:
        found = conformal.check("", labels, p, conformal.fit(labels, p, coverage))
        assert found.right_among_answered is not None
        return found.right_among_answered.value

    assert 0.90 < cuts.coverage < 0.98
    assert right(cuts.coverage) >= 0.965 > right(cuts.coverage - 0.01)
    hopeless = conformal.fit_for_right_answers(labels, random.random(len(labels)))
    assert hopeless.coverage == 0.98


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
    assert 1 - fresh.count("dermoscopic") / 2000 == pytest.approx(0.01, abs=0.01)


def test_kinds_part_where_the_fewest_are_told_wrongly() -> None:
    # Long in a direction that says nothing: the centres lie across it. By
    # theory half the Mahalanobis distance, sqrt(d' C^-1 d) / 2, is as many normal deviations.
    random = np.random.default_rng(3)
    spread, apart = np.array([[5.0, 4.0], [4.0, 5.0]]), np.array([2.0, -1.0])
    samples = random.multivariate_normal(np.zeros(2), spread, (2, 20_000))
    direction, border = gate_fit.border(samples[0], samples[1] + apart)
    fresh = random.multivariate_normal(np.zeros(2), spread, 20_000)
    least = NormalDist().cdf(-np.sqrt(apart @ np.linalg.inv(spread) @ apart) / 2)
    assert (fresh @ direction > border).mean() == pytest.approx(least, abs=0.01)
    assert ((fresh + apart) @ direction <= border).mean() == pytest.approx(least, abs=0.01)
