"""The last layer that learns older collections, on features that are drawn by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from training.pooled import last_layer
from training.pooled.last_layer import Lead

# An old lead that goes by the first feature, which tells the collection; the second the disease.
OLD = Lead(np.array([2.0, 0.5, 0.0, 0.0]), -0.3)


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, n)
    features = random.normal(size=(n, 4)) * [1.0, 1.0, 3.0, 0.2] + 1.0
    features[:, 1] += 2.0 * label
    return features, label.astype(np.int64)


def test_what_tells_the_disease_is_weighed_anew_from_few_pictures() -> None:
    features, label = drawn(120, 0)
    found = last_layer.fit(features, OLD, label, np.ones(120), 0.1)
    new, truth = drawn(4000, 1)
    before, after = (roc_auc_score(truth, lead.of(new)) for lead in (OLD, found))
    assert before < 0.70
    assert after > 0.85


def test_a_high_penalty_leaves_the_old_order_and_fits_its_scale_alone() -> None:
    features, label = drawn(500, 0)
    found = last_layer.fit(features, OLD, label, np.ones(500), 100.0).of(features)
    slope, offset = np.polyfit(OLD.of(features), found, 1)
    assert found == pytest.approx(slope * OLD.of(features) + offset, abs=0.02)
    # the scale is a logistic regression's on the old lead alone
    plain = minimize(
        lambda v: np.logaddexp(0, -(2 * label - 1) * (v[0] * OLD.of(features) + v[1])).mean(),
        [1.0, 0.0],
    )
    assert [slope, offset] == pytest.approx(plain.x, abs=5e-3)


def test_it_is_where_loss_and_penalty_together_are_least() -> None:
    features, label = drawn(200, 2)
    weight = np.random.default_rng(3).random(200)
    spread, old = features.std(axis=0), OLD.of(features)

    def cost(v: np.ndarray) -> float:
        lead = v[0] * old + v[1] + (features / spread) @ v[2:]
        loss = np.logaddexp(0, -(2 * label - 1) * lead)
        return float(weight @ loss / weight.sum() + 0.05 * v[2:] @ v[2:])

    least = minimize(cost, np.zeros(6), options={"gtol": 1e-7}).x
    by_hand = least[0] * old + least[1] + (features / spread) @ least[2:]
    found = last_layer.fit(features, OLD, label, weight, 0.05)
    assert found.of(features) == pytest.approx(by_hand, abs=0.02)


@pytest.mark.parametrize("spread", [0.0, 1e-9])
def test_a_feature_that_hardly_ever_differs_gets_no_weight(spread: float) -> None:
    features, label = drawn(50, 0)
    features[:, 3] = 7.0 + spread * label
    found = last_layer.fit(features, OLD, label, np.ones(50), 0.1)
    assert np.isfinite(found.weight).all()
    assert found.weight[3] == pytest.approx(0, abs=1e-4)


def test_half_is_known_and_a_quarter_strange_of_each_collection_and_class_alike() -> None:
    rows = [("a", 0, True, True)] * 6 + [("a", 1, True, True)] * 2
    rows += [("b", 0, True, True)] * 1 + [("b", 1, True, True)] * 1 + [("b", 0, True, False)] * 3
    rows += [("report", 1, True, False)] * 7 + [("known", 0, False, False)] * 30
    rows += [("known", 1, False, False)] * 10
    table = pd.DataFrame(rows, columns=["collection", "label", "older", "strange"])
    weight = pd.Series(last_layer.weights(table))
    assert weight.sum() == pytest.approx(1)
    of = weight.groupby([table["collection"], table["label"], table["strange"]]).sum()
    # of all older ones ten are benign and ten malignant: 0.0125 each, whoever's they are
    assert of.to_dict() == pytest.approx({
        ("a", 0, True): 0.0625 + 0.075, ("a", 1, True): 0.0625 + 0.025,
        ("b", 0, True): 0.0625 + 0.0125, ("b", 1, True): 0.0625 + 0.0125,
        ("b", 0, False): 0.0375, ("report", 1, False): 0.0875,
        ("known", 0, False): 0.25, ("known", 1, False): 0.25,
    })  # fmt: skip
