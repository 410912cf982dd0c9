"""Fit the gate: a logistic regression that tells lesions, bare skin and other things apart.

A second one, on the first one's odds and what stands out in a picture, tells a faint lesion from
bare skin. It is fitted to odds of people that the first one did not see, as it will be asked.
"""

from __future__ import annotations

from typing import NamedTuple

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
    dermoscopic_lead,
    lesion_odds,
    may_be_a_thing,
    spot_table,
)

# scikit-learn's inverse strength of the penalty on standardised features, and that of the second
# regression. They were chosen before patches of bare skin were cut. With patches little hangs on
# them: of pictures that the regressions did not see, on the half that is fitted to, any pair of
# 0.01 to 0.3 and 0.03 to 0.3 lets general stop 2.8 to 3.7 % of phone photos, 95 to 97 % of skin.
_STRENGTH = 0.1
_SPOT_STRENGTH = 0.03
# Of bare skin that the regressions did not see, the share that is to be stopped. Some of it does
# show something: a patch beside a mask may hold an eye, a hair line or another spot.
CAUGHT = 0.985
# By how much a dermoscopic picture must lead further than any bare skin, to be asked for no spot.
# That there is such an exception was found on the half that is not fitted to, as 2.5 % of its
# HAM10000 pictures were stopped without it: what is told of dermoscopic pictures may be too good.
_FURTHER = 0.5
_PARTS = 5
_STEPS = 1000


def fit(
    pictures: dict[Content, Floats],
    blobs: dict[Content, Floats],
    people: dict[Content, NDArray[np.str_]],
) -> Gate:
    """The gate for signatures (N, S) by content, what stands out (N, B), and whom each shows (N,).

    Its bound is where ``CAUGHT`` of the bare skin is stopped, each person's by regressions that
    never saw that person; of other things, where there is no bare skin. A content without pictures
    is never found. Raises ``ValueError`` where there are no pictures of lesions or none of anything
    else, or fewer than ``_PARTS`` people.
    """
    there = [name for name in CONTENTS if len(pictures.get(name, ()))]
    if not set(there) & set(LESIONS) or set(there) <= set(LESIONS):
        raise ValueError(f"a gate needs pictures of lesions and of other things, not of {there}")
    x = np.concatenate([pictures[name] for name in there])
    y = np.repeat(np.arange(len(there)), [len(pictures[name]) for name in there])
    who = np.concatenate([people[name] for name in there])
    found = _regression(x, y, who, _STRENGTH)
    logits, weights, bias = found.unseen, found.weights, found.bias
    unseen = _of_all(logits.T if logits.ndim > 1 else _of_two(logits), there).T
    content = np.array(there)[y]
    spot, dermoscopic_from = None, np.inf
    # each of the parts is to have bare skin of somebody
    if BARE_SKIN in there and len(set(people[BARE_SKIN])) >= _PARTS:
        spot, least = _spot(unseen, np.concatenate([blobs[name] for name in there]), content, who)
        bare = dermoscopic_lead(unseen[content == BARE_SKIN])
        dermoscopic_from = max(0.0, float(bare.max())) + _FURTHER
    else:
        nearest = BARE_SKIN if BARE_SKIN in there else ELSE  # to lesions, of what is to be stopped
        least = _bound(lesion_odds(unseen)[content == nearest])
    if len(there) == len(_HALVES):
        weights, bias = _of_two(weights[0]), _of_two(bias[0])
    every = np.zeros((len(CONTENTS), weights.shape[1]))
    every[[CONTENTS.index(name) for name in there]] = weights
    return Gate(every, _of_all(bias, there), least, spot, dermoscopic_from)


def _spot(
    logits: Floats, blobs: Floats, content: NDArray[np.str_], who: NDArray[np.str_]
) -> tuple[Floats, float]:
    """A gate's ``spot`` and its bound, by logits (N, 4) of a regression that did not see ``who``.

    Fitted to lesions and bare skin: nothing that stands out makes a thing a lesion.
    """
    skin = content != ELSE
    x, lesion, who = spot_table(logits, blobs)[skin], content[skin] != BARE_SKIN, who[skin]
    found = _regression(x, lesion, who, _SPOT_STRENGTH)
    lead = np.where(
        may_be_a_thing(logits[skin]), -np.inf, found.unseen
    )  # stopped whatever stands out
    return found.weights[0], _bound(lead[~lesion]) - float(found.bias[0])


class _Regression(NamedTuple):
    """What a regression of K classes, or 1 of two, weighs; ``unseen`` are leads of its folds."""

    unseen: Floats  # (N, K), or (N,) of two classes: by regressions that did not see the person
    weights: Floats  # (K, S)
    bias: Floats  # (K,)


def _regression(
    x: Floats, y: NDArray[np.generic], who: NDArray[np.str_], strength: float
) -> _Regression:
    """A logistic regression of x (N, S) on y (N,), its features standardised, classes alike."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler()
    regression = LogisticRegression(C=strength, max_iter=_STEPS, class_weight="balanced")
    model = make_pipeline(scale, regression)
    parts = GroupKFold(_PARTS, shuffle=True, random_state=0)
    unseen = cross_val_predict(model, x, y, groups=who, cv=parts, method="decision_function")
    model.fit(x, y)
    weights = regression.coef_ / scale.scale_
    return _Regression(unseen, weights, regression.intercept_ - weights @ scale.mean_)


def _bound(leads: Floats) -> float:
    """Where ``CAUGHT`` of the leads (N,) of what is to be stopped lie below."""
    # a hair above, so that the picture at the quantile is stopped too
    return float(np.quantile(leads, CAUGHT, method="higher")) + 1e-6


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
