"""The curves of one photo: measured when asked for, and said in words that follow from counts."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import classifier
from core.images import open_image
from core.probes import deletion_insertion
from core.probes.deletion_insertion import RANDOM, STEPS, Curves, Evidence, shares
from pages.photo import map_evidence as evidence
from tests.pages.conftest import upload, words

DOWN = 1 - shares()


def _evidence(deletion: int, insertion: int) -> Evidence:
    """Of which the map beats the first so many random ones."""
    own = Curves(0.5 * DOWN, 0.5 * DOWN)
    worse, better = DOWN, 0.1 * DOWN
    return Evidence(own, tuple(
        Curves(worse if i < deletion else better, better if i < insertion else worse)
        for i in range(RANDOM)
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("deletion", "insertion", "said"),
    [
        (RANDOM, RANDOM, "does rest on what the map marks"),
        (RANDOM, RANDOM - 1, "may be luck"),
        (RANDOM // 2, 0, "no guide"),
        (0, RANDOM, "may be luck"),
    ],
)
def test_the_sentence_follows_from_how_many_random_maps_are_beaten(
    deletion: int, insertion: int, said: str
) -> None:
    found = evidence.in_words(_evidence(deletion, insertion), "malignant")
    assert f"**{deletion} of {RANDOM}** random maps do; showing" in found
    assert f"faster than **{insertion} of {RANDOM}**" in found
    assert said in found
    assert f"all {RANDOM} once in {RANDOM + 1} times" in found


def test_the_table_holds_the_charts_numbers_and_the_areas() -> None:
    hidden, shown = evidence.sides(_evidence(10, 3))
    table = evidence.table(hidden)
    assert len(table) == STEPS + 2
    assert list(table["this map, %"])[:: STEPS + 1] == [50.0, 25.0]
    # ten random curves start at 100, nine at 10
    assert list(table.iloc[0])[2:] == [100.0, 10.0, 100.0]
    assert list(table["hidden"])[-2:] == ["100\N{NO-BREAK SPACE}%", "area under the curve"]
    assert list(evidence.table(shown).iloc[0])[2:] == [100.0, 10.0, 100.0]


def test_a_charts_title_counts_the_random_maps_that_are_beaten() -> None:
    few, many = evidence.sides(_evidence(2, 17))
    assert (
        few.title
        == f"Hiding what it marks lowers the chance faster than 2 of {RANDOM} random maps do"
    )
    assert many.title == f"Showing it raises the chance faster than 17 of {RANDOM} random maps do"


def test_the_chart_tells_its_lines_apart_without_colour() -> None:
    others = np.stack([DOWN, 0.2 * DOWN, 0.1 * DOWN])
    figure = evidence.against_random(shares(), DOWN, others, "x", "y")
    band, median, own = figure.data
    assert (band.fill, median.line.dash, own.mode) == ("toself", "dot", "lines+markers")
    assert list(median.y) == pytest.approx(list(20 * DOWN))
    assert list(own.y) == pytest.approx(list(100 * DOWN))
    assert (min(band.y), max(band.y)) == (0, 100)


def test_nothing_is_measured_until_it_is_asked_for(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion_insertion, "curves", lambda *_, **__: pytest.fail("nobody asked"))
    upload(page, lesion)
    assert not page.exception
    assert f"looks {deletion_insertion.FORWARDS} times" in words(page)
    assert not page.dataframe


def test_the_button_measures_this_photos_map(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def curves(model, picture, heat, answer, between):
        asked.append((picture, heat, answer))
        for i in range(1 + RANDOM):
            yield Curves((0.5 if not i else 1.0) * DOWN, (1.0 if not i else 0.5) * DOWN)

    monkeypatch.setattr(deletion_insertion, "curves", curves)
    upload(page, lesion)
    next(button for button in page.button if "Measure it" in button.label).click().run()
    assert not page.exception
    assert f"**{RANDOM} of {RANDOM}**" in words(page)
    assert len(page.dataframe) == 2
    assert len(page.get("plotly_chart")) == 2
    names = [button.proto.label for button in page.get("download_button")]
    assert names.count("Save as CSV") == 2
    model = classifier.load("resnet18")
    found = model.explain(open_image(lesion))
    ((picture, heat, answer),) = asked
    assert picture.size == (224, 224)
    assert (model.network_input(picture) == model.network_input(open_image(lesion))).all()
    assert heat == pytest.approx(found.saliency_map, abs=1e-5)
    assert answer == found.answer
    assert len(page.header) == 1  # the verdict is still there


def test_an_empty_map_has_nothing_to_measure() -> None:
    def page() -> None:
        import numpy as np

        from core.pictures.drawn_lesion import draw_lesion
        from pages.photo.map_evidence import offer

        offer("resnet18", draw_lesion(64, 64), np.zeros((64, 64), np.float32), "benign")

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert not shown.button
    assert "nothing to measure" in words(shown)
