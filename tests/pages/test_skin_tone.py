"""'Skin tone': the nine, the groups and the ten tones, with shipped and made-up reviews."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints, fairness
from core.metrics import wilson
from core.results import percent
from tests.pages.conftest import ROOT, words

NINE, PEOPLE, TONES = "The report's nine", "Over people", "One picture, ten tones"


def opened(view: str = NINE) -> AppTest:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    page.switch_page("pages/skin_tone.py").run()
    if view != NINE:
        page.segmented_control[0].set_value(view).run()
    assert not page.exception
    return page


def test_the_nine_carry_the_intervals_that_nine_pictures_deserve() -> None:
    said = words(opened())
    for count in (1, 8, 9):
        assert percent(wilson(count, 9)) in said
    plain = said.replace("\N{NO-BREAK SPACE}", " ")
    assert "(2.0 to 43.5)" in plain  # 1 of 9, by Wilson's formula
    assert "(56.5 to 98.0)" in plain  # 8 of 9


def test_the_table_shows_each_reviewed_group_as_its_file_has_it() -> None:
    said = words(opened())
    reviews, damaged = fairness.found()
    assert not damaged
    for review in reviews:
        for group in review.groups:
            if group.by == "fitzpatrick":
                assert f"**{review.title}**" in said
                assert f"| {review.model} | {group.group} | {group.n:,} |" in said
                assert percent(group.specificity) in said


def test_a_gap_whose_interval_holds_zero_is_said_to_be_open() -> None:
    page = opened(PEOPLE)
    page.selectbox[0].set_value("fitzpatrick17k_half").run()
    said = words(page)
    review = next(
        r for r in fairness.found()[0]
        if (r.model, r.collection) == ("resnet18", "fitzpatrick17k_half")
    )  # fmt: skip
    gap = next(g for g in review.gaps if (g.measure, g.second) == ("auc", "V-VI"))
    assert gap.difference is not None
    assert gap.difference.low < 0 < gap.difference.high
    assert "**can't tell**" in said
    assert f"{gap.difference.value:.3f}" in said


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity", "ece"])
@pytest.mark.parametrize("collection", ["pad_ufes_20_half", "official_test"])
def test_every_measure_and_kind_of_group_can_be_drawn(collection: str, measure: str) -> None:
    page = opened(PEOPLE)
    page.selectbox[0].set_value(collection).run()
    page.selectbox[2].set_value(measure).run()
    review = next(r for r in fairness.found()[0] if r.collection == collection)
    for kind in sorted({group.by for group in review.groups} - {"all"}):
        page.selectbox[1].set_value(kind).run()
        assert not page.exception
        for group in review.groups:
            assert group.by != kind or f"| {group.group} | {group.n:,} |" in words(page)


def test_a_damaged_review_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checkpoints.FOLDER / "resnet18" / fairness.FOLDER / "fitzpatrick17k_half.json"
    for name, text in (
        ("sound", whole.read_text(encoding="utf-8")),
        ("cut", whole.read_text(encoding="utf-8")[:300]),
        ("later", json.dumps({"schema": 99})),
    ):
        folder = tmp_path / name / fairness.FOLDER
        folder.mkdir(parents=True)
        (folder / "fitzpatrick17k_half.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    page = opened()
    assert len(page.warning) == 2
    assert str(tmp_path) not in "".join(warning.value for warning in page.warning)
    assert "V-VI" in words(page)


def test_no_review_yet_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    assert "python -m training.fairness" in words(opened())
    assert "python -m training.fairness" in words(opened(PEOPLE))


def test_a_drawing_is_judged_on_ten_tones_by_two_models(models: Path) -> None:
    page = opened(TONES)
    page.segmented_control[1].set_value("Try a drawing").run()
    assert not page.exception
    rows = page.dataframe[0].value
    assert rows.groupby("model").size().tolist() == [10, 10]
    assert rows["tone"].nunique() == 10
    assert rows["chance, %"].between(0, 100).all()
