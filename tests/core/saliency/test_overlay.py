from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from core.pictures.colour import to_lab
from core.pictures.drawn_lesion import draw_lesion
from core.saliency.overlay import colours, legend, overlay, share_inside


def test_the_colours_are_viridis_from_dark_violet_to_yellow() -> None:
    assert colours(np.array([0.0, 1.0])).tolist() == [[68, 1, 84], [253, 231, 37]]
    stops, between = np.linspace(0, 1, 11), np.linspace(0, 1, 256)
    viridis = mpl.colormaps["viridis"].resampled(1001)
    assert np.abs(colours(stops) - viridis(stops)[:, :3] * 255).max() < 2  # of 255
    assert np.abs(colours(between) - viridis(between)[:, :3] * 255).max() < 16


def test_the_colours_grow_lighter_all_the_way_so_that_they_read_without_hue() -> None:
    lightness = to_lab(colours(np.linspace(0, 1, 101)) / 255)[:, 0]
    assert (np.diff(lightness) > 0.3).all()
    assert lightness[0] < 20
    assert lightness[-1] > 88


def test_colours_keep_the_shape_of_the_values() -> None:
    assert colours(np.zeros((4, 5), np.float32)).shape == (4, 5, 3)


def test_where_the_map_is_0_and_at_opacity_0_the_picture_stays_as_it_is() -> None:
    picture = draw_lesion(80, 60)
    heat = np.zeros((60, 80), np.float32)
    heat[:, 40:] = 1
    assert overlay(picture, heat, 0.0).tobytes() == picture.tobytes()
    covered = np.asarray(overlay(picture, heat, 0.7))
    assert (covered[:, :40] == np.asarray(picture)[:, :40]).all()
    assert (covered[:, 40:] != np.asarray(picture)[:, 40:]).any(axis=2).all()


def test_at_full_opacity_the_peak_hides_the_picture() -> None:
    covered = overlay(Image.new("RGB", (8, 6), "red"), np.ones((6, 8), np.float32), 1.0)
    assert covered.getpixel((3, 3)) == (253, 231, 37)


def test_a_quarter_of_the_peak_is_seen_half_as_well_by_hand() -> None:
    # sqrt(0.25) = 0.5 of an opacity of 0.8 veils 0.4 of a black pixel.
    covered = overlay(Image.new("RGB", (8, 6), "black"), np.full((6, 8), 0.25, np.float32), 0.8)
    veil = 0.4 * colours(np.array(0.25))
    assert np.abs(np.array(covered.getpixel((3, 3))) - veil).max() <= 0.5


def test_a_map_of_another_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="not of the picture's size"):
        overlay(Image.new("RGB", (8, 6)), np.zeros((8, 6), np.float32), 0.5)


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_outside_0_to_1_is_an_error(opacity: float) -> None:
    with pytest.raises(ValueError, match="opacity"):
        overlay(Image.new("RGB", (8, 6)), np.zeros((6, 8), np.float32), opacity)


def test_the_legend_runs_from_0_on_the_left_to_1_on_the_right() -> None:
    strip = legend(100, 5)
    assert strip.size == (100, 5)
    assert strip.getpixel((0, 4)) == (68, 1, 84)
    assert strip.getpixel((99, 0)) == (253, 231, 37)


def test_the_share_inside_a_mask_by_hand() -> None:
    heat = np.array([[1.0, 0.5], [0.25, 0.25]], np.float32)
    mask = np.array([[True, False], [False, True]])
    assert share_inside(heat, mask) == 1.25 / 2
    assert share_inside(heat, ~mask) == 0.75 / 2
    assert share_inside(heat, np.zeros_like(mask)) == 0
    assert share_inside(np.zeros((2, 2), np.float32), mask) == 0


def test_a_mask_of_another_shape_is_an_error() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        share_inside(np.zeros((2, 3), np.float32), np.zeros((3, 2), bool))
