"""Estimates with their 95 % intervals, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """A share in [0, 1] of ``n`` pictures, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Rate:
    """A figure with its 95 % interval, all in [0, 1]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """How a model did on ``n`` pictures. A figure that the labels do not allow is ``None``."""

    n: int
    malignant: int
    accuracy: Rate
    auc: Rate | None
    sensitivity: Rate | None
    specificity: Rate | None
    ece: Rate
    average_precision: Rate | None = None  # a card from before it was measured has none


def percent(rate: Rate | Share | None) -> str:
    """A figure with its interval: ``91.4 % (89.0 to 93.3)``; a dash where there is none."""
    if rate is None:
        return "–"
    value, low, high = (f"{100 * number:.1f}" for number in (rate.value, rate.low, rate.high))
    return _unbroken(f"{value}\N{NO-BREAK SPACE}%", f"({low} to {high})")


def decimal(rate: Rate | None) -> str:
    """A figure with its interval: ``0.974 (0.963 to 0.983)``; a dash where there is none."""
    if rate is None:
        return "–"
    # nought has no sign: -0.0004 is 0.000
    value, low, high = (f"{round(n, 3) + 0.0:.3f}" for n in (rate.value, rate.low, rate.high))
    return _unbroken(value, f"({low} to {high})")


def chance(probability: float) -> str:
    """A probability as people write it: never 0 or 100 %, which no model can know."""
    if probability < 0.01:
        return "under 1\N{NO-BREAK SPACE}%"
    if probability > 0.99:
        return "over 99\N{NO-BREAK SPACE}%"
    return f"{100 * probability:.0f}\N{NO-BREAK SPACE}%"


def _unbroken(*parts: str) -> str:
    """Parts that a narrow table may break between, but not inside."""
    return " ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
