"""The answers of the steps about a thousand people: alarms, the leak, and a practice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import checkpoints
from core.reports import icon_array
from core.results import findings
from core.results.card import Card
from core.results.collections import ISIC_2018, PHONE_SETS
from core.results.findings import Leak
from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import LEAK_FREE, OFFICIAL
from core.statistics.estimates import Rate, percent
from pages.lesson.answer import INTERVAL, Answer, figures_on, missing

if TYPE_CHECKING:
    from core.classifier import Classifier

# What the two shares of one origin say, by ``Leak.told_apart``.
_LEAK = {
    1: "the leak flatters the network",
    0: "so few can't tell what the leak is worth",
    -1: "those it has seen are found less often",
}


def alarms(model: Classifier) -> Answer:
    """What an alarm is worth where few are ill."""
    test = model.card.evaluations.get(OFFICIAL)
    if test is None or test.figures.sensitivity is None or test.figures.specificity is None:
        return missing()
    found, _, alarmed, _ = icon_array.screened(
        10, test.figures.sensitivity.value, test.figures.specificity.value
    )
    share = 100 * test.figures.malignant / test.figures.n
    return Answer(
        (
            f"Where 10 of 1,000 are malignant, **{found.count} of {found.count + alarmed.count}** "
            f"alarms are right, by a network that is right on {percent(test.figures.accuracy)} of "
            "its test.",
            f"Accuracy says nothing about that: in its test {share:.0f} of 100 lesions are "
            "malignant.",
        ),
        ("pictures", "sensitivity", "specificity"),
        figures_on(model.card, (OFFICIAL,), ("sensitivity", "specificity")), INTERVAL,
    )  # fmt: skip


def leak(model: Classifier) -> Answer:
    """The official test with and without the lesions that are also in training.

    What the leak is worth is told among malignant pictures of one origin, in the last rows.
    """
    whole, rest = (model.card.evaluations.get(key) for key in (OFFICIAL, LEAK_FREE))
    if not whole or not rest:
        return missing()
    found = _leaks(model.card)
    rows = figures_on(model.card, (OFFICIAL, LEAK_FREE), ("accuracy",), counted=True)
    sentences = [
        f"**{whole.figures.n - rest.figures.n} of {whole.figures.n}** test pictures show a lesion "
        f"that is also in training. {without(whole.figures.accuracy, rest.figures.accuracy)}"
    ]
    if found:
        sentences.append(
            f"Like with like, in the last rows: malignant pictures of one origin. {worth(found)}"
        )
    return Answer(
        tuple(sentences), ("pictures", "n", "right"),
        (*rows, *(row for one in found for row in _rows(one))), INTERVAL,
    )  # fmt: skip


def without(whole: Rate, rest: Rate) -> str:
    """What the test says once the known lesions are left out."""
    change = 100 * (rest.value - whole.value)
    if change < 0:
        return f"The row without them is the honest one, and {-change:.1f} points lower."
    return (
        f"The row without them is the honest one, and not lower ({change:+.1f} points): leaving "
        "lesions out also changes how hard a test is."
    )


def worth(found: list[Leak]) -> str:
    """What the leak is worth, a clause for each verdict with the origins that it is of."""
    origins: dict[int, list[str]] = {}
    for one in found:
        origins.setdefault(one.told_apart, []).append(one.origin)
    clauses = [f"of {' and of '.join(names)}, **{_LEAK[told]}**" for told, names in origins.items()]
    said = "; ".join(clauses)
    return f"{said[0].upper()}{said[1:]}."


def _rows(one: Leak) -> tuple[tuple[str, str, str], ...]:
    return (
        (f"malignant, {one.origin}, lesion in training", f"{one.n_seen:,}", percent(one.seen)),
        (f"malignant, {one.origin}, others", f"{one.n_unseen:,}", percent(one.unseen)),
    )


def _leaks(card: Card) -> list[Leak]:
    try:
        return list(
            findings.read_leak(Result(card, checkpoints.FOLDER / card.name), checkpoints.FOLDER)
        )
    except ResultsRejected:
        return []


def deploy(model: Classifier) -> Answer:
    """What is known and what is not."""
    keys = (OFFICIAL, ISIC_2018, *PHONE_SETS)
    return Answer(
        (
            "The first row is the test of its own collection, the others are another year's and "
            "phone photos.",
            "Nobody has measured whether a doctor with this network decides better than one "
            "without. **What would you want to see measured before it is switched on?**",
        ),
        ("pictures", "sensitivity", "specificity"),
        figures_on(model.card, keys, ("sensitivity", "specificity")), INTERVAL,
    )  # fmt: skip
