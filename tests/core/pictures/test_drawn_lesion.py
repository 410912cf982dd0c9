from __future__ import annotations

import numpy as np
import pytest

from core.pictures.drawn_lesion import SKIN, draw_lesion


def lightness(width: int = 640, height: int = 480, **options) -> np.ndarray:
    return np.asarray(draw_lesion(width, height, **options)).astype(float).mean(axis=2)


def test_the_drawing_is_the_same_every_time_and_another_for_another_seed() -> None:
    assert draw_lesion().tobytes() == draw_lesion().tobytes()
    assert draw_lesion(seed=8).tobytes() != draw_lesion(seed=7).tobytes()


@pytest.mark.parametrize("size", [(640, 480), (224, 224), (57, 301), (1001, 333)])
def test_the_drawing_is_rgb_of_the_size_asked_for_and_without_metadata(
    size: tuple[int, int],
) -> None:
    image = draw_lesion(*size)
    assert (image.mode, image.size, image.info) == ("RGB", size, {})


@pytest.mark.parametrize("seed", range(7, 11))
def test_a_dark_patch_lies_in_the_middle_of_lighter_skin(seed: int) -> None:
    grey = lightness(seed=seed)
    middle, corners = grey[200:280, 280:360], np.stack([grey[:60, :60], grey[-60:, -60:]])
    assert np.median(middle) < 0.65 * np.median(corners)
    dark = grey < (np.median(middle) + np.median(corners)) / 2
    # Its nominal radius is 0.30 of the shorter side: pi * 0.09 * 480^2 pixels.
    assert 0.5 < dark.sum() / (np.pi * 0.09 * 480**2) < 2
    y, x = np.nonzero(dark)
    assert abs(y.mean() - 240) < 60
    assert abs(x.mean() - 320) < 60


@pytest.mark.parametrize("skin", [SKIN, (150, 105, 80), (95, 62, 48)])
def test_the_skin_has_the_colour_asked_for_and_the_lesion_is_darker(
    skin: tuple[int, int, int],
) -> None:
    pixels = np.asarray(draw_lesion(seed=3, skin=skin)).astype(float)
    rim = np.concatenate([pixels[:40].reshape(-1, 3), pixels[-40:].reshape(-1, 3)])
    assert np.median(rim, axis=0) == pytest.approx(skin, rel=0.13)  # mottled, darker to the rim
    assert (np.median(pixels[200:280, 280:360], axis=(0, 1)) < 0.85 * np.array(skin)).all()
