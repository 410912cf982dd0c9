"""Own test and older collections: every network that was scored on both, however it was made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from core.networks.registry import ARCHITECTURES
from core.results import findings
from core.results.card import Card, Evaluation, Initialisation
from core.results.collections import ISIC_2017, REPORT
from core.results.findings import FROM_CHANCE, FROM_WEIGHTS, MORE, SHIPPED, ExternalScore
from core.results.scored_models import Result
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Figures, Rate
from pages.comparison import elsewhere_chart
from pages.comparison import findings as page

CHANCE, IMAGENET, SKIN = (
    Initialisation(source, "made up", loaded, ())
    for source, loaded in (("random", 0), ("x-imagenet", 90), ("ham10000_other", 90))
)


@pytest.fixture
def made(full_card: Card) -> Callable[..., Result]:
    """A card's result: folder, weights, start, and AUC on its own test and on ISIC 2017."""

    def make(
        folder: str, sha256: str, start: Initialisation, own: float, other: float | None,
        data: str = REPORT,
    ) -> Result:  # fmt: skip
        aucs = {OFFICIAL: own} | ({} if other is None else {ISIC_2017: other})
        evaluations = {
            key: Evaluation("", Figures(9, 3, rate(value), rate(value), None, None, rate(0.1)),
                            "", "", "", "")
            for key, value in aucs.items()
        }  # fmt: skip
        name = Path(folder).name
        card = dataclasses.replace(
            full_card, name=name, evaluations=evaluations,
            architecture=name if name in ARCHITECTURES else "resnet18",
            title=ARCHITECTURES[name].title if name in ARCHITECTURES else name,
            initialisation=start, training=dataclasses.replace(full_card.training, data=data),
            weights=dataclasses.replace(full_card.weights, sha256=sha256),
        )  # fmt: skip
        return Result(card, Path("checkpoints") / folder)

    return make


def rate(value: float) -> Rate:
    return Rate(value, value - 0.04, min(1.0, value + 0.04))


def test_every_network_scored_on_both_is_one_point_named_by_how_it_was_made(
    made: Callable[..., Result],
) -> None:
    results = [
        made("benchmark/best-start/alexnet", "a", CHANCE, 0.92, 0.5),
        made("benchmark/best-start/efficientnet_lite0", "b", IMAGENET, 0.96, 0.44),
        made("benchmark/best-start/resnet50", "c", IMAGENET, 0.97, None),
        made("benchmark/random/alexnet", "a", CHANCE, 0.92, 0.5),
        made("benchmark/skin-pretraining/resnet18-after-seed0", "d", SKIN, 0.97, 0.6),
        made("general", "e", IMAGENET, 0.95, 0.71, f"{REPORT} + more"),
        made("resnet18", "f", IMAGENET, 0.97, 0.51),
    ]
    found = {one.name: one for one in findings.elsewhere(results, ISIC_2017)}
    assert {name: one.taught for name, one in found.items()} == {
        "general": MORE, "resnet18": SHIPPED, "AlexNet": FROM_CHANCE,
        "EfficientNet-Lite0": FROM_WEIGHTS, "skin-pretraining/resnet18-after-seed0": MORE,
    }  # fmt: skip
    assert list(found)[:2] == ["general", "resnet18"]
    assert found["EfficientNet-Lite0"].other.value == 0.44
    said = page.one_collection(ISIC_2017, list(found.values()))
    assert "3 networks trained on the report's set: AUC 0.92 to 0.97 on its own test" in said
    assert "0.44 to 0.51 on ISIC 2017 (none is better than a coin)" in said


def benchmark(low: float, high: float) -> list[ExternalScore]:
    """Thirteen networks of a benchmark from chance and as many from weights, and three shipped."""
    titles = [entry.title for entry in ARCHITECTURES.values()]
    n = len(titles)
    spread = [low + (high - low) * (i * 5 % n) / n for i in range(n)]
    return [
        *(ExternalScore(name, SHIPPED, rate(0.96), rate(0.5)) for name in ("resnet18", "robust")),
        *(ExternalScore(t, FROM_CHANCE, rate(0.88 + 0.004 * i), rate(spread[i]))
          for i, t in enumerate(titles)),
        *(ExternalScore(t, FROM_WEIGHTS, rate(0.94 + 0.002 * i), rate(spread[-i]))
          for i, t in enumerate(titles)),
        ExternalScore("general", MORE, rate(0.95), rate(0.71)),
    ]  # fmt: skip


