"""How far to believe a model on a kind of picture, in sentences made from its card's figures.

Where a test counted the three answers, its sentences speak in them, as the page does; of a model
without a third answer, or a test of two, in the likelier class. Texts may hold ``**bold**``.
"""

from __future__ import annotations

from core.labels import CLASSES, LOOKS, PHOTO, Answer, Judgement, Kind
from core.results.card import Card, Evaluation
from core.results.collections import (
    COLLECTIONS,
    ISIC_2018,
    OLDER,
    PHONE_SETS,
    PHOTO_SETS,
    PRACTICE,
    in_words,
    short,
)
from core.results.limits import AnswerCheck
from core.results.test_sets import LEFT_OUT, OFFICIAL
from core.statistics.estimates import Rate, Share

_MAP = "The map shows where the network found evidence, not that it was right."
_WRONG: dict[Answer, Answer] = {"malignant": "benign", "benign": "malignant"}


def limits_of(kind: Kind, card: Card) -> tuple[str, ...]:
    """How far to believe the model on pictures of a kind, in sentences."""
    sentences = (
        promise(kind, card),
        among_benign_by_collection(kind, card),
        false_alarms(kind, card),
        unseen(card) if kind != PHOTO else None,
        own_test(card),
        trained_on(card),
        *(card.limits.not_fitted if card.limits else ()),
        _MAP,
    )
    return tuple(sentence for sentence in sentences if sentence)


def check_of(kind: Kind, card: Card) -> AnswerCheck | None:
    """The three answers on pictures of a kind that the model did not learn from."""
    checks = _checks(card)
    return next((checks[name] for name in _tests(kind, card) if name in checks), None)


