"""The answers of the steps about changed pictures: an attack, noise of its size, robustness."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core import checkpoints
from core.pictures.lesson_examples import read_lesson_examples
from core.results import published
from core.results.robustness import FGSM, NONE, REPORTS, SIGN_NOISE, on_the_same
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate, percent
from pages.lesson.answer import INTERVAL, Answer, Chart, sweep
from pages.stress import strength_chart, test_set, toward_class

if TYPE_CHECKING:
    import pandas as pd

    from core.classifier import Classifier

_GREY = 1 / 255
_RATES = ["strength", "accuracy", "low", "high"]
_KINDS = {FGSM: "one step against it", SIGN_NOISE: "as much at random"}


def attack(model: Classifier) -> Answer:
    """The official test under the one-step attack, ours and the report's."""
    theirs = (
        f"The report's ResNet18 fell from {100 * published.CLEAN.value:.1f} to "
        f"{100 * published.UNDER_FGSM.value:.1f}\N{NO-BREAK SPACE}% under its step of "
        f"{REPORTS:g}, three quarters of one grey level."
    )
    return _stressed(model, (FGSM,), lambda table: f"{theirs} {step_costs(table)}")


def noise(model: Classifier) -> Answer:
    """The official test with random steps of the attack's size, beside the attack."""
    return _stressed(model, (SIGN_NOISE, FGSM), direction_or_size)


def step_costs(table: pd.DataFrame) -> str:
    """What the report's step leaves of the accuracy here, and whether that is a loss."""
    found = on_the_same(table, (NONE, 0.0), (FGSM, REPORTS))
    if found is None:
        return "Here that step was not measured."
    clean, left = found.accuracies
    figures = f"from {percent(clean)} to **{percent(left)}**{found.told}"
    if left.high < clean.low:
        return (
            f"Here it brings down what is right {figures}: accuracy on a test says nothing about "
            "pictures that somebody has changed on purpose."
        )
    if left.low > clean.high:
        return f"Here more is right after it: {figures}."
    return f"Here it can't be told to cost anything: {figures}."


def direction_or_size(table: pd.DataFrame) -> str:
    """Whether a step against the network does more than as much at random, at one grey level."""
    found = on_the_same(table, (FGSM, _GREY), (SIGN_NOISE, _GREY))
    if found is None:
        return "What noise of an attack's size does to it was not measured."
    against, random = found.accuracies
    figures = (
        f"when every value moves by one grey level, {percent(random)} are right if it moves at "
        f"random, {percent(against)} if it moves against the network{found.told}"
    )
    if against.high < random.low:
        return (
            f"What fools this network is the **direction** of a change, not its size: {figures}. "
            "To withstand noise is no promise about somebody who means harm."
        )
    if against.low > random.high:
        return f"Noise costs this network **more** than a step against it: {figures}."
    return f"Direction or size, these pictures **can't tell** which costs more: {figures}."


def _stressed(
    model: Classifier, kinds: tuple[str, ...], found: Callable[[pd.DataFrame], str]
) -> Answer:
    """Accuracy on the official test by strength, where the sweep over it was run.

    ``found`` makes the sentence of the sweep. Paper has the first kind's figures alone.
    """
    table = sweep(model.card.name)
    if table is None:
        return Answer((test_set.NOT_RUN.format(model.card.name),))
    curves = {kind: test_set.curve({model.card.name: table}, kind) for kind in kinds}
    first = curves[kinds[0]]
    rows = tuple(
        (f"{strength:.2f}", percent(Rate(*(figure / 100 for figure in rate))))
        for strength, *rate in first[_RATES].to_numpy(float).tolist()
    )  # fmt: skip
    some = set(first["n"]) - {table["n"].max()}
    where = "".join(f"{n} pictures, drawn at random, of " for n in sorted(some))
    note = f"On {where}the official test set. {INTERVAL}"
    sentences = (found(table),)
    return Answer(sentences, ("grey levels", "accuracy"), rows, note, _by_strength(curves))


def _by_strength(curves: dict[str, pd.DataFrame]) -> Chart | None:
    import pandas as pd

    curves = {kind: rows for kind, rows in curves.items() if len(rows) > 1}
    if not curves:
        return None
    rows = pd.concat(
        [
            one.assign(model=one["model"].str.replace("^[^,]+", _KINDS[kind], regex=True))
            for kind, one in curves.items()
        ],
        ignore_index=True,
    )
    plot = strength_chart.by_strength(
        rows, test_set.reports(FGSM if FGSM in curves else SIGN_NOISE),
        "grey levels that a value may move, of 255",
    )  # fmt: skip
    name = "-and-".join(kind.replace(" ", "-") for kind in curves)
    return Chart(plot, strength_title(curves), rows, f"accuracy-{name}")


def strength_title(curves: dict[str, pd.DataFrame]) -> str:
    """How much is right as it is, and where least is, for each kind of change."""
    told = []
    for kind, rows in curves.items():
        least = rows.nsmallest(1, "accuracy").iloc[0]
        told.append(
            f"{_KINDS[kind]}: {rows['accuracy'].iloc[0]:.0f}\N{NO-BREAK SPACE}% right become "
            f"{least['accuracy']:.0f}\N{NO-BREAK SPACE}% at {least['strength']:g} grey levels"
        )
    said = "; ".join(told)
    return f"{said[0].upper()}{said[1:]}"


def change(_: Classifier) -> Answer:
    """What robustness shows, and what it costs: of two networks, whichever is taught."""
    rows, rates = [], []
    for name in (toward_class.STANDARD, toward_class.ROBUST):
        try:
            card = checkpoints.card(name)
        except checkpoints.CheckpointRejected:
            continue
        test, table = card.evaluations.get(OFFICIAL), sweep(name)
        under = None if table is None else on_the_same(table, (FGSM, _GREY))
        attacked = under.accuracies[0] if under and under.whole else None  # as the card's is
        clean = test.figures.accuracy if test else None
        rows.append((f"{card.title} ({name})", percent(clean), percent(attacked)))
        if clean and attacked:
            rates.append((clean, attacked))
    drawn = [
        found for chosen in read_lesson_examples("change")
        if (found := toward_class.made(f"change {chosen.example.file}", shared=True))
    ]  # fmt: skip
    return Answer(
        (
            *(toward_class.finding(found) for found in drawn[:1]),
            *([robust_costs(*rates)] if len(rates) == 2 else []),
            toward_class.WHAT_IT_IS_NOT,
        ),
        ("network", "right, as it is", "right under one grey level against it"), tuple(rows),
        f"On the official test. {INTERVAL}",
    )  # fmt: skip


def robust_costs(standard: tuple[Rate, Rate], robust: tuple[Rate, Rate]) -> str:
    """What the robust network has over the standard one, and what it pays: clean and attacked."""
    gain = 100 * (robust[1].value - standard[1].value)
    loss = 100 * (standard[0].value - robust[0].value)
    kept = (
        "withstands a step of one grey level better" if robust[1].low > standard[1].high
        else "withstands a step of one grey level worse" if robust[1].high < standard[1].low
        else "can't be told to withstand a step of one grey level better"
    )  # fmt: skip
    paid = f"is right on {loss:.1f} points fewer" if loss > 0 else f"is right on {-loss:.1f} more"
    return (
        f"The robust network {kept} ({gain:+.1f} points), and {paid} of the pictures as they are."
    )
