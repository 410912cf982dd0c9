"""All that is said of one picture, for the page and for the sheet that is taken home.

One function makes it, so that the two can't contradict each other. Figures come from the model's
card; what a card doesn't have is left out. Texts may hold ``**bold**``.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.assessment.assess import Assessment
from core.labels import LOOKS, PHOTO, Answer, Judgement, Kind
from core.results.card import Card, Evaluation
from core.results.collections import COLLECTIONS, ISIC_2018, OLDER, PHONE_SETS, PHOTO_SETS
from core.results.limits import AnswerCheck
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Share, chance

PRACTICE = 0.01  # share of malignant lesions in a general practice, about
OF = 1000
NO_DIAGNOSIS = "**This is not a diagnosis**, and a low number is no all-clear."
_MAP = "The map shows where the network found evidence, not that it was right."


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
    """

    answer: Judgement
    heading: str
    chance: str
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
            one for one in (self.chance, self.reason, *self.facts, *self.counted, *tail) if one
        )


def say(found: Assessment, leaning: Answer, card: Card, anyway: bool = False) -> AnswerInWords:
    """Put it in words; ``leaning`` is the likelier class of the two.

    ``anyway`` shows the answer of a picture that was stopped, with its reason as first warning.
    """
    stopped = found.answer == "not judged"
    if stopped and not anyway:
        reason, _, what_to_do = found.warnings[0].partition(". ")
        told = tuple(one for one in (what_to_do, *found.warnings[1:]) if one)
        return AnswerInWords(
            "not judged", LOOKS["not judged"].capitalize(), "", f"{reason.removesuffix('.')}.",
            told, (), (), (trained_on(card),), False,
        )  # fmt: skip
    answer = found.shown_anyway
    other = "benign" if leaning == "malignant" else "malignant"
    frequencies = () if stopped else counted(found.kind, answer, card)
    facts = () if stopped else (misses(found.kind, card), among_benign(found.kind, card))
    return AnswerInWords(
        answer=answer,
        heading=LOOKS[answer].capitalize(),
        chance=(
            f"To this model, the picture looks **more {leaning} than {other}**. It puts the chance "
            f"that the lesion is malignant (cancerous) at **{chance(found.probability)}**."
        ),
        reason=(
            "Shown all the same, but this is **no picture that the model can judge**."
            if stopped
            else _why(found, answer, card)
        ),
        warnings=found.warnings,
        facts=tuple(fact for fact in facts if fact),
        frequencies=frequencies,
        limits=limits_of(found.kind, card),
        anyway=stopped,
    )


def limits_of(kind: Kind, card: Card) -> tuple[str, ...]:
    """How far to believe the model on pictures of a kind, in sentences."""
    sentences = (
        promise(kind, card),
        false_alarms(kind, card),
        unseen(card) if kind != PHOTO else None,
        own_test(card),
        trained_on(card),
        *(card.limits.not_fitted if card.limits else ()),
        _MAP,
    )
    return tuple(sentence for sentence in sentences if sentence)


def _why(found: Assessment, answer: Judgement, card: Card) -> str:
    """The bounds that the answer follows from."""
    if card.limits is None:
        return f"It calls a lesion malignant from a chance of {chance(card.threshold)} up."
    cuts = card.limits.answers_for(found.kind)
    low = min(cuts.benign_up_to, cuts.malignant_from, cuts.suspicious_from)
    high = max(cuts.benign_up_to, cuts.malignant_from, cuts.suspicious_from)
    what = "photos" if found.kind == PHOTO else "dermoscopic pictures"
    if answer == "benign":
        return f"Of {what} it says 'looks benign' up to a chance of {chance(low)}."
    if answer == "malignant":
        return f"Of {what} it says 'looks suspicious' from a chance of {chance(high)} up."
    return (
        f"Of {what} it can't tell between {chance(low)} and {chance(high)}: there it was wrong too "
        "often."
    )


def check_of(kind: Kind, card: Card) -> AnswerCheck | None:
    """The three answers on pictures of a kind that the model did not learn from."""
    checks = card.limits.answer_checks if card.limits else {}
    own_cuts = card.limits is not None and kind in card.limits.answers_by_kind
    names = PHONE_SETS if own_cuts or kind == PHOTO else (ISIC_2018, OFFICIAL)
    names = (*names, *_own_data(kind, card))
    return next((checks[name] for name in names if name in checks), None)


def counted(kind: Kind, answer: Judgement, card: Card) -> tuple[Frequency, ...]:
    """An answer as natural frequencies: in a practice, and among the pictures of its test."""
    test = check_of(kind, card)
    if test is None or answer not in test.malignant_among or answer not in test.given:
        return ()
    given, share = test.given[answer], test.malignant_among[answer]
    malignant, benign = given["malignant"], given["benign"]
    everything = [test.coverage[name].n for name in ("malignant", "benign")]
    if not malignant.value + benign.value:
        return ()
    return (
        Frequency(
            "where 1 in 100 lesions is malignant, as in a general practice",
            *(
                OF * _among(one, other)
                for one, other in (
                    (malignant.value, benign.value),
                    (malignant.low, benign.high),
                    (malignant.high, benign.low),
                )
            ),
        ),
        Frequency(
            f"in its test, where {_in_hundred(everything)} in 100 were malignant",
            *(OF * number for number in (share.value, share.low, share.high)),
        ),
    )


