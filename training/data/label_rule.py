"""Which labels of a set mean malignant: what the user says, or the two words themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.labels import BENIGN, CLASSES, MALIGNANT
from training.data.labelled_set import DataRejected

MOST_TOLD = 20  # of bad rows, by name; the others are counted


@dataclass(frozen=True)
class LabelRule:
    """Labels in ``positive`` are malignant; those in ``negative`` benign, or all others if empty.

    Case and spaces around a label don't count. With neither, labels are the words benign and
    malignant. ``column`` of the metadata has them; ``label`` if empty.
    """

    column: str = ""
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        return bool(self.positive)


TWO_WORDS = LabelRule()


def rule(column: str | None, positive: str | None, negative: str | None) -> LabelRule:
    """The rule of --label-column, --positive and --negative. Raises ``DataRejected``."""
    malignant, benign = _words(positive), _words(negative)
    if benign and not malignant:
        raise DataRejected("--negative says what is benign; say with --positive what is malignant.")
    both = sorted(set(malignant) & set(benign))
    if both:
        raise DataRejected(f"{', '.join(both)}: in --positive and in --negative.")
    return LabelRule(column or "", malignant, benign)


def mapped(labels: pd.Series, by: LabelRule, where: object) -> tuple[list[int | None], str]:
    """0 or 1 of each label, ``None`` for one that is neither, and the mapping in words.

    Raises ``DataRejected`` where no label at all can be understood, naming those that are there.
    """
    words = [_word(value) for value in labels]
    there = pd.Series([w for w in words if w]).value_counts()
    if by.given:
        absent = [word for word in by.positive if word not in there.index]
        if absent:
            raise DataRejected(
                f"No picture of {where} is labelled {', '.join(absent)} (--positive). "
                f"Its labels: {_counted(there)}."
            )
        benign = by.negative or [w for w in there.index if w not in by.positive]
        meaning = dict.fromkeys(by.positive, MALIGNANT) | dict.fromkeys(benign, BENIGN)
    else:
        meaning = {name: number for number, name in enumerate(CLASSES)}
        if len(there) and not any(word in meaning for word in there.index):
            raise DataRejected(
                f"The labels of {where} are neither benign nor malignant. Say which are malignant, "
                f"as --positive {there.index[0]}. Its labels: {_counted(there)}."
            )
    meant = there.index.map(meaning)
    told = [f"{CLASSES[n]}: {_counted(there[meant == n])}" for n in (MALIGNANT, BENIGN)]
    return [meaning.get(word) for word in words], "; ".join(told)


def refuse(where: object, what: str, bad: Sequence[str]) -> None:
    """``DataRejected`` with all of ``bad`` in one sentence, if there is any."""
    if not bad:
        return
    told = "; ".join(bad[:MOST_TOLD])
    more = f"; and {len(bad) - MOST_TOLD:,} more" if len(bad) > MOST_TOLD else ""
    raise DataRejected(f"{where} has {len(bad):,} {what}: {told}{more}.")


def _words(given: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for part in (given or "").split(",") if (word := _word(part))))


def _word(value: object) -> str:
    """A label as it is compared; whole numbers are 1 and not 1.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if pd.isna(value) else " ".join(str(value).split()).casefold()  # type: ignore[call-overload]


def _counted(there: pd.Series) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in there.items()) or "none"
