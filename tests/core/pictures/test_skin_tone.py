from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from PIL import Image

from core.pictures.colour import MONK, colour, from_linear, to_lab, to_linear
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.skin_tone import factors, ita, measure, retone, tone


def from_lab(lightness: float, a: float, b: float) -> tuple[int, int, int]:
    """Lab under D65 to sRGB by the inverse formulas, matrix from Lindbloom: a second way."""
    y = (lightness + 16) / 116
    f = np.array([y + a / 500, y, y - b / 200])
    white = np.array([0.95047, 1.0, 1.08883])
    xyz = white * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    linear = np.array([[3.2404542, -1.5371385, -0.4985314],
                       [-0.9692660, 1.8760108, 0.0415560],
                       [0.0556434, -0.2040259, 1.0572252]]) @ xyz  # fmt: skip
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (encoded * 255).round().astype(int)
    return int(red), int(green), int(blue)


@pytest.mark.parametrize(
    ("lightness", "a", "b", "name"),
    [
        (72.0, 8.0, 14.0, "very light"),
        (66.0, 10.0, 16.0, "light"),
        (62.0, 11.0, 17.0, "intermediate"),
        (57.0, 12.0, 19.0, "tan"),
        (45.0, 12.0, 18.0, "brown"),
        (30.0, 9.0, 12.0, "dark"),
    ],
)
def test_synthetic_skin_of_known_lab_gets_its_angle_and_class(
    lightness: float, a: float, b: float, name: str
) -> None:
    skin = from_lab(lightness, a, b)
    picture = Image.new("RGB", (200, 150), skin)
    picture.paste((60, 35, 30), (80, 55, 120, 95))
    found = measure(picture)
    assert found is not None
    assert found.lightness == pytest.approx(lightness, abs=0.5)
    assert found.b == pytest.approx(b, abs=0.6)
    assert found.ita == pytest.approx(math.degrees(math.atan((lightness - 50) / b)), abs=2)
    assert found.tone == name


def test_bluish_light_does_not_turn_light_skin_dark() -> None:
    # arctan of the quotient would give -79 degrees, the angle of black
    assert ita(75, -5) == pytest.approx(101.31, abs=0.01)
    assert tone(ita(75, -5)) == "very light"
    assert tone(ita(25, -5)) == "dark"
    found = measure(Image.new("RGB", (100, 100), from_lab(75, 0, -5)))
    assert found is not None
    assert found.tone == "very light"


def test_no_yellow_at_all_divides_by_nothing() -> None:
    assert ita(80, 0) == 90
    assert ita(20, 0) == -90


@pytest.mark.parametrize(
    ("angle", "name"),
    [(55.1, "very light"), (55, "light"), (41, "intermediate"), (28, "tan"), (10, "brown"),
     (-29.9, "brown"), (-30, "brown"), (-30.1, "dark")],
)  # fmt: skip
def test_classes_end_where_the_literature_ends_them(angle: float, name: str) -> None:
    assert tone(angle) == name


@pytest.mark.parametrize("skin", [(226, 178, 154), (130, 92, 67), (58, 49, 42)])
def test_the_skin_of_a_drawing_is_found_beside_its_lesion(skin: tuple[int, int, int]) -> None:
    found = measure(draw_lesion(320, 240, skin=skin))
    assert found is not None
    distance = np.linalg.norm(np.array([found.lightness, found.a, found.b])
                              - to_lab(np.array(skin) / 255))  # fmt: skip
    assert distance < 5


def test_a_dermatoscopes_black_frame_is_not_taken_for_dark_skin() -> None:
    y, x = np.mgrid[0:200, 0:200] - 99.5
    pixels = np.where(np.hypot(x, y)[..., None] < 95, (210, 170, 150), (4, 4, 4)).astype(np.uint8)
    pixels[np.hypot(x, y) < 30] = (90, 50, 40)
    found = measure(Image.fromarray(pixels))
    assert found is not None
    assert found.colour == (210, 170, 150)


def test_a_known_lesion_is_left_out_and_must_fit_the_picture() -> None:
    picture = Image.new("RGB", (100, 100), (90, 50, 40))
    picture.paste((210, 170, 150), (0, 0, 100, 35))
    lesion = np.zeros((100, 100), dtype=bool)
    lesion[35:] = True
    found = measure(picture, lesion)
    assert found is not None
    assert found.colour == (210, 170, 150)
    with pytest.raises(ValueError, match="not of the picture's size"):
        measure(picture, lesion[:50])


def test_a_picture_without_skin_has_no_tone() -> None:
    assert measure(Image.new("RGB", (100, 100))) is None


def test_linear_light_and_back_is_the_identity() -> None:
    values = np.arange(256) / 255
    assert from_linear(to_linear(values)) == pytest.approx(values, abs=1e-12)
    assert to_linear(np.array([0.5]))[0] == pytest.approx(0.21404, abs=1e-5)  # published


@pytest.mark.parametrize("skin", [(226, 178, 154), (58, 49, 42), (0, 0, 0)])
def test_onto_its_own_tone_a_picture_comes_back_unchanged(skin: tuple[int, int, int]) -> None:
    picture = draw_lesion(160, 120)
    assert np.array_equal(np.asarray(retone(picture, skin, skin)), np.asarray(picture))


@pytest.mark.parametrize("code", MONK)
def test_skin_takes_the_targets_colour_and_the_lesion_goes_with_it(code: str) -> None:
    skin, lesion = (180, 140, 120), (90, 60, 50)
    picture = Image.new("RGB", (10, 10), skin)
    picture.paste(lesion, (0, 0, 5, 10))
    changed = np.asarray(retone(picture, skin, colour(code)))
    assert tuple(changed[5, 9]) == colour(code)
    linear = to_linear(np.array(lesion) / 255) * factors(skin, colour(code))
    assert changed[5, 0] == pytest.approx(from_linear(np.minimum(linear, 1)) * 255, abs=0.51)


def test_the_ten_targets_are_the_published_scale_from_light_to_dark() -> None:
    lightness = [to_lab(np.array(colour(code)) / 255)[0] for code in MONK]
    assert len(MONK) == 10
    assert lightness[0] == pytest.approx(94.2, abs=0.1)  # the scale's own table
    assert lightness[-1] == pytest.approx(14.6, abs=0.1)
    assert all(light > dark for light, dark in itertools.pairwise(lightness[2:]))
