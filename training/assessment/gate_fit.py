"""Fit the gate: a logistic regression that tells lesions, bare skin and other things apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats
from core.assessment.picture_kind import BARE_SKIN, CONTENTS, Content, Gate, lesion_odds

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
    never saw that person. Raises ``ValueError`` where a content has no pictures, or where there are
    fewer than ``_PARTS`` people.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    missing = [name for name in CONTENTS if not len(pictures.get(name, ()))]
    if missing:
        raise ValueError(f"no pictures of {', '.join(missing)}")
    x = np.concatenate([pictures[name] for name in CONTENTS])
    y = np.repeat(np.arange(len(CONTENTS)), [len(pictures[name]) for name in CONTENTS])
    who = np.concatenate([people[name] for name in CONTENTS])
    scale, regression = (
        StandardScaler(),
        LogisticRegression(C=_STRENGTH, max_iter=_STEPS, class_weight="balanced"),
    )
    model = make_pipeline(scale, regression)
    parts = GroupKFold(_PARTS, shuffle=True, random_state=0)
    logits = cross_val_predict(model, x, y, groups=who, cv=parts, method="decision_function")
    odds = lesion_odds(logits[y == CONTENTS.index(BARE_SKIN)])
    # a hair above, so that the picture at the quantile is stopped too
    least = float(np.quantile(odds, CAUGHT, method="higher")) + 1e-6
    model.fit(x, y)
    weights = regression.coef_ / scale.scale_
    return Gate(weights, regression.intercept_ - weights @ scale.mean_, least)
