"""All that is said of one picture, for the page and for the sheet that is taken home.

One function makes it, so that the two can't contradict each other. Figures come from the model's
card; what a card doesn't have is left out. Texts may hold ``**bold**``.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.assessment.assess import Assessment
from core.assessment.limits_in_words import (
    among_benign,
    check_of,
    limits_of,
    misses,
    trained_on,
)
from core.labels import LOOKS, PHOTO, Answer, Judgement, Kind
from core.results.card import Card
from core.results.collections import PRACTICE
from core.statistics.estimates import chance
from core.statistics.intervals import among

OF = 1000
BELOW = "the list below"  # of the signs to see a doctor about; page and sheet both have it
_CANT_HELP = (
    f"**It can't help here.** Show it to a doctor if any of {BELOW} fits, or it worries you."
)
# What to do with an answer: the first thing said of it.
NEXT_STEPS: dict[Judgement, str] = {
    "malignant": "**Show it to a doctor soon.**",
    "uncertain": _CANT_HELP,
    "benign": (
        f"**That is no all-clear.** Show it to a doctor if anything in {BELOW} fits, or if it "
        "worries you."
    ),
}
NO_DIAGNOSIS = "**This is not a diagnosis**, and a low number is no all-clear."


@dataclass(frozen=True)
class Frequency:
    """Of ``OF`` pictures that get an answer, how many are malignant; numbers are of ``OF``."""

    where: str
    malignant: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """The number as people count: never 0, which no test can show."""
        number = "fewer than 1" if self.malignant < 0.5 else f"{self.malignant:.0f}"
        if self.low < 0.5:
            return f"{number} (at most {max(self.high, 1):.0f})"
        return f"{number} ({self.low:.0f} to {self.high:.0f})"

    @property
    def count(self) -> int:
        """How many of ``OF`` are drawn as malignant."""
        return round(self.malignant)


@dataclass(frozen=True)
class AnswerInWords:
    """What is said of one picture.

    ``answer`` is 'not judged' for a picture that is stopped, which then has a ``reason`` and
    ``warnings`` alone; shown all the same it has the answer it would get, and ``anyway``.
    ``next_step`` is what to do with the answer; ``bridge`` is why the ``frequencies`` are other
    numbers than the chance. An answer shown all the same has no figures beside it.
    """

    answer: Judgement
    heading: str
    next_step: str
    chance: str
    bridge: str
    reason: str
    warnings: tuple[str, ...]
    facts: tuple[str, ...]
    frequencies: tuple[Frequency, ...]
    limits: tuple[str, ...]
    anyway: bool

    @property
    def stopped(self) -> bool:
        """Whether there is no answer."""
        return self.answer == "not judged"

    @property
    def counted(self) -> tuple[str, ...]:
        """The frequencies as sentences."""
        return tuple(
            f"Of {OF:,} pictures that get this answer, about **{one.words}** are malignant "
            f"{one.where}."
            for one in self.frequencies
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """All but the heading, the warnings and the limits, in the order of the page."""
        tail = () if self.stopped else (NO_DIAGNOSIS,)
        return tuple(
            one
            for one in (
                self.next_step, self.chance, self.reason, *self.facts, *self.counted[:1],
                self.bridge, *self.counted[1:], *tail,
            )
            if one
        )  # fmt: skip


def say(found: Assessment, leaning: Answer, card: Card, anyway: bool = False) -> AnswerInWords:
    """Put it in words; ``leaning`` is the likelier class of the two.

    ``anyway`` shows the answer of a picture that was stopped, with its reason as first warning.
    """
    stopped = found.answer == "not judged"
    if stopped and not anyway:
        reason, _, what_to_do = found.warnings[0].partition(". ")
        told = tuple(one for one in (what_to_do, *found.warnings[1:]) if one)
        return AnswerInWords(
            "not judged", LOOKS["not judged"].capitalize(), "", "", "",
            f"{reason.removesuffix('.')}.", told, (), (), (trained_on(card),), False,
        )  # fmt: skip
    answer = found.shown_anyway
    other = "benign" if leaning == "malignant" else "malignant"
    like, doubt = f"more {leaning} than {other}", ""
    if stopped:
        like, doubt = "like none that it can judge", ", a number that may mean nothing here"
    elif answer == "uncertain":
        like = "neither benign nor malignant"
    frequencies = () if stopped else counted(found.kind, answer, card)
    facts = () if stopped else (misses(found.kind, card), among_benign(found.kind, card))
    return AnswerInWords(
        answer=answer,
        heading=(
            f"No answer (the model's number: {chance(found.probability)})"
            if stopped
            else LOOKS[answer].capitalize()
        ),
        next_step=_CANT_HELP if stopped else NEXT_STEPS[answer],
        chance=(
            f"To this model, the picture looks **{like}**. It puts the chance that the lesion is "
            f"malignant (cancerous) at **{chance(found.probability)}**{doubt}."
        ),
        bridge="" if stopped or not frequencies else _bridge(found.kind, card),
        reason=(
            "Shown all the same, but this is **no picture that the model can judge**."
            if stopped
            else _why(found, answer, card)
        ),
        warnings=found.warnings,
        facts=tuple(fact for fact in facts if fact),
        frequencies=frequencies,
        limits=(trained_on(card),) if stopped else limits_of(found.kind, card),
        anyway=stopped,
    )


def _bridge(kind: Kind, card: Card) -> str:
    """Where the chance is meant for, and why elsewhere it is another; empty if no card says it."""
    meant = card.calibration_by_kind.get(kind, card.calibration).prevalence
    if meant is None or meant <= PRACTICE:
        return ""
    return (
        f"The chance above is meant for where {100 * meant:.0f} in 100 lesions are malignant, not "
        f"{100 * PRACTICE:.0f} in 100."
    )


def _why(found: Assessment, answer: Judgement, card: Card) -> str:
    """The bounds that the answer follows from."""
    if card.limits is None:
        return f"It calls a lesion malignant from a chance of {chance(card.threshold)} up."
    cuts = card.limits.answers_for(found.kind)
    low = min(cuts.benign_up_to, cuts.malignant_from, cuts.suspicious_from)
    high = max(cuts.benign_up_to, cuts.malignant_from, cuts.suspicious_from)
    what = "photos" if found.kind == PHOTO else "dermoscopic pictures"
    if answer == "uncertain":
        return (
            f"Of {what} it can't tell between {chance(low)} and {chance(high)}: there it was wrong "
            "too often."
        )
    bound = f"below {chance(low)}" if answer == "benign" else f"from {chance(high)} up"
    between = f"; between {chance(low)} and {chance(high)} it can't tell" if low < high else ""
    return f"Of {what} it says '{LOOKS[answer]}' {bound}{between}."


def counted(kind: Kind, answer: Judgement, card: Card) -> tuple[Frequency, ...]:
    """An answer as natural frequencies: in a practice, and among the pictures of its test."""
    test = check_of(kind, card)
    if test is None or answer not in test.malignant_among or answer not in test.given:
        return ()
    given, share = test.given[answer], test.malignant_among[answer]
    malignant, benign = given["malignant"], given["benign"]
    everything = [test.coverage[name].n for name in ("malignant", "benign")]
    rare = among(malignant, benign, PRACTICE)
    if rare is None:
        return ()
    return (
        Frequency(
            "where 1 in 100 lesions is malignant, as in a general practice",
            *(OF * number for number in (rare.value, rare.low, rare.high)),
        ),
        Frequency(
            f"in its test, where {_in_hundred(everything)} in 100 were malignant",
            *(OF * number for number in (share.value, share.low, share.high)),
        ),
    )


def _in_hundred(counts: list[int]) -> int:
    return round(100 * counts[0] / sum(counts))
