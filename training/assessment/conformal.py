"""Where three answers part: by the worst collection, so that what is promised holds on each.

A picture's score for a class is one minus the probability the model gives that class. The set of
answers holds a class whose score is at most the ceil((n + 1) x coverage)-th smallest among the n
held-out pictures of that class (split conformal prediction, class by class: Vovk 2012). Taken of
each collection by itself and the widest kept, the set holds the truth for ``coverage`` of each
class in every collection. 'Looks benign' is kept to a promise besides: of 100 pictures that are
told so, where a stated share is malignant, at most so many are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.arrays import Floats, Mask
from core.assessment.three_answers import answer
from core.labels import ANSWERS, CLASSES, DERMOSCOPIC, PHOTO, Judgement, Kind
from core.results.limits import AnswerCheck, Answers
from core.statistics import intervals
from core.statistics.estimates import Share

COVERAGE = 0.90
# Malignant of all that are told 'looks benign', where ``PREVALENCE`` of all are.
PROMISED: dict[Kind, float] = {DERMOSCOPIC: 0.03, PHOTO: 0.06}
# Fitted a quarter stricter: what is fitted closely is not kept on new pictures.
STRICTER = 0.75
LEAST_OF_A_CLASS = 10  # fewer of a collection say too little of it

Labels = NDArray[np.int64]
Groups = dict[str, tuple[Labels, Floats]]  # labels (N,) and P(malignant) (N,) of each collection


def fit(groups: Groups, prevalence: float, promised: float, coverage: float = COVERAGE) -> Answers:
    """The three answers' margin thresholds, from held-out pictures.

    Raises ``ValueError`` if no collection has both classes.
    """
    told = {name: (p[y == 0], p[y == 1]) for name, (y, p) in groups.items()
            if np.bincount(y, minlength=2).min() >= LEAST_OF_A_CLASS}  # fmt: skip
    if not told:
        raise ValueError("both classes are needed to fit three answers")
    suspicious_from = min(
        largest_threshold(benign, malignant, prevalence, STRICTER * promised)
        for benign, malignant in told.values()
    )
    return Answers(
        coverage=coverage,
        sensitivity=min(float((m >= suspicious_from).mean()) for _, m in told.values()),
        benign_up_to=max(_quantile(benign, coverage) for benign, _ in told.values()),
        malignant_from=min(1 - _quantile(1 - m, coverage) for _, m in told.values()),
        suspicious_from=suspicious_from,
        n=sum(len(benign) + len(malignant) for benign, malignant in told.values()),
        prevalence=prevalence,
        promised=promised,
    )  # fmt: skip


def largest_threshold(benign: Floats, malignant: Floats, prevalence: float, most: float) -> float:
    """The largest P below which at most ``most`` are malignant, at that prevalence; 0 for none."""
    edges = np.unique(np.concatenate([benign, malignant, [1.0]]))
    missed = np.searchsorted(np.sort(malignant), edges) / len(malignant)  # share below each edge
    cleared = np.searchsorted(np.sort(benign), edges) / len(benign)
    both = prevalence * missed + (1 - prevalence) * cleared
    share = np.divide(prevalence * missed, both, out=np.zeros_like(both), where=both > 0)
    kept = np.flatnonzero(share <= most)
    return float(edges[kept[-1]]) if len(kept) else 0.0


def malignant_among_benign(
    labels: Labels, said: NDArray[np.str_], prevalence: float
) -> Share | None:  # fmt: skip
    """How many of those told 'looks benign' are malignant where ``prevalence`` of all are.

    Those that were stopped count as pictures. ``n`` is how many were told so; ``None`` for
    nobody, or where a class is missing.
    """
    malignant, benign = said[labels == 1] == "benign", said[labels == 0] == "benign"
    if not len(malignant) or not len(benign):
        return None
    n = int(malignant.sum() + benign.sum())
    found = intervals.among(share(malignant), share(benign), prevalence) if n else None
    return Share(found.value, found.low, found.high, n) if found else None


def _quantile(scores: Floats, coverage: float) -> float:
    rank = math.ceil(round((len(scores) + 1) * coverage, 9))  # 20 x 0.95 is 19, not a hair more
    return 1.0 if rank > len(scores) else float(np.sort(scores)[rank - 1])


def check(
    title: str, labels: Labels, probabilities: Floats, cuts: Answers,
    served: NDArray[np.str_] | None = None,
) -> AnswerCheck:  # fmt: skip
    """What three answers by fixed cuts were worth on pictures that nothing was fitted to.

    ``served`` (N,) are the answers as the gate lets them through; without them all get one.
    """
    said = np.array([answer(p, cuts) for p in probabilities]) if served is None else served
    within = (probabilities <= cuts.benign_up_to, probabilities >= cuts.malignant_from)
    covered = np.where(labels == 1, within[1], within[0])
    return told(title, labels, said, covered, cuts.prevalence, served is not None)


def told(
    title: str, labels: Labels, said: NDArray[np.str_], covered: NDArray[np.bool_],
    prevalence: float, through_gate: bool,
) -> AnswerCheck:  # fmt: skip
    """Coverage, the share of 'can't tell' and what each answer was worth, with intervals."""
    malignant = labels == 1
    answered = np.isin(said, CLASSES)
    judgements: tuple[Judgement, ...] = (*ANSWERS, "not judged") if through_gate else ANSWERS
    right = np.where(malignant, said == "malignant", said == "benign")
    classes = {"benign": ~malignant, "malignant": malignant}
    return AnswerCheck(
        title=title,
        coverage={
            name: share(covered[rows])
            for name, rows in (*classes.items(), ("all", np.ones_like(malignant)))
            if rows.any()
        },
        uncertain=share(said == "uncertain"),
        right_among_answered=share(right[answered]) if answered.any() else None,
        given={
            a: {name: share(said[rows] == a) for name, rows in classes.items() if rows.any()}
            for a in judgements
        },
        malignant_among={a: share(malignant[said == a]) for a in ANSWERS if (said == a).any()},
        malignant_among_benign=malignant_among_benign(labels, said, prevalence),
        stopped=share(said == "not judged") if through_gate else None,
    )


def share(hits: Mask) -> Share:
    """The share of true values with Wilson's interval and n."""
    rate = intervals.wilson(int(hits.sum()), len(hits))
    return Share(rate.value, rate.low, rate.high, len(hits))
