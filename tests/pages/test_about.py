from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.results import decimal, percent
from pages.components import model_card
from tests.pages.conftest import words


def test_every_model_has_its_card_with_the_figures_of_its_file(page: AppTest, models: Path) -> None:
    page.switch_page("pages/about.py").run()
    assert not page.exception
    names = checkpoints.available()
    assert len(page.subheader) == len(names) == len(list(models.iterdir()))
    for name in names:
        card = checkpoints.card(name)
        for evaluation in card.evaluations.values():
            assert percent(evaluation.figures.accuracy) in words(page)
        assert card.weights.sha256[:16] in words(page)
        assert card.licence in words(page)


def test_the_limits_and_licences_are_named(page: AppTest) -> None:
    page.switch_page("pages/about.py").run()
    for needed in ("does not diagnose", "CC BY-NC 4.0", "HAM10000", "also in training"):
        assert needed in words(page)


def test_a_figure_that_the_labels_do_not_allow_is_a_dash() -> None:
    assert percent(None) == decimal(None) == "–"


def test_a_table_row_has_a_cell_for_each_column(models: Path) -> None:
    lines = model_card.figures_table(checkpoints.card("resnet18")).strip().splitlines()
    assert len({line.count("|") for line in lines}) == 1
