"""Fit the gate: a logistic regression that tells lesions, bare skin and other things apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.assessment.picture_kind import BARE_SKIN, CONTENTS, Content, Gate

# scikit-learn's inverse strength of the penalty, of standardised roots of features. Of 0.001, 0.01
# and 0.1 it stops most bare skin where as many photos of lesions are stopped.
_STRENGTH = 0.01
# Of bare skin that the regression did not see, the share that is to be stopped.
CAUGHT = 0.96
_PARTS = 5
_STEPS = 1000


def fit(pictures: dict[Content, Floats], people: dict[Content, NDArray[np.str_]]) -> Gate:
    """Signatures (N, S) by content, and whom each shows (N,), to a gate.

    Its bound is where ``CAUGHT`` of the bare skin is stopped, each person's by a regression that
    never saw that person. Raises ``ValueError`` where a content has no pictures.
    """
    missing = [name for name in CONTENTS if not len(pictures.get(name, ()))]
    if missing:
        raise ValueError(f"no pictures of {', '.join(missing)}")
    x = np.concatenate([pictures[name] for name in CONTENTS])
    y = np.repeat(np.arange(len(CONTENTS)), [len(pictures[name]) for name in CONTENTS])
    who = np.concatenate([people[name] for name in CONTENTS])
    bare = y == CONTENTS.index(BARE_SKIN)
    part = _parts(who)
    odds = np.empty(len(x))
    for k in range(_PARTS):
        rows = part == k
        if (rows & bare).any():
            weights, bias = _regression(x[~rows], y[~rows])
            odds[rows] = Gate(weights, bias, 0.0).lesion_odds(x[rows])
    # a hair above, so that the picture at the quantile is stopped too
    least = float(np.quantile(odds[bare], CAUGHT, method="higher")) + 1e-6
    return Gate(*_regression(x, y), least)


def _regression(x: Floats, y: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Weights (4, S) and bias (4,) for signatures as they are, all contents counting alike."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    model = LogisticRegression(C=_STRENGTH, max_iter=_STEPS, class_weight="balanced")
    model.fit((x - mean) / spread, y)
    weights = model.coef_ / spread
    return weights, model.intercept_ - weights @ mean


def _parts(who: NDArray[np.str_]) -> NDArray[np.int64]:
    """One of ``_PARTS`` (N,) for each picture, a person's all in one."""
    people, codes = np.unique(who, return_inverse=True)
    order = np.random.default_rng(0).permutation(len(people))
    return np.asarray(order[codes] % _PARTS, dtype=np.int64)
