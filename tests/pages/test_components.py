from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
from starlette.formparsers import MultiPartParser
from streamlit.testing.v1 import AppTest

from core import checkpoints, images
from core.pictures import archive
from core.results.card import Card, Evaluation
from core.statistics import metrics
from pages.components import heat_map, wording
from tests.pages.conftest import ROOT, words


def _card_with(models: Path, key: str, labels: list[int], scores: list[float]) -> Card:
    card = checkpoints.card("resnet18")
    figures = metrics.evaluate(labels, scores)
    entry = Evaluation("title", figures, "command", "data", "0", "2026-01-01")
    return dataclasses.replace(card, evaluations={key: entry})


def test_an_upload_as_large_as_is_allowed_is_never_spooled_to_disk() -> None:
    import streamlit_app  # noqa: F401  (reading it is what settles the process)

    largest = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert largest["maxUploadSize"] * 2**20 == archive.MAX_BYTES > images.MAX_BYTES
    assert MultiPartParser.spool_max_size > archive.MAX_BYTES


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.0, "under 1 %"), (0.004, "under 1 %"), (0.126, "13 %"), (0.5, "50 %"), (1.0, "over 99 %")],
)
def test_a_chance_is_never_called_nought_or_certain(probability: float, said: str) -> None:
    assert wording.chance(probability) == said


def test_false_alarms_on_phone_photos_are_counted_from_the_card(models: Path) -> None:
    # four benign, of which three are called malignant; two malignant
    card = _card_with(
        models, "pad_ufes_20_half", [0, 0, 0, 0, 1, 1], [0.9, 0.8, 0.7, 0.1, 0.9, 0.9]
    )
    sentence = wording.phone_photos(card)
    assert sentence is not None
    assert "On 4 **phone photos** of benign lesions it answered 'malignant' 3 times" in sentence
    assert "tells you next to nothing" in sentence


def test_a_model_that_is_fair_on_phone_photos_is_not_called_useless(models: Path) -> None:
    card = _card_with(
        models, "pad_ufes_20_half", [0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.7, 0.1, 0.9, 0.9]
    )
    assert "tells you next to nothing" not in (wording.phone_photos(card) or "")


def test_the_own_test_is_told_in_hundreds(models: Path) -> None:
    labels, scores = [0] * 50 + [1] * 50, [0.1] * 45 + [0.9] * 5 + [0.9] * 40 + [0.1] * 10
    sentence = wording.own_test(_card_with(models, "official_test", labels, scores)) or ""
    assert "right 85 times in 100" in sentence
    assert "called 20 of 100 malignant lesions benign" in sentence


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [(0, 0, "upper left"), (29, 0, "lower left"), (15, 15, "centre"), (15, 29, "middle right")],
)
def test_the_place_of_the_peak_is_said_in_words(row: int, column: int, said: str) -> None:
    heat = np.zeros((30, 30), np.float32)
    heat[row, column] = 1
    assert heat_map.where(heat) == said


@pytest.mark.parametrize(
    ("share", "flat", "beside"), [(0.0, 0.04, True), (0.04, 0.04, True), (0.63, 0.2149, False)]
)
def test_the_share_on_the_lesion_stands_beside_a_flat_maps(
    share: float, flat: float, beside: bool
) -> None:
    def page(share: float, flat: float) -> None:
        import numpy as np

        from core.pictures.drawn_lesion import draw_lesion
        from core.probes.map_on_lesion import OnLesion
        from core.saliency.display_copy import keep
        from pages.components import heat_map

        kept = keep(draw_lesion(80, 60), np.ones((224, 224), np.float32), "squeeze")
        heat_map.show(kept, "benign", OnLesion(share, flat))

    shown = AppTest.from_function(page, kwargs={"share": share, "flat": flat}).run()
    assert not shown.exception
    assert [metric.value for metric in shown.metric] == [f"{100 * x:.0f} %" for x in (share, flat)]
    assert ("looked beside the lesion" in words(shown)) is beside


def test_without_a_lesion_the_map_is_not_held_against_one() -> None:
    def page() -> None:
        import numpy as np

        from core.pictures.drawn_lesion import draw_lesion
        from core.saliency.display_copy import keep
        from pages.components import heat_map

        kept = keep(draw_lesion(80, 60), np.ones((224, 224), np.float32), "squeeze")
        heat_map.show(kept, "benign", None)

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert not shown.metric
    assert "No lesion stands out here" in words(shown)
