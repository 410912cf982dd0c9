"""Fit the gate: a logistic regression that tells lesions, bare skin and other things apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.assessment.picture_kind import (
    BARE_SKIN,
    CONTENTS,
    ELSE,
    LESIONS,
    Content,
    Gate,
    lesion_odds,
)

# scikit-learn's inverse strength of the penalty on standardised features: a strong one, as there
# are about as many features as pictures. The middle of three that were tried, 0.001, 0.01 and 0.1.
_STRENGTH = 0.01
# Of bare skin that the regression did not see, the share that is to be stopped.
CAUGHT = 0.96
_PARTS = 5
_STEPS = 1000


def fit(pictures: dict[Content, Floats], people: dict[Content, NDArray[np.str_]]) -> Gate:
    """The gate for signatures (N, S) by content, and whom each of them shows (N,).

    Its bound is where ``CAUGHT`` of the bare skin is stopped, each person's by a regression that
    never saw that person; of other things, where there is no bare skin. A content without pictures
    is never found. Raises ``ValueError`` where there are no pictures of lesions or none of anything
    else, or fewer than ``_PARTS`` people.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    there = [name for name in CONTENTS if len(pictures.get(name, ()))]
    if not set(there) & set(LESIONS) or set(there) <= set(LESIONS):
        raise ValueError(f"a gate needs pictures of lesions and of other things, not of {there}")
    x = np.concatenate([pictures[name] for name in there])
    y = np.repeat(np.arange(len(there)), [len(pictures[name]) for name in there])
    who = np.concatenate([people[name] for name in there])
    scale, regression = (
        StandardScaler(),
        LogisticRegression(C=_STRENGTH, max_iter=_STEPS, class_weight="balanced"),
    )
    model = make_pipeline(scale, regression)
    parts = GroupKFold(_PARTS, shuffle=True, random_state=0)
    logits = cross_val_predict(model, x, y, groups=who, cv=parts, method="decision_function")
    nearest = BARE_SKIN if BARE_SKIN in there else ELSE  # to lesions, of what is to be stopped
    odds = lesion_odds(_of_all(logits.T if logits.ndim > 1 else _of_two(logits), there).T)
    # a hair above, so that the picture at the quantile is stopped too
    least = float(np.quantile(odds[y == there.index(nearest)], CAUGHT, method="higher")) + 1e-6
    model.fit(x, y)
    weights = regression.coef_ / scale.scale_
    bias = regression.intercept_ - weights @ scale.mean_
    if len(there) == len(_HALVES):
        weights, bias = _of_two(weights[0]), _of_two(bias[0])
    every = np.zeros((len(CONTENTS), weights.shape[1]))
    every[[CONTENTS.index(name) for name in there]] = weights
    return Gate(every, _of_all(bias, there), least)


_HALVES = np.array([-0.5, 0.5])
_NEVER = -1e4  # the logit of a content that there were no pictures of


def _of_two(difference: Floats) -> Floats:
    """Logits (2, ...) from the second's lead, as scikit-learn has it for two classes."""
    return np.asarray(np.multiply.outer(_HALVES, difference))


def _of_all(logits: Floats, there: list[Content]) -> Floats:
    """Logits (4, ...) of ``CONTENTS`` from those (C, ...) of the contents that are there."""
    every = np.full((len(CONTENTS), *logits.shape[1:]), _NEVER)
    every[[CONTENTS.index(name) for name in there]] = logits
    return every
