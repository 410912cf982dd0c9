"""What a class can quote: each finding in a sentence made from figures, with its picture."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

import pandas as pd
import streamlit as st

from core.results import collections, findings
from core.results.collections import ISIC_2018, OLDER, PHONE_SETS
from core.results.findings import ExternalScore, Start
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate
from pages.comparison import elsewhere_chart, leak, views
from pages.components import figure, forest

TAUGHT, GENERAL = leak.TAUGHT, "general"
NOT_RUN = (
    "Not scored on the older collections yet: `python -m training.evaluate --model resnet18 "
    "--data isic2017 --leave-out in_mvb_train --leave-out collection=SONIC --save`"
)


def show(results: list[Result]) -> None:
    """Draw the findings, the strongest first, each with the view that shows more of it."""
    _other_collections(results)
    left, right = st.columns(2, gap="medium")
    with left:
        _starts(results)
        leak.show(results)
    with right:
        _second(results)


def _other_collections(results: list[Result]) -> None:
    scored = {key: findings.elsewhere(results, key) for key in OLDER}
    scored = {key: found for key, found in scored.items() if found}
    if not scored:
        st.info(NOT_RUN)
        return
    for place, (key, found) in zip(st.columns(len(scored), gap="medium"), scored.items(),
                                   strict=True):  # fmt: skip
        rows = pd.DataFrame(
            [(one.name, one.taught, one.own.value, one.other.value, one.other.low, one.other.high,
              findings.against_coin(one.other)) for one in found],
            columns=["network", "how made", "own test, AUC", f"{collections.short(key)}, AUC",
                     "low", "high", "against a coin"],
        )  # fmt: skip
        place.markdown(f"**{one_collection(key, found)}** {goes_with(found)}")
        plot = elsewhere_chart.plot(found, collections.short(key))
        figure.show(plot, one_title(key, found), rows, f"own-test-and-{key}", place)
    st.caption(
        "The report's set has only malignant pictures of the older collections; these sets have "
        "benign and malignant ones of them, without the lesions that training has seen. Bars: "
        "95\N{NO-BREAK SPACE}% "
        "intervals, by lesion. A network without a name here says it when you point at its mark."
    )


def one_collection(key: str, found: Sequence[ExternalScore]) -> str:
    """The sentence of one older collection."""
    alone = [one for one in found if one.alone]
    name = collections.short(key)
    if not alone:
        return f"No network that has learned from the report's set alone was scored on {name}."
    own = _range([one.own for one in alone])
    other = _range([one.other for one in alone])
    verdicts = [findings.against_coin(one.other) for one in alone]
    better = verdicts.count("better than a coin")
    if better == 0:
        say = "none can be told from a coin" if len(alone) > 1 else "it can't be told from a coin"
        if "worse than a coin" in verdicts:
            say = "none is better than a coin" if len(alone) > 1 else "it is worse than a coin"
    elif better == len(alone):
        say = "all still better than a coin" if len(alone) > 1 else "it is still better than a coin"
    else:
        say = f"{better} of {len(alone)} better than a coin"
    networks = f"{len(alone)} networks" if len(alone) > 1 else "The network"
    sentence = (
        f"{networks} trained on the report's set: AUC {own} on its own test, {other} on {name} "
        f"({say})."
    )
    others = [one for one in found if not one.alone]
    for one in others:
        sentence += f" {one.name}, trained on more: {one.own.value:.2f} and {one.other.value:.2f}."
    return sentence


def goes_with(found: Sequence[ExternalScore]) -> str:
    """Whether a network that is better on its own test is better elsewhere; empty for a few."""
    alone = [one for one in found if one.alone]
    together = findings.own_with_other(alone)
    if together is None:
        return ""
    figures = f"rank correlation of {len(alone)}: {two_digits(together)}"
    if together.low <= 0 <= together.high:
        return (
            "Whether a network that is better on its own test is better there, too, they can't "
            f"tell ({figures})."
        )
    way = "better" if together.value > 0 else "worse"
    return f"Among them: the better on its own test, the {way} there ({figures})."


def two_digits(rate: Rate) -> str:
    """A figure with its interval as far as so few networks tell it."""
    value, low, high = (f"{round(n, 2) + 0.0:.2f}" for n in (rate.value, rate.low, rate.high))
    return f"{value}, 95\N{NO-BREAK SPACE}% {low} to {high}"


def one_title(key: str, found: Sequence[ExternalScore]) -> str:
    """A chart's title from its own figures."""
    drop = mean(one.own.value - one.other.value for one in found)
    way = "lower" if drop > 0 else "higher"
    return (
        f"{collections.short(key)}: AUC is {abs(drop):.2f} {way} than on the own test, on the mean"
    )


