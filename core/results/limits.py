"""What ``python -m training.limits`` puts on a card: how far an answer of the model goes.

Every share carries its 95 % interval (Wilson) and the number of pictures it is of.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.labels import CLASSES, DERMOSCOPIC, PHOTO
from core.results.collections import COLLECTIONS, PHOTO_SETS, PRACTICE
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate, Share
from core.statistics.intervals import among


@dataclass(frozen=True)
class QualityBounds:
    """What is unusual in a picture (``core.assessment.quality``).

    That is, beyond what 99 in 100 of the pictures named in ``measured_on`` show.
    """

    sharpness: float  # below: blurred
    darkest: float  # mean lightness below: too dark
    brightest: float  # above: too bright
    glare: float  # share of the picture above: glare
    rim: float  # share of the rim on the lesion above: cut off
    measured_on: str


@dataclass(frozen=True)
class Answers:
    """Where the three answers part, as calibrated P(malignant).

    Split conformal prediction, class by class, on ``n`` held-out pictures: the set of answers holds
    benign up to ``benign_up_to``, malignant from ``malignant_from``. Below ``suspicious_from`` at
    most ``promised`` of the pictures are malignant where ``prevalence`` of all are; ``sensitivity``
    of the malignant ones lie above. Each holds in every collection that was fitted to.
    """

    coverage: float
    sensitivity: float
    benign_up_to: float
    malignant_from: float
    suspicious_from: float
    n: int
    prevalence: float = 0.5
    promised: float = 1.0


@dataclass(frozen=True)
class GateCheck:
    """What the gate did on pictures that nothing was fitted to.

    How many it stopped, and what it took them for, by kind and by content
    (``core.assessment.picture_kind.CONTENTS``).
    """

    title: str
    truth: str
    stopped: Share
    kinds: dict[str, Share]
    contents: dict[str, Share] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerCheck:
    """The three answers on one test set, as they are served through the gate.

    ``coverage``: how often the conformal set holds the truth, for benign, malignant and all.
    ``given``: for each answer, the share of benign and of malignant pictures that got it.
    ``malignant_among``: for each answer, the share of pictures with it that are malignant.
    ``malignant_among_benign``: that of 'looks benign' where as many pictures are malignant as
    the kind's ``Answers.prevalence`` says. ``stopped`` by the gate are those that are 'not judged',
    which count as pictures and get no answer; ``None`` where the gate was not asked.
    """

    title: str
    coverage: dict[str, Share]
    uncertain: Share
    right_among_answered: Share | None
    given: dict[str, dict[str, Share]]
    malignant_among: dict[str, Share]
    malignant_among_benign: Share | None = None
    stopped: Share | None = None

    @property
    def malignant_among_benign_in_practice(self) -> Rate | None:
        """That of 'looks benign' where as few pictures are malignant as in a general practice."""
        said = self.given.get("benign", {})
        if not {*CLASSES} <= said.keys():
            return None
        return among(said["malignant"], said["benign"], PRACTICE)


@dataclass(frozen=True)
class Limits:
    """All of it, and the file beside the card that the gate's numbers are in.

    ``answers`` are for kinds of pictures that ``answers_by_kind`` does not name. ``not_fitted`` are
    sentences on what there were no pictures for.
    """

    command: str
    date: str
    fitted_on: str
    file: str
    sha256: str
    kinds_judged: tuple[str, ...]
    answers: Answers
    quality: QualityBounds
    answers_by_kind: dict[str, Answers] = field(default_factory=dict)
    gate_checks: dict[str, GateCheck] = field(default_factory=dict)
    answer_checks: dict[str, AnswerCheck] = field(default_factory=dict)
    not_fitted: tuple[str, ...] = ()

    def answers_for(self, kind: str | None) -> Answers:
        """Where the three answers part for pictures of a kind."""
        return self.answers_by_kind.get(kind or "", self.answers)

    def kind_of(self, test: str) -> str:
        """What kind of pictures a test of the answers is of: somebody's own are what is judged."""
        if test in COLLECTIONS or test == OFFICIAL:
            return PHOTO if test in PHOTO_SETS else DERMOSCOPIC
        return self.kinds_judged[0]
