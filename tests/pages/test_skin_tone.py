"""'Skin tone': both rates at a glance and groups of people, shipped and made up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core import checkpoints
from core.fairness import at_threshold
from core.fairness.review import FOLDER, read_reviews
from core.statistics.curves import confusion
from core.statistics.estimates import decimal, percent
from core.statistics.intervals import wilson
from pages.tones import group_chart, groups
from tests.pages.conftest import words
from tests.pages.tones.visits import PEOPLE, opened


def test_the_nine_carry_the_intervals_that_nine_pictures_deserve() -> None:
    page = opened()
    assert "report's nine" in words(page)
    rows = next(f.value for f in page.dataframe if "malignant" in f.value and "value" in f.value)
    nine = rows[rows["n"] == 9].set_index("model")
    for name, found in (("report: baseline", 1), ("report: ResNet18", 8)):
        rate = wilson(found, 9)
        assert tuple(nine.loc[name, ["value", "low", "high"]]) == (rate.value, rate.low, rate.high)
    assert 100 * nine["low"].min() == pytest.approx(2.0, abs=0.05)  # 1 of 9, by Wilson's formula
    assert 100 * nine["high"].max() == pytest.approx(98.0, abs=0.05)  # 8 of 9


def test_the_table_shows_each_reviewed_group_as_its_file_has_it() -> None:
    said = words(opened())
    reviews, damaged = read_reviews(checkpoints.FOLDER)
    assert not damaged
    for review in reviews:
        for group in review.groups:
            if group.by == "fitzpatrick":
                assert f"**{review.title}**" in said
                assert f"| {review.model} | {group.group} | {group.n:,} |" in said
                assert percent(group.specificity) in said


def test_a_diagnosis_has_the_rate_of_its_class_and_no_other_measure_is_offered() -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value("pad_ufes_20_half").run()
    assert page.selectbox(key="groups-measure").options == [
        "AUC",
        "sensitivity",
        "specificity",
        "ECE",
    ]
    page.selectbox(key="groups-by").set_value("diagnosis").run()
    assert not page.exception
    assert page.selectbox(key="groups-measure").options == ["sensitivity", "specificity"]
    said = words(page)
    for model in checkpoints.available():
        review = next(r for r in read_reviews(checkpoints.FOLDER)[0]
                      if (r.model, r.collection) == (model, "pad_ufes_20_half"))  # fmt: skip
        group = next(g for g in review.groups if g.group == "actinic keratosis")
        assert (group.malignant, group.auc, group.sensitivity) == (0, None, None)
        assert f"| {model} | actinic keratosis | {group.n} |" in said
        assert percent(group.specificity) in said
    assert "Collections do not agree" in said


def test_a_gap_whose_interval_holds_zero_is_said_to_be_open() -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value("fitzpatrick17k_half").run()
    review = next(
        r for r in read_reviews(checkpoints.FOLDER)[0]
        if (r.model, r.collection) == ("resnet18", "fitzpatrick17k_half")
    )  # fmt: skip
    gap = next(g for g in review.gaps if (g.measure, g.second) == ("auc", "V-VI"))
    assert gap.difference is not None
    assert gap.difference.low < 0 < gap.difference.high
    rows = next(f.value for f in page.dataframe if "verdict" in f.value)
    row = rows[(rows["name"] == "I-II minus V-VI") & (rows["model"] == "resnet18")].iloc[0]
    assert (row["value"], row["told"]) == (gap.difference.value, False)
    assert row["verdict"] == "can't tell"
    assert any("how many more would" in fold.label for fold in page.expander)


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity", "ece"])
@pytest.mark.parametrize("collection", ["pad_ufes_20_half", "official_test"])
def test_every_measure_and_kind_of_group_can_be_drawn(collection: str, measure: str) -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value(collection).run()
    page.selectbox(key="groups-measure").set_value(measure).run()
    review = next(r for r in read_reviews(checkpoints.FOLDER)[0] if r.collection == collection)
    for kind in sorted({group.by for group in review.groups} - {"all"}):
        page.selectbox(key="groups-by").set_value(kind).run()
        assert not page.exception
        for group in review.groups:
            assert group.by != kind or f"| {group.group} | {group.n:,} |" in words(page)


def test_a_damaged_review_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checkpoints.FOLDER / "resnet18" / FOLDER / "fitzpatrick17k_half.json"
    for name, text in (
        ("sound", whole.read_text(encoding="utf-8")),
        ("cut", whole.read_text(encoding="utf-8")[:300]),
        (
            "other",
            whole.read_text(encoding="utf-8").replace(
                '"weights_sha256": "', '"weights_sha256": "0'
            ),
        ),
        ("later", json.dumps({"schema": 99})),
    ):
        folder = tmp_path / name / FOLDER
        folder.mkdir(parents=True)
        (folder / "fitzpatrick17k_half.json").write_text(text, encoding="utf-8")
        shutil.copy(checkpoints.SHIPPED / "resnet18" / "card.json", folder.parent)
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    page = opened()
    assert len(page.warning) == 3
    said = "".join(warning.value for warning in page.warning)
    assert "is of other weights: run `python -m training.fairness --model resnet18` again" in said
    assert str(tmp_path) not in "".join(warning.value for warning in page.warning)
    assert "V-VI" in words(page)


def test_no_review_yet_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    assert "python -m training.fairness" in words(opened())
    assert "python -m training.fairness" in words(opened(PEOPLE))


@pytest.mark.parametrize("measure", ["sensitivity", "specificity"])
def test_the_threshold_moves_both_rates_of_every_group(measure: str) -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value("fitzpatrick17k_half").run()
    assert not page.slider  # the AUC knows no threshold
    page.selectbox(key="groups-measure").set_value(measure).run()
    review = next(
        r for r in read_reviews(checkpoints.FOLDER)[0]
        if (r.model, r.collection) == ("resnet18", "fitzpatrick17k_half")
    )  # fmt: skip
    for group in review.groups:
        if group.by == "fitzpatrick":
            rates = f"{percent(group.sensitivity)} | {percent(group.specificity)}"
            assert rates in words(page)
    page.slider(key="threshold_fitzpatrick17k_half").set_value(0.95).run()
    assert not page.exception
    assert not page.warning
    table = at_threshold.read_scores(review, checkpoints.FOLDER)
    for name in ("I-II", "III-IV", "V-VI"):
        part = table[table["fitzpatrick"] == name]
        counted = confusion(part["label"], part["probability"], 0.95)
        row = next(
            line for line in words(page).split("\n")
            if line.startswith(f"| resnet18 | {name} | {len(part):,} |") and "%" in line
        )  # fmt: skip
        for rate in (counted.sensitivity, counted.specificity):
            assert f"| {100 * rate:.1f}\N{NO-BREAK SPACE}%" in row


def test_scores_that_are_gone_leave_the_figures_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("card.json", "fairness/pad_ufes_20_half.json"):
        to = tmp_path / "resnet18" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes((checkpoints.FOLDER / "resnet18" / name).read_bytes())
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    page = opened(PEOPLE)
    page.selectbox(key="groups-measure").set_value("sensitivity").run()
    page.slider(key="threshold_pad_ufes_20_half").set_value(0.9).run()
    assert not page.exception
    assert "stays at its own threshold of 0.50" in page.warning[0].value
    assert str(tmp_path) not in page.warning[0].value


def test_a_collection_that_records_nothing_of_people_is_shown_as_a_whole() -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value("isic2018_test_half").run()
    assert page.selectbox(key="groups-by").options == ["all together", "diagnosis"]
    assert "| resnet18 | all | 754 |" in words(page)


def test_an_auc_that_may_be_a_coins_is_said_to_be_open() -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value("fitzpatrick17k_half").run()
    for review in read_reviews(checkpoints.FOLDER)[0]:
        if review.collection == "fitzpatrick17k_half":
            for group in review.groups:
                if group.by == "fitzpatrick" and group.auc:
                    open_ = group.auc.low <= 0.5 <= group.auc.high
                    answer = "can't tell" if open_ else ("worse", "better")[group.auc.value > 0.5]
                    assert f"{decimal(group.auc)} | {answer} |" in words(page)


def test_a_charts_groups_carry_their_size_and_base_rate_whoever_is_scored_on_them() -> None:
    """``general`` is scored on held-out folds, so on fewer pictures of the same groups."""
    reviews = [r for r in read_reviews(checkpoints.FOLDER)[0]
               if (r.collection, r.model) in (("fitzpatrick17k_half", "general"),
                                              ("fitzpatrick17k_half", "resnet18"))]  # fmt: skip
    alone = group_chart.plot(groups.table(reviews[1:], "fitzpatrick", "auc"), "AUC")
    assert alone.data[0].y[0] == "I-II<br>n 656<br>81% malignant"  # 533 of 656
    both = group_chart.plot(groups.table(reviews, "fitzpatrick", "auc"), "AUC")
    assert [mark.name for mark in both.data] == ["general", "resnet18"]
    assert both.data[0].y == both.data[1].y
    light = next(g for g in reviews[0].groups if g.group == "I-II")
    assert light.n < 656
    assert both.data[0].y[0].startswith(f"I-II<br>n {light.n} to 656<br>")
    assert both.data[0].text[0] == f"{light.malignant} of {light.n} malignant"


def test_observed_is_the_share_that_is_malignant_and_not_what_was_predicted() -> None:
    page = opened(PEOPLE)
    page.selectbox(key="groups-of").set_value("fitzpatrick17k_half").run()
    table = next(frame.value for frame in page.dataframe if "observed" in frame.value)
    reviews, _ = read_reviews(checkpoints.FOLDER)
    groups = {
        (review.model, group.group): group
        for review in reviews
        if review.collection == "fitzpatrick17k_half"
        for group in review.groups
        if group.by == "fitzpatrick"
    }
    assert len(table) >= 3
    for row in table.itertuples(index=False):
        group = groups[row.model, row.group]
        assert row.observed == percent(group.observed)
        assert row.observed.startswith(f"{100 * group.malignant / group.n:.1f}")
