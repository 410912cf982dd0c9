"""Where three answers part: split conformal prediction, class by class (Vovk 2012, Mondrian).

A picture's score for a class is one minus the probability the model gives that class. The set of
answers holds a class whose score is at most the ceil((n + 1) x coverage)-th smallest among the n
validation pictures of that class; then it holds the truth for ``coverage`` of each class, on
average over validation sets, where new pictures are like those of validation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats, Mask
from core.assessment.three_answers import answer
from core.labels import ANSWERS
from core.results.limits import AnswerCheck, Answers
from core.statistics import metrics
from core.statistics.estimates import Share

COVERAGE = 0.90
SENSITIVITY = 0.95
# At 90 % of the truth covered, a tenth of the sets is wrong, and most wrong sets are an answer. So
# more may be asked for: the least coverage at which nearly all answers on validation are right.
COVERAGES = (0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98)
RIGHT = 0.97

Labels = NDArray[np.int64]


def fit(labels: Labels, probabilities: Floats, coverage: float = COVERAGE) -> Answers:
    """The three answers' cuts from validation pictures; ``ValueError`` if one class is absent."""
    sick, well = probabilities[labels == 1], probabilities[labels == 0]
    if not len(sick) or not len(well):
        raise ValueError("both classes are needed to fit three answers")
    found = np.sort(sick)[::-1]
    return Answers(
        coverage=coverage,
        sensitivity=SENSITIVITY,
        benign_up_to=_quantile(well, coverage),
        malignant_from=1 - _quantile(1 - sick, coverage),
        suspicious_from=float(found[math.ceil(SENSITIVITY * len(found)) - 1]),
        n=len(labels),
    )


def fit_for_right_answers(labels: Labels, probabilities: Floats) -> Answers:
    """``fit`` at the least of ``COVERAGES`` with ``RIGHT`` of validation's answers right, or the
    most if none is."""
    found = [fit(labels, probabilities, coverage) for coverage in COVERAGES]
    for cuts in found:
        right = check("", labels, probabilities, cuts).right_among_answered
        if right is not None and right.value >= RIGHT:
            return cuts
    return found[-1]


def _quantile(scores: Floats, coverage: float) -> float:
    rank = math.ceil(round((len(scores) + 1) * coverage, 9))  # 20 x 0.95 is 19, not a hair more
    return 1.0 if rank > len(scores) else float(np.sort(scores)[rank - 1])


def check(title: str, labels: Labels, probabilities: Floats, cuts: Answers) -> AnswerCheck:
    """Coverage, the share of 'can't tell' and what each answer was worth, with intervals."""
    said = np.array([answer(p, cuts) for p in probabilities])
    sick = labels == 1
    held = np.where(sick, probabilities >= cuts.malignant_from, probabilities <= cuts.benign_up_to)
    answered = said != "uncertain"
    right = np.where(sick, said == "malignant", said == "benign")
    classes = {"benign": ~sick, "malignant": sick}
    return AnswerCheck(
        title=title,
        coverage={
            name: share(held[rows])
            for name, rows in (*classes.items(), ("all", np.ones_like(sick)))
            if rows.any()
        },
        uncertain=share(~answered),
        right_among_answered=share(right[answered]) if answered.any() else None,
        given={
            a: {name: share(said[rows] == a) for name, rows in classes.items() if rows.any()}
            for a in ANSWERS
        },
        malignant_among={a: share(sick[said == a]) for a in ANSWERS if (said == a).any()},
    )


def share(hits: Mask) -> Share:
    """The share of true values with Wilson's interval and n."""
    rate = metrics.wilson(int(hits.sum()), len(hits))
    return Share(rate.value, rate.low, rate.high, len(hits))