def test_all_of_a_benchmark_is_drawn_in_four_colours_and_names_do_not_meet() -> None:
    found = benchmark(0.4, 0.6)
    plot = elsewhere_chart.plot(found, "ISIC 2017")
    assert [trace.name for trace in plot.data] == [SHIPPED, FROM_CHANCE, FROM_WEIGHTS, MORE]
    assert sum(len(trace.x) for trace in plot.data) == len(found)
    assert len({trace.marker.color for trace in plot.data}) == 4
    assert [trace.marker.symbol.endswith("-open") for trace in plot.data] == [
        False, False, False, True
    ]  # fmt: skip
    assert plot.layout.shapes[0].y0 == 0.5
    # the shipped have a name whatever else there is; whoever has none says it when pointed at
    assert plot.data[0].text == ("resnet18", "robust")
    assert plot.data[3].text == ("general",)
    assert plot.data[1].customdata[0][0] == "Baseline CNN"
    names = [name for trace in plot.data for name in trace.text if name]
    assert len(names) < len(found)
    low, high = plot.layout.yaxis.range
    assert low < 0.36
    assert high > 0.75


def test_few_networks_have_intervals_to_both_sides_and_many_upright_ones() -> None:
    few = elsewhere_chart.plot(benchmark(0.4, 0.6)[:2], "ISIC 2017")
    assert few.data[0].error_x.array == pytest.approx((0.04, 0.04))
    assert few.data[0].error_y.arrayminus == pytest.approx((0.04, 0.04))
    many = elsewhere_chart.plot(benchmark(0.4, 0.6), "ISIC 2017")
    assert many.data[0].error_x.array is None
    assert many.data[0].error_y.array == pytest.approx((0.04, 0.04))


def test_labels_that_stand_do_not_cover_each_other() -> None:
    found = benchmark(0.4, 0.6)
    plot = elsewhere_chart.plot(found, "ISIC 2017")
    x0, x1 = plot.layout.xaxis.range
    y0, y1 = plot.layout.yaxis.range
    boxes = []
    for trace in plot.data:
        for x, y, text, place in zip(trace.x, trace.y, trace.text, trace.textposition, strict=True):
            if text:
                across = 250 * (x - x0) / (x1 - x0)
                width = 6 * len(text)
                left = (across + 9 if "right" in place else across - 9 - width
                        if "left" in place else across - width / 2)  # fmt: skip
                up = 350 * (y - y0) / (y1 - y0)
                bottom = up + 4 if "top" in place else up - 17 if "bottom" in place else up - 6
                boxes.append((left, bottom, left + width, bottom + 13))
    assert len(boxes) >= 3
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (a, b)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.47, 0.53, "none can be told from a coin"),
        (0.2, 0.3, "none is better than a coin"),
        (0.8, 0.9, "26 of 28 better than a coin"),
    ],
)
def test_the_sentence_of_a_benchmark_follows_its_intervals(
    low: float, high: float, said: str
) -> None:
    found = benchmark(low, high)
    alone = sum(one.alone for one in found)
    sentence = page.one_collection(ISIC_2017, found)
    assert sentence.startswith(f"{alone} networks trained on the report's set")
    assert said.replace("26 of 28", f"{alone - 2} of {alone}") in sentence
    assert "general, trained on more: 0.95 and 0.71." in sentence


def test_a_better_own_test_is_no_promise_where_the_ranks_say_so() -> None:
    def ranked(others: list[float]) -> list[ExternalScore]:
        return [ExternalScore(str(i), SHIPPED, rate(0.8 + 0.01 * i), rate(other))
                for i, other in enumerate(others)]  # fmt: skip

    rising, falling = [0.4 + 0.02 * i for i in range(9)], [0.6 - 0.02 * i for i in range(9)]
    assert all(a < b for a, b in pairwise(rising))
    assert "the better on its own test, the better there" in page.goes_with(ranked(rising))
    assert "the better on its own test, the worse there" in page.goes_with(ranked(falling))
    mixed = [0.5, 0.42, 0.57, 0.48, 0.55, 0.41, 0.53, 0.47, 0.5]
    assert "can't tell" in page.goes_with(ranked(mixed))
    assert page.goes_with(ranked(rising[:4])) == ""
