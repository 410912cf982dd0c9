"""Which labels of a set mean malignant: what the user says, or the two words themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.labels import BENIGN, CLASSES, MALIGNANT
from core.results.card import Card, LabelRule
from training.data.labelled_set import DataRejected

MOST_TOLD = 20  # of bad rows, by name; the others are counted


@dataclass(frozen=True)
class Mapping:
    """How labels were read: in words where that was asked, and as a rule that names both sides."""

    told: str = ""
    rule: LabelRule | None = None


@dataclass(frozen=True)
class LearnedRule(LabelRule):
    """The rule that a model was trained by: heeded where a set has such labels, and told.

    A label that the model never met is refused, where a user's own rule takes it as benign.
    ``asked`` is the column that a user named.
    """

    model: str = ""
    asked: str = ""

    def fits(self, labels: pd.Series | None) -> bool:
        """Whether a set's labels are such as the model was taught."""
        if labels is None:
            return False
        return not {_word(value) for value in labels}.isdisjoint(self.positive + self.negative)

    def told(self) -> str:
        return (
            f"Labels are read as {self.model} learned them: "
            f"{f'column {self.column}, ' if self.column else ''}malignant "
            f"{', '.join(self.positive)}, benign {', '.join(self.negative)}. --label-column, "
            "--positive and --negative say otherwise."
        )


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


def rule_for(
    card: Card, column: str | None, positive: str | None, negative: str | None
) -> LabelRule:
    """``rule``, where it was given; for what was not, that by which the card's model learned."""
    learned = card.training.label_rule
    if learned is None:
        return rule(column, positive, negative)
    if positive or negative:
        return rule(column or learned.column, positive, negative)
    return LearnedRule(
        column or learned.column, learned.positive, learned.negative, card.name, column or ""
    )


def heeded(by: LabelRule, *labels: pd.Series | None) -> LabelRule:
    """The rule by which labels are read: what a model has learned only where they are such."""
    if isinstance(by, LearnedRule) and not any(by.fits(some) for some in labels):
        return LabelRule(by.asked)
    return by


def mapped(labels: pd.Series, by: LabelRule, where: object) -> tuple[list[int | None], Mapping]:
    """0 or 1 of each label, ``None`` for one that is neither, and the mapping.

    Raises ``DataRejected`` where no label at all can be understood, naming those that are there.
    """
    words = [_word(value) for value in labels]
    there = pd.Series([w for w in words if w]).value_counts()
    if by.given:
        absent = [word for word in by.positive if word not in there.index]
        if absent and not isinstance(by, LearnedRule):
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
    if not by.given:
        return [meaning.get(word) for word in words], Mapping()
    if isinstance(by, LearnedRule):
        print(by.told())
    learned = LabelRule(by.column, by.positive, tuple(benign))
    return [meaning.get(word) for word in words], Mapping("; ".join(told), learned)


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
