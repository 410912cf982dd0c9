from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from core.pictures import corruptions
from core.pictures.drawn_lesion import draw_lesion

PICTURE = draw_lesion(160, 120)
ALL = list(corruptions.SHIFTS)


def distance(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


@pytest.mark.parametrize("name", ALL)
def test_a_shift_keeps_size_and_mode_and_grows_with_its_strength(name: str) -> None:
    far = [distance(corruptions.apply(PICTURE, name, s, 3), PICTURE) for s in (0, 0.2, 0.6, 1)]
    assert far[0] == 0
    assert far == sorted(far)
    assert far[1] > 0
    assert far[3] > 1.5 * far[1]
    changed = corruptions.apply(PICTURE, name, 0.5)
    assert (changed.size, changed.mode) == (PICTURE.size, "RGB")


@pytest.mark.parametrize("name", ALL)
def test_a_shift_is_the_same_for_the_same_seed_and_leaves_the_picture_alone(name: str) -> None:
    before = PICTURE.tobytes()
    assert (
        distance(corruptions.apply(PICTURE, name, 0.5, 1), corruptions.apply(PICTURE, name, 0.5, 1))
        == 0
    )
    assert PICTURE.tobytes() == before


@pytest.mark.parametrize("name", ["motion", "cast", "hair", "pen"])
def test_another_seed_draws_another(name: str) -> None:
    assert (
        distance(corruptions.apply(PICTURE, name, 0.5, 1), corruptions.apply(PICTURE, name, 0.5, 2))
        > 0
    )


def test_a_point_out_of_focus_becomes_a_disc_of_the_same_light() -> None:
    dark = np.zeros((101, 101, 3), np.uint8)
    dark[50, 50] = 255
    spread = np.asarray(corruptions.apply(Image.fromarray(dark), "defocus", 0.5), float)[..., 0]
    y, x = np.nonzero(spread)
    assert np.hypot(y - 50, x - 50).max() == pytest.approx(0.02 * 101, abs=1)
    assert spread[50, 50] == spread[50, 51]  # flat, where a bell would fall
    assert spread.sum() == pytest.approx(255, rel=0.1)


@pytest.mark.parametrize("size", [(61, 47), (40, 224)])
def test_a_blur_is_the_convolution_that_scipy_computes(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    kernel = np.arange(1.0, 82).reshape(9, 9)  # not symmetric: a flip would be seen
    found = np.asarray(corruptions.convolved(Image.fromarray(pixels), kernel))
    second = ndimage.convolve(pixels.astype(float), (kernel / kernel.sum())[..., None])
    assert np.abs(found - second).max() <= 0.5 + 1e-6


def test_blur_leaves_an_even_picture_as_it_is() -> None:
    even = Image.new("RGB", (60, 50), (200, 120, 90))
    for name in ("defocus", "motion"):
        assert distance(corruptions.apply(even, name, 1), even) == 0


def test_brightness_and_cast_follow_their_factors() -> None:
    grey = Image.new("RGB", (20, 20), (100, 100, 100))
    assert corruptions.apply(grey, "darker", 1).getpixel((5, 5)) == (30, 30, 30)
    assert corruptions.apply(grey, "brighter", 1).getpixel((5, 5)) == (150, 150, 150)
    cast = np.array(corruptions.apply(grey, "cast", 1, 4).getpixel((5, 5)))
    assert cast.mean() == pytest.approx(100, abs=1)
    assert np.abs(cast - 100).max() == 20


def test_a_vignette_leaves_the_middle_and_darkens_the_corners() -> None:
    white = Image.new("RGB", (101, 81), (200, 200, 200))
    pixels = np.asarray(corruptions.apply(white, "vignette", 1), float)[..., 0]
    assert pixels[40, 50] == 200
    assert pixels[0, 0] == pytest.approx(200 * 0.15, abs=1)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_that_cant_be_is_refused_by_name(strength: float) -> None:
    with pytest.raises(ValueError, match="strength must be"):
        corruptions.apply(PICTURE, "hair", strength)


def test_an_unknown_shift_and_a_grey_picture_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="name must be one of defocus"):
        corruptions.apply(PICTURE, "fog", 0.5)
    with pytest.raises(ValueError, match="image must be RGB"):
        corruptions.apply(PICTURE.convert("L"), "hair", 0.5)
