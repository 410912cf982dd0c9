"""Every sentence of 'Findings', with figures that say one thing and with the contrary."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.results.collections import ISIC_2017, REPORT
from core.results.findings import MORE, SHIPPED, ExternalScore, Leak, Start
from core.statistics.estimates import Rate
from pages.comparison import findings, learning_curves, one_model, seeds, table
from pages.comparison import leak as leak_page
from tests.pages.conftest import ROOT, words


def rate(value: float, half: float = 0.02) -> Rate:
    return Rate(value, value - half, value + half)


def network(name: str, other: float, half: float = 0.02, *, alone: bool = True) -> ExternalScore:
    return ExternalScore(name, SHIPPED if alone else MORE, rate(0.96), rate(other, half))


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ([network("a", 0.5), network("b", 0.51)], "none can be told from a coin"),
        ([network("a", 0.5)], "it can't be told from a coin"),
        ([network("a", 0.4), network("b", 0.5)], "none is better than a coin"),
        ([network("a", 0.4)], "it is worse than a coin"),
        ([network("a", 0.9), network("b", 0.5)], "1 of 2 better than a coin"),
        ([network("a", 0.9), network("b", 0.8)], "all still better than a coin"),
    ],
)
def test_chance_is_said_only_where_the_intervals_say_it(
    networks: list[ExternalScore], said: str
) -> None:
    sentence = findings.one_collection(ISIC_2017, networks)
    assert said in sentence
    assert "ISIC 2017" in sentence


def test_the_range_is_of_those_that_learned_from_the_report_s_set_alone() -> None:
    sentence = findings.one_collection(
        ISIC_2017, [network("a", 0.42), network("b", 0.61), network("more", 0.88, alone=False)]
    )
    assert "0.42 to 0.61 on ISIC 2017" in sentence
    assert "more, trained on more: 0.96 and 0.88." in sentence
    only = findings.one_collection(ISIC_2017, [network("more", 0.88, alone=False)])
    assert "No network" in only


def test_a_chart_s_title_is_the_mean_fall() -> None:
    title = findings.one_title(ISIC_2017, [network("a", 0.46), network("b", 0.56)])
    assert "0.45 lower" in title


def test_where_others_are_ranked_better_the_title_does_not_call_it_a_fall() -> None:
    assert "0.02 higher than on the own test" in findings.one_title(ISIC_2017, [network("a", 0.98)])


def start(random: float, started: float) -> Start:
    return Start("net", rate(random), rate(started))


def test_the_start_matters_where_no_network_stands_out_and_all_gain() -> None:
    said = findings.start_matters([start(0.80, 0.90), start(0.82, 0.91)])
    assert said.startswith("The start matters, the architecture hardly")
    assert "none of 2 networks" in said
    assert "+9.5 points" in said


def test_the_architecture_matters_where_one_stands_out() -> None:
    said = findings.start_matters([start(0.70, 0.72), start(0.89, 0.91)])
    assert said.startswith("The architecture matters more than the start")
    assert "1 of 2 networks with a start can be told from the best" in said


def test_a_start_worth_more_than_all_networks_differ_matters_more() -> None:
    said = findings.start_matters([start(0.70, 0.85), start(0.75, 0.90)])
    assert said.startswith("The start matters more than the architecture")
    assert "1 of 2 networks with a start can be told from the best" in said


def test_where_neither_is_told_neither_is_said_to_matter() -> None:
    said = findings.start_matters([start(0.895, 0.90), start(0.915, 0.93)])
    assert said.startswith("The architecture hardly matters, and the start little")
    assert "none of 2 networks" in said


def test_a_start_that_costs_is_not_praised() -> None:
    said = findings.start_matters([start(0.90, 0.85), start(0.92, 0.86)])
    assert said.startswith("The start does not help")
    assert "-5.5 points" in said


def leak(seen: float, unseen: float, half: float) -> Leak:
    return Leak("HAM10000", rate(seen, half), 72, rate(unseen, half), 72)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (leak(0.8, 0.78, 0.1), "can't tell"),
        (leak(0.9, 0.5, 0.1), "flatters the test, among HAM10000"),
        (leak(0.5, 0.9, 0.1), "does not flatter"),
    ],
)
def test_what_the_leak_is_worth_follows_its_intervals(one: Leak, said: str) -> None:
    sentence = leak_page.is_worth([one])
    assert said in sentence
    assert f"{100 * one.seen.value:.0f} of 100" in sentence


def test_more_collections_help_hurt_or_can_t_be_told() -> None:
    up, down, same = (("x", rate(0.6), rate(0.9)), ("y", rate(0.9), rate(0.6)),
                      ("z", rate(0.9), rate(0.91)))  # fmt: skip
    said = findings.more_collections([up, down, same])
    assert "rises on x (0.60 to 0.90)" in said
    assert "falls on y (0.90 to 0.60)" in said
    assert "on 1 of 3 sets the intervals overlap" in said
    assert "no set can tell" in findings.more_collections([same])


def test_the_page_s_sentence_is_made_of_the_cards_figures() -> None:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=120).run()
    page.switch_page("pages/compare_models.py").run()
    assert not page.exception
    # straight from every card: own ones, and what the benchmark has trained
    cards = [json.loads(path.read_bytes()) for path in checkpoints.FOLDER.rglob("card.json")]
    values = sorted(
        card["evaluations"][ISIC_2017]["figures"]["auc"]["value"] for card in cards
        if card["training"]["data"] == REPORT and ISIC_2017 in card["evaluations"]
    )  # fmt: skip
    assert len(values) > len(checkpoints.available())
    assert f"{values[0]:.2f} to {values[-1]:.2f} on ISIC 2017" in words(page)
    rows = page.dataframe[0].value
    assert len(rows) > len(checkpoints.available())
    assert {"own test, AUC", "ISIC 2017, AUC", "low", "high", "how made"} <= set(rows)


def test_titles_of_one_model_are_its_counts() -> None:
    from core.statistics.curves import Confusion

    counts = Confusion(
        true_positives=90, false_negatives=10, true_negatives=150, false_positives=50
    )
    assert one_model.roc_title(counts) == "Finds 90 of 100 malignant and alarms 25 of 100 benign"
    assert one_model.precision_title(counts).startswith("64 of 100 alarms")
    assert one_model.precision_title(Confusion(0, 10, 10, 0)) == "No alarm at this threshold"
    rows = pd.DataFrame({"predicted": [0.2, 0.9], "observed": [0.1, 0.5], "pictures": [10, 10]})
    assert "25 points too high" in one_model.calibration_title(rows)
    low = rows.rename(columns={"predicted": "observed", "observed": "predicted"})
    assert "25 points too low" in one_model.calibration_title(low)
    same = rows.assign(observed=rows["predicted"])
    assert "within half a point" in one_model.calibration_title(same)


def test_a_change_helps_only_beyond_every_seed_of_the_reference() -> None:
    rows = pd.DataFrame(
        [("reference: a", 90.0, 89.0, 91.0, None), ("decay: a", 92.0, 91.5, 93.0, 2.0),
         ("skin: a", 85.0, 84.0, 86.0, -5.0), ("smooth: a", 90.5, 90.0, 92.0, 0.5),
         ("candidates: b", 70.0, 69.0, 71.0, -20.0)],
        columns=["runs", "mean", "lowest", "highest", "beside the reference"],
    )  # fmt: skip
    said = seeds.what_helped(rows)
    assert "decay: a did better" in said
    assert "skin: a did worse" in said
    assert "1 others do no more" in said
    assert "candidates" not in said  # another network is no change of this one
    assert seeds.what_helped(rows.iloc[[0, 3]]) == "None of 1 changes does more than the seed alone"


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [([0.8, 0.85, 0.9], "better here"), ([0.9, 0.85, 0.8], "worse here"),
     ([0.9, 0.8, 0.9], "hardly go together")],
)  # fmt: skip
def test_whether_size_pays_is_told_from_the_points(accuracies: list[float], said: str) -> None:
    points = pd.DataFrame({"parameters": [1e6, 1e7, 1e8], "accuracy": accuracies})
    assert said in table.size_title(points)


def test_learning_ends_where_its_last_rows_say() -> None:
    histories = {"a": pd.DataFrame({"val_loss": [0.5, 0.25]}),
                 "b": pd.DataFrame({"val_loss": [0.5, 0.75]})}  # fmt: skip
    assert learning_curves.end_of(histories, "loss") == "Validation loss ends at 0.25 to 0.75"
    del histories["b"]
    assert learning_curves.end_of(histories, "loss") == "Validation loss ends at 0.25"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([leak(0.8, 0.78, 0.1)], "found as often, as far as these pictures tell"),
        ([leak(0.9, 0.6, 0.02), leak(0.8, 0.78, 0.1)], "are found more often"),
        ([leak(0.6, 0.9, 0.02)], "are found less often"),
        ([leak(0.9, 0.6, 0.02), leak(0.6, 0.9, 0.02)], "more often here, less often there"),
    ],
)
def test_the_title_of_the_leak_follows_from_the_intervals(found: list[Leak], said: str) -> None:
    assert said in leak_page.title(found)


def test_the_title_of_more_collections_counts_the_sets_either_way() -> None:
    better, worse, open_ = (rate(0.6), rate(0.9)), (rate(0.9), rate(0.6)), (rate(0.8), rate(0.81))
    named = [("A", *better), ("B", *open_), ("C", *open_)]
    assert findings.more_title(named).endswith("is above resnet18 on 1 of 3 sets")
    named = [("A", *worse), ("B", *worse), ("C", *open_)]
    assert findings.more_title(named).endswith("on 0 of 3 sets, below on 2")
