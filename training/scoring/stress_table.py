"""The table of ``python -m training.robustness``, from margins of changed pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.calibration import calibrated
from core.results.card import Calibration
from core.results.robustness import COLUMNS, NONE
from core.statistics import intervals, metrics

_SEED = 0
_TOLD = 2e-6  # digits that a file keeps


@dataclass(frozen=True)
class Unit:
    """Strengths of one change that are scored together, and cached together."""

    change: str
    strengths: tuple[float, ...]

    def file(self, sample: int | None = None) -> str:
        """What its margins are called, of all pictures or of a ``sample`` of so many."""
        of = "" if sample is None else f"-of-{sample}"
        return f"{self.change}-{'-'.join(f'{strength:.6f}' for strength in self.strengths)}{of}.npy"


@dataclass(frozen=True)
class Scored:
    """Margins (S, n) of a unit at its strengths, and the pictures (n,) they are of."""

    rows: NDArray[np.int64]
    margins: NDArray[np.float64]


def sample(of: int, pictures: int) -> NDArray[np.int64]:
    """So many of the rows 0 to ``of``, drawn at random and sorted: always the same ones.

    A larger sample has the pictures of a smaller one.
    """
    return np.sort(np.random.default_rng(_SEED).permutation(of)[:pictures]).astype(np.int64)


def table(
    labels: NDArray[np.int64], threshold: float, by: Sequence[Calibration],
    found: Mapping[Unit, Scored],
) -> pd.DataFrame:  # fmt: skip
    """A row a change and strength, ``core.results.robustness.COLUMNS``.

    ``found`` begins with all pictures as they are; ``by`` is the calibration that each is answered
    by. What is of a sample is compared with the same pictures as they are, which have a row too.
    """
    first, whole = next(iter(found.items()))
    samples = {len(one.rows): one.rows for one in found.values()}
    clean = [(first, Scored(rows, whole.margins[:, rows]))
             for _, rows in sorted(samples.items(), reverse=True)]  # fmt: skip
    others = [(unit, one) for unit, one in found.items() if unit is not first]
    rows = [row for one in (*clean, *others) for row in _rows(*one, whole, labels, threshold, by)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    unit: Unit, scored: Scored, whole: Scored, labels: NDArray[np.int64], threshold: float,
    by: Sequence[Calibration],
) -> Iterator[tuple[object, ...]]:  # fmt: skip
    mine, truth = scored.rows, labels[scored.rows]

    def chances(margins: NDArray[np.float64]) -> NDArray[np.float64]:
        own = (by[row] for row in mine)
        return np.array([float(calibrated(m, c)) for m, c in zip(margins, own, strict=True)])

    clean = chances(whole.margins[0][mine]) >= threshold
    for strength, lead in zip(unit.strengths, scored.margins, strict=True):
        p = chances(lead)
        said = p >= threshold
        right = intervals.wilson(int((said == truth).sum()), len(truth))
        flips = intervals.wilson(int((said != clean).sum()), len(truth))
        yield (
            unit.change, strength, len(truth), right.value, right.low, right.high,
            metrics.auc(truth, p), flips.value, flips.low, flips.high,
        )  # fmt: skip


def with_kept(fresh: pd.DataFrame, kept: pd.DataFrame, changes: Sequence[str]) -> pd.DataFrame:
    """``fresh``, and of a file that was ``kept`` what is of more pictures, or of another change.

    In the order of ``changes``, which begin with ``NONE``.
    """
    both = pd.concat([fresh, kept], ignore_index=True)
    # as written, strengths have six digits
    both = both.assign(at=both["strength"].round(5), order=both["perturbation"].map(changes.index))
    both = both.drop_duplicates(["order", "at", "n"])
    clean = both["perturbation"] == NONE
    best = both[~clean & (both["n"] == both.groupby(["order", "at"])["n"].transform("max"))]
    of = {*best["n"], both["n"].max()}
    whole = pd.concat([both[clean & both["n"].isin(of)].sort_values("n", ascending=False), best])
    whole = whole.sort_values(["order", "at"], kind="stable", ignore_index=True)
    return whole[list(COLUMNS)]


def same_state(fresh: pd.DataFrame, kept: pd.DataFrame) -> bool:
    """Whether the pictures as they are were answered alike in both."""
    columns = ["n", "accuracy", "auc"]
    one, other = (t[t["perturbation"] == NONE][columns].head(1).to_numpy() for t in (fresh, kept))
    return len(one) == len(other) and bool(np.allclose(one, other, rtol=0, atol=_TOLD))
