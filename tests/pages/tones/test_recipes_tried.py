from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.results.recipes import SCHEMA, GroupAuc, Recipes, TriedRecipe
from core.statistics.estimates import Rate, decimal
from pages.tones import recipes_tried

PHONES = GroupAuc("phones", 200, 80, Rate(0.81, 0.70, 0.90))
ATLAS = GroupAuc("atlas", 400, 300, Rate(0.86, 0.80, 0.91))
FOUND = Recipes(
    SCHEMA, "python -m training.general", "2026-01-01", "resnet18", "re-toned", 3, 1, ("balanced",),
    (TriedRecipe("resnet18", "balanced", "classes alike", 5, (PHONES, ATLAS)),
     TriedRecipe("resnet18", "re-toned", "other tones", 5, (ATLAS, PHONES))),
)  # fmt: skip


def test_every_recipe_is_a_row_with_its_worst_group_first() -> None:
    table = recipes_tried.table(FOUND)
    assert list(table["recipe"]) == ["balanced", "re-toned"]
    assert list(table["worst group"]) == [f"{decimal(PHONES.auc)}, phones"] * 2
    assert list(table["atlas"]) == [f"{decimal(ATLAS.auc)}, n 400"] * 2


def test_rows_scored_on_more_parts_come_first_and_are_not_held_against_the_others() -> None:
    more = dataclasses.replace(FOUND.tried[0], network="densenet169", folds=5, scored=5)
    best = dataclasses.replace(
        FOUND.tried[1], recipe="dro", groups=(dataclasses.replace(PHONES, auc=Rate(0.9, 0.8, 1)),)
    )
    found = dataclasses.replace(
        FOUND, network="densenet169", chosen="balanced", tried=(*FOUND.tried, best, more)
    )
    assert list(recipes_tried.table(found)["parts scored"]) == ["5 of 5", *["1 of 3"] * 3]
    assert "does better" not in recipes_tried.summary(found)


def _page() -> None:
    from pages.tones import recipes_tried

    recipes_tried.offer()


def _shown(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> AppTest:
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    if text is not None:
        (folder / "general").mkdir()
        (folder / "general" / "recipes.json").write_text(text, encoding="utf-8")
    return AppTest.from_function(_page).run()


def test_the_page_names_what_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = _shown(tmp_path, monkeypatch, json.dumps(dataclasses.asdict(FOUND)))
    assert not page.exception
    assert "Shipped: ResNet18, *re-toned* (other tones)" in page.markdown[0].value
    assert len(page.dataframe) == 1


def test_a_recipe_that_does_better_with_another_network_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    better = dataclasses.replace(PHONES, auc=Rate(0.84, 0.74, 0.92))
    dro = TriedRecipe("resnet18", "group-dro", "the worst group", 5, (ATLAS, better))
    shipped = TriedRecipe("densenet169", "re-toned", "other tones", 7, (ATLAS, PHONES))
    found = dataclasses.replace(FOUND, network="densenet169", tried=(*FOUND.tried, dro, shipped))
    said = _shown(tmp_path, monkeypatch, json.dumps(dataclasses.asdict(found))).markdown[0].value
    assert "ResNet18 does better by *group-dro*, by which DenseNet169 has not been trained" in said
    assert (
        f"{decimal(better.auc)} in its worst group, and {decimal(PHONES.auc)} by *re-toned*" in said
    )
    tried = dataclasses.replace(
        found, tried=(*found.tried, dataclasses.replace(shipped, recipe="group-dro"))
    )
    text = json.dumps(dataclasses.asdict(tried))
    (tmp_path / "general" / "recipes.json").write_text(text, encoding="utf-8")
    assert "does better" not in AppTest.from_function(_page).run().markdown[0].value


def test_a_damaged_file_costs_one_sentence_and_a_missing_one_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not _shown(tmp_path, monkeypatch, None).expander
    page = _shown(tmp_path, monkeypatch, '{"schema": 1, "tried": 3}')
    assert not page.exception
    assert "does not fit the schema" in page.warning[0].value