def _starts(results: list[Result]) -> None:
    found = findings.starts(results)
    if not found:
        return
    st.markdown(f"**{start_matters(found)}**")
    rows = pd.DataFrame(
        [(one.network, kind, 100 * rate.value, 100 * rate.low, 100 * rate.high, True)
         for one in found for kind, rate in (("from chance", one.random),
                                             ("from trained weights", one.started))],
        columns=["name", "start", "value", "low", "high", "told"],
    )  # fmt: skip
    gain = 100 * mean(one.started.value - one.random.value for one in found)
    plot = forest.plot(rows, "accuracy on the official test, %", _best(found), "start")
    figure.show(plot, f"The start is worth {gain:+.1f} points on the mean", rows, "starts")
    views.offer(views.SIZE)


def start_matters(found: Sequence[Start]) -> str:
    """Whether the architecture or the start makes the difference, from both spreads."""
    started = [one.started for one in found]
    gain = 100 * mean(one.started.value - one.random.value for one in found)
    n, alike = len(found), findings.indistinct(started)
    which = (
        f"none of {n} networks with a start can be told from the best of them"
        if alike == n - 1
        else f"{n - 1 - alike} of {n} networks with a start can be told from the best of them"
    )
    spread = 100 * (max(r.value for r in started) - min(r.value for r in started))
    matters = (
        "The start does not help" if gain <= 0
        else "The architecture hardly matters, and the start little"
        if alike == n - 1 and gain <= spread / 2
        else "The start matters, the architecture hardly" if alike == n - 1
        else "The start matters more than the architecture" if gain > spread
        else "The architecture matters more than the start"
    )  # fmt: skip
    return (
        f"{matters}: {which} ({_range(started, 1)}\N{NO-BREAK SPACE}% right), and trained "
        f"weights are worth "
        f"{gain:+.1f} points to the same {n}."
    )


def _second(results: list[Result]) -> None:
    by_name = {r.where: r.card for r in results if r.where in (TAUGHT, GENERAL)}
    if len(by_name) < 2:
        return
    pairs = [
        (key, one, more)
        for key in (OFFICIAL, ISIC_2018, *PHONE_SETS, *OLDER)
        if (one := findings.auc(by_name[TAUGHT], key))
        and (more := findings.auc(by_name[GENERAL], key))
    ]
    if not pairs:
        return
    named = [(_name(key), one, more) for key, one, more in pairs]
    st.markdown(f"**{more_collections(named)}**")
    rows = pd.DataFrame(
        [(name, model, rate.value, rate.low, rate.high, findings.against_coin(rate) != "can't tell")
         for name, one, more in named
         for model, rate in ((TAUGHT, one), (GENERAL, more))],
        columns=["name", "model", "value", "low", "high", "told"],
    )  # fmt: skip
    plot = forest.plot(rows, "AUC; the line is a coin's", findings.COIN, "model")
    figure.show(plot, more_title(named), rows, "second-collection")
    views.offer(views.TWO)


def more_title(named: Sequence[tuple[str, Rate, Rate]]) -> str:
    """On how many sets the network that has learned from more collections is better, or worse."""
    up = sum(more.low > one.high for _, one, more in named)
    down = sum(more.high < one.low for _, one, more in named)
    worse = f", below on {down}" if down else ""
    above = f"{up} of {len(named)} sets{worse}"
    return f"{GENERAL}, of several collections, is above {TAUGHT} on {above}"


def more_collections(named: Sequence[tuple[str, Rate, Rate]]) -> str:
    """Where having learned from more collections is told, and where it is not."""
    up = [f"{name} ({one.value:.2f} to {more.value:.2f})"
          for name, one, more in named if more.low > one.high]  # fmt: skip
    down = [f"{name} ({one.value:.2f} to {more.value:.2f})"
            for name, one, more in named if more.high < one.low]  # fmt: skip
    if not up and not down:
        return "More collections: no set can tell whether they help."
    said = []
    if up:
        said.append(f"AUC rises on {', '.join(up)}")
    if down:
        said.append(f"AUC falls on {', '.join(down)}")
    left = len(named) - len(up) - len(down)
    if left:
        said.append(f"on {left} of {len(named)} sets the intervals overlap")
    return f"What more collections are worth: {'; '.join(said)}."


def _name(key: str) -> str:
    return "the own test" if key == OFFICIAL else collections.short(key)


def _best(found: Sequence[Start]) -> float:
    return 100 * max(one.started.value for one in found)


def _range(rates: Sequence[Rate], percent: int = 0) -> str:
    low, high = min(r.value for r in rates), max(r.value for r in rates)
    ends = (
        [f"{100 * end:.1f}" for end in (low, high)] if percent
        else [f"{end:.2f}" for end in (low, high)]
    )  # fmt: skip
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
