"""What the gate takes held-out pictures for, so that the three answers are counted as served.

A picture that the gate stops gets no answer, and one that it takes for another kind gets that
kind's. Half of the people were fitted to: their pictures go through a second gate, which was fitted
to the other half, so that no picture is counted by a gate that knew who is on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.assessment import picture_kind
from core.assessment.picture_kind import Gate
from core.files import write_text
from core.results.card import Card
from core.results.of_weights import stamped, unstamped
from training.assessment import limits_fit
from training.assessment.gate_pictures import Shown, half
from training.assessment.signatures import Signatures

FILE = "gate_contents.csv"  # set, file and content of what was held out, beside the weights
Contents = NDArray[np.str_]


@dataclass(frozen=True)
class TwoGates:
    """The gate that is served, and one fitted to the people that it was not fitted to."""

    served: Gate
    other: Gate

    def contents(self, seen: Signatures, people: NDArray[np.str_]) -> Contents:
        """What each of N pictures shows, by the gate that was not fitted to it."""
        known = np.array([half(person) for person in people])
        return np.where(known, seen.contents(self.other), seen.contents(self.served))


def two_gates(served: Gate, shown: list[Shown], seen: dict[str, Signatures]) -> TwoGates:
    """Fit the second gate. Raises ``ValueError`` where the other half has too few people."""
    return TwoGates(served, picture_kind.in_32_bits(limits_fit.gate(shown, seen, other_half=True)))


def write_contents(
    folder: Path, unseen: pd.DataFrame, tests: Mapping[str, pd.DataFrame], weights_sha256: str
) -> None:  # fmt: skip
    """Keep what the gate took each picture for: of what was held out, by collection, and ``tests``.

    Where ``unseen`` has no ``content``, nothing is kept of it, and no file where there is nothing.
    """
    found = dict(tests)
    if "content" in unseen:
        found |= {str(name): rows for name, rows in unseen.groupby("collection")}
    if not found:
        (folder / FILE).unlink(missing_ok=True)
        return
    whole = pd.concat([rows.assign(set=name) for name, rows in found.items()], ignore_index=True)
    kept = stamped(whole[["set", "file", "content"]], weights_sha256)
    write_text(folder / FILE, kept.to_csv(index=False))


def read_contents(folder: Path, card: Card) -> dict[str, pd.DataFrame]:
    """What the gate took each picture for, file and content by set; nothing where it is not kept.

    Raises ``ResultsRejected`` for what is of other weights.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    again = f"python -m training.limits --model {card.name} --data FOLDER"
    table = unstamped(pd.read_csv(path, dtype=str), path, card, again)
    return {str(name): rows.drop(columns="set") for name, rows in table.groupby("set")}
