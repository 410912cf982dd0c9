from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core import classifier
from core.pictures.drawn_lesion import draw_lesion
from core.saliency import display_copy
from core.saliency.display_copy import DISPLAY, keep
from core.saliency.overlay import overlay


@pytest.fixture
def view() -> np.ndarray:
    return np.random.default_rng(0).random((224, 224), dtype=np.float32)


def test_it_is_small_and_the_picture_in_it_looks_the_same(view: np.ndarray) -> None:
    image = draw_lesion(1632, 1224)
    kept = keep(image, view, "squeeze")
    assert kept.picture.size == (DISPLAY, 675)
    assert len(kept.jpeg) + kept.view.nbytes < 500_000
    off = np.asarray(kept.picture, float) - np.asarray(display_copy.display_copy(image), float)
    assert 10 * np.log10(255**2 / (off**2).mean()) > 40  # dB: what nobody sees


@pytest.mark.parametrize("size", [(80, 60), (900, 2), (2000, 1)])
def test_no_picture_is_enlarged_or_vanishes(view: np.ndarray, size: tuple[int, int]) -> None:
    picture = keep(Image.new("RGB", size, "red"), view, "squeeze").picture
    assert picture.size == (min(size[0], DISPLAY), size[1])


def test_map_and_overlay_are_those_of_the_explanation() -> None:
    model = classifier.load("baseline_cnn")
    image = draw_lesion(300, 200)
    told = model.explain(image)
    kept = keep(image, told.saliency_map, model.geometry)
    picture = kept.picture
    assert kept.saliency_map == pytest.approx(told.heatmap)
    assert kept.overlay(0.5).tobytes() == overlay(picture, told.heatmap, 0.5).tobytes()


def test_the_overlay_as_a_file_is_packed_once_for_each_strength() -> None:
    smooth = np.linspace(0, 1, 224 * 224, dtype=np.float32).reshape(224, 224)
    kept = keep(draw_lesion(300, 200), smooth, "squeeze")
    file = kept.overlay_file(0.5)
    assert kept.overlay_file(0.5) is file
    with Image.open(io.BytesIO(file), formats=("JPEG",)) as packed:
        off = np.asarray(packed.convert("RGB"), float) - np.asarray(kept.overlay(0.5), float)
    assert 10 * np.log10(255**2 / (off**2).mean()) > 38  # dB
    other = kept.overlay_file(0.0)
    assert other != file
    assert kept.overlay_file(0.0) is other
    assert len(kept._drawn) == 1  # of a visit's memory
