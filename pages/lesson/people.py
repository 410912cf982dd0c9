"""Steps about a thousand people: what a test, a leak or a threshold makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import checkpoints
from core.reports import icon_array
from core.reports.icon_array import Group
from core.results.collections import ISIC_2018
from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from core.results.test_sets import LEAK_FREE, OFFICIAL
from core.statistics import curves
from pages.lesson.guess import Asked, revealed
from pages.lesson.screen import Screen
from pages.lesson.taught import Taught

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


PRACTICE = 10  # malignant of 1,000 lesions: about what a general practice sees
_PEOPLE = 1000
_MARKS = {"square": "■", "cross": "✕", "ring": "○", "dot": "·"}
_NO_FIGURES = "This model's card has no figures for this step."


def screening(model: Taught, screen: Screen) -> Asked | None:
    """A thousand people under the rates of the official test."""
    figures = model.card.evaluations[OFFICIAL].figures if _has(model, OFFICIAL) else None
    ill = screen.knob.slider("Malignant among 1,000 lesions", 1, 500, PRACTICE)
    if figures is None or figures.sensitivity is None or figures.specificity is None:
        screen.after.info(_NO_FIGURES)
        return None
    groups = icon_array.screened(ill, figures.sensitivity.value, figures.specificity.value)
    return _alarms("accuracy", groups, ill, screen)


def leak(model: Taught, screen: Screen) -> Asked | None:
    """Arithmetic: what a test says whose leaked pictures are all remembered."""
    share = screen.knob.slider("Leaked pictures in the test", 0, 50, 15, format="%d %%") / 100
    key = LEAK_FREE if _has(model, LEAK_FREE) else OFFICIAL
    if not _has(model, key):
        screen.after.info(_NO_FIGURES)
        return None
    accuracy = model.card.evaluations[key].figures.accuracy.value
    remembered = round(_PEOPLE * share)
    right = round((_PEOPLE - remembered) * accuracy)
    groups = [Group("right because remembered", remembered, "ring")]
    if revealed("leak"):
        groups += [
            Group("right", right, "square"),
            Group("wrong", _PEOPLE - remembered - right, "cross"),
        ]
    else:
        groups.append(Group("new to it", _PEOPLE - remembered, "dot"))
    _draw(screen.picture, groups)
    return Asked(
        "leak", f"It is right on {100 * accuracy:.0f}\N{NO-BREAK SPACE}% of new pictures. What "
        f"will the test say?",
        "the test says: {} right", lambda: (remembered + right) / _PEOPLE,
    )  # fmt: skip


def threshold(model: Taught, screen: Screen) -> Asked | None:
    """A thousand people of a practice, judged as the pictures of another year were."""
    at = screen.knob.slider("Answer 'malignant' from this chance up", 1, 99, 50, format="%d %%")
    try:
        table = Result(model.card, checkpoints.FOLDER / model.card.name).predictions(ISIC_2018)
    except ResultsRejected:
        screen.after.info("This model has no predictions for this step.")
        return None
    labels = (table["label"] == "malignant").astype(int)
    counts = curves.confusion(labels, table["probability"], at / 100)
    screen.after.markdown(
        f"Rates from {len(table)} dermoscopic pictures of another year (ISIC 2018)."
    )
    groups = icon_array.screened(PRACTICE, counts.sensitivity, counts.specificity)
    return _alarms("deploy", groups, PRACTICE, screen)


def _alarms(key: str, groups: list[Group], ill: int, screen: Screen) -> Asked:
    """Draw the people, with who is alarmed once the class has guessed how many are rightly so."""
    found, _, alarmed, _ = groups
    shown = groups
    if not revealed(key):
        shown = [Group("malignant", ill, "square"), Group("benign", _PEOPLE - ill, "dot")]
    _draw(screen.picture, shown)
    alarms = found.count + alarmed.count
    return Asked(
        key, "Of 100 people who get an alarm, how many have a malignant lesion?",
        "{} of the alarms are right", lambda: found.count / alarms if alarms else 0.0,
    )  # fmt: skip


def _has(model: Taught, key: str) -> bool:
    return key in model.card.evaluations


def _draw(place: DeltaGenerator, groups: list[Group]) -> None:
    said = ", ".join(f"{group.count} {group.title}" for group in groups)
    place.image(
        icon_array.drawn_file(tuple(groups)), width="stretch", output_format="PNG",
        alt=f"1,000 marks: {said}.",
    )  # fmt: skip
    # a mark and its count are not parted by the end of a line
    counts = (
        f"{_MARKS[group.shape]}\N{NO-BREAK SPACE}**{group.count}** {group.title}"
        for group in groups
    )
    place.markdown("\N{EM SPACE}".join(counts))
