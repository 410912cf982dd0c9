"""Gate and three answers of a model of one's own, from its own pictures and what others lend.

What can't be fitted for lack of pictures is told in sentences, which go on the card: nobody is to
take a gate that was shown one kind of pictures for one that tells four apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.assessment.picture_kind import BARE_SKIN, ELSE, Content
from core.classifier import Classifier
from core.labels import CLASSES, DERMOSCOPIC, PHOTO, Kind
from core.results.limits import AnswerCheck, Answers
from training.assessment import conformal, gate_pictures, limits_fit, not_skin, signatures
from training.assessment.gate_pictures import Shown
from training.assessment.signatures import Signatures
from training.data.labelled_set import TEST, LabelledSet

# Fewer malignant pictures say too little of how many are missed to promise anything.
LEAST_TO_PROMISE = 100
# The pictures that come with libraries, where nobody lends any others that are no skin.
NOT_SKIN = "not_skin"
Look = Callable[[Sequence[Path], str], Signatures]
_NOT_SHOWN: dict[Content, str] = {
    "photo": "Its gate was shown no ordinary photos of skin: it may take one for a dermoscopic "
    "picture.",
    "dermoscopic": "Its gate was shown no dermoscopic pictures: it may take one for an ordinary "
    "photo.",
    BARE_SKIN: "Its gate was shown no bare skin: a picture without a spot may get an answer.",
}


@dataclass(frozen=True)
class OwnPictures:
    """What the gate is fitted to and checked on, their signatures, and what is missing."""

    shown: list[Shown]
    seen: dict[str, Signatures]
    missing: tuple[str, ...]


def pictures(
    model: Classifier, data: LabelledSet, kind: Kind, lent: Sequence[Shown], look: Look
) -> OwnPictures:
    """The own pictures that are not marked as test, all that is ``lent``, and pictures of no skin.

    ``look`` gives signatures of files, which it may have kept.
    """
    table = data.table[data.table["split"] != TEST] if "split" in data.table else data.table
    table = table.sample(min(gate_pictures.MOST, len(table)), random_state=gate_pictures.SEED)
    content: Content = PHOTO if kind == PHOTO else DERMOSCOPIC  # type: ignore[assignment]
    own = Shown(
        data.name, content, table["path"].to_numpy(),
        table["group"].astype(str).to_numpy(dtype=np.str_),
    )  # fmt: skip
    shown = [own, *(one for one in lent if one.name != own.name)]
    seen = {one.name: look(list(one.paths), one.name) for one in shown}
    if not any(one.content == ELSE for one in shown):
        names, images = zip(*not_skin.pictures(), strict=True)
        files = np.array([name.partition(",")[0] for name in names])
        shown.append(Shown(NOT_SKIN, ELSE, np.array(names, dtype=object), files))
        seen[NOT_SKIN] = signatures.of_images(model, images)
    there = {one.content for one in shown}
    return OwnPictures(shown, seen, tuple(s for c, s in _NOT_SHOWN.items() if c not in there))


def answers(
    unseen: pd.DataFrame, kind: Kind
) -> tuple[Answers, dict[str, AnswerCheck], tuple[str, ...]]:
    """Where the three answers part, what they are worth, and what could not be said of them.

    ``unseen`` has collection, person, y, p and kind of pictures that were not learned from. With
    too few of a class the sets of answers hold both classes, and it always can't tell.
    """
    counts = np.bincount(unseen["y"].to_numpy(np.int64), minlength=len(CLASSES))
    least = conformal.LEAST_OF_A_CLASS
    if counts.min() < least:
        few = " and ".join(f"{n} {name}" for n, name in zip(counts, CLASSES, strict=True))
        return (
            Answers(conformal.COVERAGE, 1.0, 1.0, 0.0, 0.0, len(unseen)), {},
            (f"Its three answers could not be fitted: they need {least} pictures of each class in "
             f"validation, and there are {few}. It always says that it can't tell.",),
        )  # fmt: skip
    fitted, told = limits_fit.answers(unseen, kind), []
    if counts[1] < LEAST_TO_PROMISE:
        fitted = dataclasses.replace(fitted, promised=1.0)
        told.append(
            "How many of those that 'look benign' to it are malignant at most is not promised: "
            f"that takes {LEAST_TO_PROMISE} malignant pictures in validation, and there are "
            f"{counts[1]}."
        )
    try:
        checks = limits_fit.answer_checks(unseen, kind, {kind: fitted})
    except ValueError:
        checks = {}
        told.append("There are too few pictures in validation to check its three answers on others "
                    "than they were fitted to.")  # fmt: skip
    return fitted, checks, tuple(told)