def misses(kind: Kind, card: Card) -> str | None:
    """What the malignant pictures of a kind got that should have looked suspicious."""
    check, test = check_of(kind, card), _evaluation(kind, card)
    if check is not None:
        return (
            f"Of **{check.coverage['malignant'].n:,} malignant {_pictures(kind)}** in its test it "
            f"said {_said(check, 'malignant', bold=True)}."
        )
    if test is None or test.figures.sensitivity is None:
        return None
    return (
        f"Of **{test.figures.malignant:,} malignant {_pictures(kind)}** in its test it held "
        f"**{_missed(test):,}** for benign."
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


def _hundred(rate: Rate | Share) -> str:
    """Of 100, with the interval: ``4.8 (2.1 to 10.2)``."""
    return f"{100 * rate.value:.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


def among_benign_by_collection(kind: Kind, card: Card) -> str | None:
    """How many of those that 'look benign' are malignant in each collection of the kind.

    Where as many are malignant as the promise says and where as few as in a general practice, as
    served: what the gate stops does not look benign. What is above the promise stands out.
    """
    if card.limits is None or kind not in card.limits.kinds_judged:
        return None
    cuts, told = card.limits.answers_for(kind), []
    for name, check in _checks(card).items():
        stated, rare = check.malignant_among_benign, check.malignant_among_benign_in_practice
        if card.limits.kind_of(name) != kind or stated is None or rare is None:
            continue
        mark = "**" if stated.value > cuts.promised else ""
        told.append(
            f"{short(name) if name in COLLECTIONS else in_words(name)} {mark}{_hundred(stated)}"
            f"{mark} and {_hundred(rare)}"
        )
    if not told:
        return None
    return (
        f"Of 100 {_pictures(kind)} that 'look benign' to it, so many are malignant where "
        f"{100 * cuts.prevalence:.0f} in 100 of all are, and where {100 * PRACTICE:.0f} in 100 "
        f"are, as in a general practice: {'; '.join(told)}."
    )


def false_alarms(kind: Kind, card: Card) -> str | None:
    """What the benign pictures of a kind got that should have looked benign."""
    check, test = check_of(kind, card), _evaluation(kind, card)
    if check is not None:
        benign = check.coverage["benign"].n
        wrong = benign - _given(check, "benign", "benign")
        sentence = f"Of {benign:,} benign {_pictures(kind)} it said {_said(check, 'benign')}."
    elif test is not None and test.figures.specificity is not None:
        benign, wrong = test.figures.n - test.figures.malignant, _alarms(test)
        sentence = f"Of {benign:,} benign {_pictures(kind)} it held {wrong:,} for malignant."
    else:
        return None
    if wrong > benign / 2:
        sentence += " On such a picture it tells you next to nothing."
    return sentence


def unseen(card: Card) -> str | None:
    """What dermoscopic pictures of a clinic or device get that the model never learned from."""
    checks, told = _checks(card), []
    for name in OLDER:
        where = COLLECTIONS[name].title.partition(" (")[0]
        check, test = checks.get(name), card.evaluations.get(name)
        if name in card.training.data:
            check, test = None, card.evaluations.get(LEFT_OUT + name)
            where += ", by a network trained without it"
        if check is not None:
            told.append(
                f"{where}: of {check.coverage['malignant'].n:,} malignant ones it said "
                f"{_said(check, 'malignant')}; of {check.coverage['benign'].n:,} benign ones "
                f"{_said(check, 'benign')}"
            )
        elif test is not None and test.figures.sensitivity and test.figures.specificity:
            benign = test.figures.n - test.figures.malignant
            told.append(
                f"{where}: it held {_missed(test):,} of {test.figures.malignant:,} malignant ones "
                f"for benign, and {_alarms(test):,} of {benign:,} benign ones for malignant"
            )
    if not told:
        return None
    return f"Pictures of **clinics and devices that it never saw** get worse. {'. '.join(told)}."


def own_test(card: Card) -> str | None:
    """How often the model was right in its own test, in one sentence."""
    check = _checks(card).get(OFFICIAL)
    if check is not None and check.right_among_answered is not None:
        stopped = check.stopped.value if check.stopped else 0.0
        answered = 100 * (1 - check.uncertain.value - stopped)
        return (
            f"Of the {check.uncertain.n:,} dermoscopic test pictures of its own collection it gave "
            f"{answered:.0f} in 100 an answer, right {100 * check.right_among_answered.value:.0f} "
            f"times in 100; of {check.coverage['malignant'].n:,} malignant ones it said "
            f"{_said(check, 'malignant')}."
        )
    test = card.evaluations.get(OFFICIAL)
    if test is None or test.figures.sensitivity is None:
        return None
    right = 100 * test.figures.accuracy.value
    missed = 100 * (1 - test.figures.sensitivity.value)
    return (
        f"On the {test.figures.n} dermoscopic test pictures of its own collection it was right "
        f"{right:.0f} times in 100, and held {missed:.0f} of 100 malignant lesions for benign."
    )


# What a start is called that was taught everyday things (``training.fitting.initial_weights``).
_GENERAL_STARTS = ("torchvision", "pypi")


def trained_on(card: Card) -> str:
    """What it has learned from, in one sentence."""
    known = [name for name in card.training.data.split(" + ") if name in COLLECTIONS]
    if not known:
        own = f"{card.training.n_train:,} pictures of {card.training.data}"
        start = card.initialisation
        if start.loaded and start.source not in _GENERAL_STARTS:  # it may have known skin before
            return f"It has learned from {own}, and began with other weights: {start.lineage}."
        return f"All it knows of skin are {own}."
    ways = "taken through a dermatoscope, the skin doctor's magnifier"
    if any(name in card.training.data for name in PHOTO_SETS):
        ways += ", and ordinary photos"
    return (
        f"All it knows of skin are {card.training.n_train:,} pictures {ways}; nearly all of them "
        "are of light skin."
    )


def _checks(card: Card) -> dict[str, AnswerCheck]:
    """The tests of the three answers that held pictures of both classes."""
    found = card.limits.answer_checks if card.limits else {}
    return {name: one for name, one in found.items() if {*CLASSES} <= one.coverage.keys()}


def _said(check: AnswerCheck, truth: Answer, bold: bool = False) -> str:
    """How many pictures of a class got the wrong answer, and how many none, as counts."""
    mark = "**" if bold else ""
    answers: tuple[Judgement, ...] = (_WRONG[truth], "uncertain")
    if _given(check, "not judged", truth):
        answers += ("not judged",)
    counts = [f"'{LOOKS[one]}' of {mark}{_given(check, one, truth):,}{mark}" for one in answers]
    return f"{', '.join(counts[:-1])} and {counts[-1]}"


def _given(check: AnswerCheck, answer: Judgement, truth: Answer) -> int:
    """How many pictures of a class got that answer."""
    return _count(check.given[answer][truth]) if answer in check.given else 0


def _missed(test: Evaluation) -> int:
    rate, figures = test.figures.sensitivity, test.figures
    return round(figures.malignant * (1 - rate.value)) if rate else 0


def _alarms(test: Evaluation) -> int:
    rate, figures = test.figures.specificity, test.figures
    return round((figures.n - figures.malignant) * (1 - rate.value)) if rate else 0


def _evaluation(kind: Kind, card: Card) -> Evaluation | None:
    """The model's scores on pictures of a kind that it did not learn from."""
    scores = card.evaluations
    return next((scores[name] for name in _tests(kind, card) if name in scores), None)


def _tests(kind: Kind, card: Card) -> tuple[str, ...]:
    """What tests of a kind of picture are called, and somebody's own data's, whose model judges it.

    The first that a card has is the one that counts.
    """
    data = card.training.data
    judges = card.limits is not None and kind in card.limits.kinds_judged
    own = (data,) if judges and data not in COLLECTIONS else ()
    return (*(PHONE_SETS if kind == PHOTO else (ISIC_2018, OFFICIAL)), *own)


def _pictures(kind: Kind) -> str:
    return "phone photos" if kind == PHOTO else "dermoscopic pictures"


def _count(share: Share) -> int:
    return round(share.value * share.n)