def _among(malignant: float, benign: float) -> float:
    """The share of malignant ones among those that get an answer, by Bayes, in a practice."""
    hits, alarms = malignant * PRACTICE, benign * (1 - PRACTICE)
    return hits / (hits + alarms) if hits + alarms else 0.0


def _in_hundred(counts: list[int]) -> int:
    return round(100 * counts[0] / sum(counts))


def misses(kind: Kind, card: Card) -> str | None:
    """How many malignant pictures of a kind the model put on the benign side."""
    test = _evaluation(kind, card)
    if test is None or test.figures.sensitivity is None:
        return None
    missed = round(test.figures.malignant * (1 - test.figures.sensitivity.value))
    return (
        f"Of **{test.figures.malignant:,} malignant {_pictures(kind)}** in its test it held "
        f"**{missed:,}** for benign."
    )


def among_benign(kind: Kind, card: Card) -> str | None:
    """How many of those that 'look benign' to the model were malignant."""
    test = check_of(kind, card)
    share = test.malignant_among.get("benign") if test else None
    if share is None:
        return None
    return (
        f"Of {share.n:,} {_pictures(kind)} that 'look benign' to it, **{_count(share)}** "
        f"{'was' if _count(share) == 1 else 'were'} malignant."
    )


def promise(kind: Kind, card: Card) -> str | None:
    """How many of those that 'look benign' may be malignant at most, and whether it was kept.

    Both at the share of malignant pictures that the promise was made for.
    """
    if card.limits is None or kind not in card.limits.kinds_judged:
        return None
    cuts, test = card.limits.answers_for(kind), check_of(kind, card)
    if cuts.promised >= 1:
        return None
    sentence = (
        f"It is set so that at most **{100 * cuts.promised:.0f} in 100** {_pictures(kind)} that "
        f"'look benign' to it are malignant, where {100 * cuts.prevalence:.0f} in 100 of all are."
    )
    share = test.malignant_among_benign if test else None
    if share is None:
        return sentence
    kept = "kept" if share.value <= cuts.promised else "**not kept**"
    return (
        f"{sentence} In its test it was {kept}: {100 * share.value:.1f} in 100 "
        f"({100 * share.low:.1f} to {100 * share.high:.1f})."
    )


def false_alarms(kind: Kind, card: Card) -> str | None:
    """How many benign pictures of a kind the model called malignant."""
    test = _evaluation(kind, card)
    if test is None or test.figures.specificity is None:
        return None
    benign = test.figures.n - test.figures.malignant
    alarms = round(benign * (1 - test.figures.specificity.value))
    sentence = f"Of {benign:,} benign {_pictures(kind)} it held {alarms:,} for malignant."
    if alarms > benign / 2:
        sentence += " On such a picture it tells you next to nothing."
    return sentence


def unseen(card: Card) -> str | None:
    """What dermoscopic pictures of a clinic or device get that the model never learned from."""
    told = []
    for name in OLDER:
        test = card.evaluations.get(name)
        if test is None or name in card.training.data:
            continue
        figures = test.figures
        if figures.sensitivity is None or figures.specificity is None:
            continue
        missed = round(figures.malignant * (1 - figures.sensitivity.value))
        benign = figures.n - figures.malignant
        alarms = round(benign * (1 - figures.specificity.value))
        told.append(
            f"{COLLECTIONS[name].title.partition(' (')[0]}: it held {missed:,} of "
            f"{figures.malignant:,} malignant ones for benign, and {alarms:,} of {benign:,} benign "
            "ones for malignant"
        )
    if not told:
        return None
    return f"Pictures of **clinics and devices that it never saw** get worse. {'. '.join(told)}."


def own_test(card: Card) -> str | None:
    """How often the model was right in its own test, in one sentence."""
    test = card.evaluations.get(OFFICIAL)
    if test is None or test.figures.sensitivity is None:
        return None
    right = 100 * test.figures.accuracy.value
    missed = 100 * (1 - test.figures.sensitivity.value)
    return (
        f"On the {test.figures.n} dermoscopic test pictures of its own collection it was right "
        f"{right:.0f} times in 100, and held {missed:.0f} of 100 malignant lesions for benign."
    )


def trained_on(card: Card) -> str:
    """What it has learned from, in one sentence."""
    known = [name for name in card.training.data.split(" + ") if name in COLLECTIONS]
    if not known:
        return (
            f"All it knows of skin are {card.training.n_train:,} pictures of {card.training.data}."
        )
    ways = "taken through a dermatoscope, the skin doctor's magnifier"
    if any(name in card.training.data for name in PHOTO_SETS):
        ways += ", and ordinary photos"
    return (
        f"All it knows of skin are {card.training.n_train:,} pictures {ways}; nearly all of them "
        "are of light skin."
    )


def _evaluation(kind: Kind, card: Card) -> Evaluation | None:
    """The model's scores on pictures of a kind that it did not learn from."""
    names = PHONE_SETS if kind == PHOTO else (ISIC_2018, OFFICIAL)
    names = (*names, *_own_data(kind, card))
    return next((card.evaluations[name] for name in names if name in card.evaluations), None)


def _own_data(kind: Kind, card: Card) -> tuple[str, ...]:
    """What somebody's own data are called, whose model judges pictures of this kind."""
    data = card.training.data
    judges = card.limits is not None and kind in card.limits.kinds_judged
    return (data,) if judges and data not in COLLECTIONS else ()


def _pictures(kind: Kind) -> str:
    return "phone photos" if kind == PHOTO else "dermoscopic pictures"


def _count(share: Share) -> int:
    return round(share.value * share.n)
