from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.images import read_image
from core.pictures.colour import to_lab
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.lesion_mask import find_lesion, otsu


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def ellipse(
    skin: tuple[int, int, int],
    lesion: tuple[int, int, int],
    centre: tuple[float, float] = (0.5, 0.5),
    size: tuple[int, int] = (400, 300),
    radii: tuple[float, float] = (0.2, 0.22),
) -> tuple[Image.Image, NDArray[np.bool_]]:
    """An ellipse on grainy, unevenly lit skin, and its mask."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    x, y = x / width, y / height
    mask = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 < 1
    light = (1.05 - 0.12 * x)[..., None]  # from the left
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1))
    pixels = np.where(mask[..., None], lesion, skin) * light + grain
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), mask


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        # Published values under D65, e.g. Lindbloom's calculator.
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
        ((5, 5, 5), (1.37, 0, 0)),
    ],
)
def test_lab_has_the_published_values(
    rgb: tuple[int, int, int], lab: tuple[float, float, float]
) -> None:
    assert to_lab(np.array(rgb) / 255) == pytest.approx(lab, abs=0.02)


def test_lab_keeps_the_shape_of_a_picture() -> None:
    picture = np.zeros((4, 5, 3))
    picture[2, 3] = 1
    assert to_lab(picture).shape == (4, 5, 3)
    assert to_lab(picture)[2, 3] == pytest.approx((100, 0, 0), abs=0.01)


def test_otsu_parts_two_heaps() -> None:
    values = np.array([0.0, 1.0, 1.0, 2.0, 8.0, 9.0, 9.0, 10.0])
    assert 2 < otsu(values) <= 8


def test_above_otsus_threshold_of_values_that_are_all_alike_there_is_nothing() -> None:
    for value in (0.0, 3.7):
        assert otsu(np.full(9, value)) == value


def test_otsu_maximises_the_spread_between_groups_by_trying_every_threshold() -> None:
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal(2, 1, 900), random.normal(7, 1.5, 300)])

    def spread(cut: float) -> float:
        low, high = values[values <= cut], values[values > cut]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    best = max(spread(cut) for cut in np.sort(values)[:-1])
    assert spread(otsu(values)) > 0.999 * best


@pytest.mark.parametrize(
    ("skin", "lesion"),
    [
        ((226, 178, 154), (120, 70, 50)),  # brown on light skin
        ((230, 190, 170), (190, 100, 90)),  # red on light skin
        ((150, 105, 80), (70, 40, 35)),  # dark brown on brown skin
        ((95, 62, 48), (45, 28, 26)),  # nearly black on dark skin
        ((226, 178, 154), (40, 28, 26)),  # nearly black on light skin
    ],
)
def test_an_ellipse_is_found_on_skin_of_any_tone(
    skin: tuple[int, int, int], lesion: tuple[int, int, int]
) -> None:
    image, mask = ellipse(skin, lesion)
    found = find_lesion(image)
    assert found is not None
    assert found.shape == (300, 400)
    assert found.dtype == bool
    assert dice(found, mask) > 0.9


@pytest.mark.parametrize("centre", [(0.38, 0.45), (0.6, 0.62)])
@pytest.mark.parametrize("size", [(600, 200), (150, 450)])
def test_an_ellipse_beside_the_middle_of_an_oblong_picture_is_found_in_its_place(
    centre: tuple[float, float], size: tuple[int, int]
) -> None:
    image, mask = ellipse((226, 178, 154), (120, 70, 50), centre, size)
    found = find_lesion(image)
    assert found is not None
    assert found.shape == (size[1], size[0])
    assert dice(found, mask) > 0.85


def test_a_round_view_in_a_black_frame_is_not_taken_for_a_lesion() -> None:
    image, mask = ellipse((226, 178, 154), (120, 70, 50), size=(300, 300), radii=(0.15, 0.15))
    y, x = np.mgrid[0:300, 0:300] - 149.5
    pixels = np.asarray(image).copy()
    pixels[np.hypot(x, y) > 140] = 3
    found = find_lesion(Image.fromarray(pixels))
    assert found is not None
    assert dice(found, mask) > 0.85


def test_a_pale_middle_belongs_to_the_lesion_around_it() -> None:
    skin, brown = (226, 178, 154), (120, 70, 50)
    image, mask = ellipse(skin, brown, size=(300, 300), radii=(0.25, 0.25))
    pale, hole = ellipse(skin, skin, size=(300, 300), radii=(0.08, 0.08))
    image.paste(pale, mask=Image.fromarray(hole))
    found = find_lesion(image)
    assert found is not None
    assert found[150, 150]
    assert dice(found, mask) > 0.9


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_drawn_lesion_is_found_where_its_pixels_are_dark(seed: int) -> None:
    image = draw_lesion(seed=seed)
    # The second method: green halfway between the drawing's skin (178) and its browns (78 and 38).
    dark = np.asarray(image)[..., 1] < 128
    found = find_lesion(image)
    assert found is not None
    assert dice(found, dark) > 0.8


@pytest.mark.parametrize(
    "colour", ["black", "white", "gray", "red", (226, 178, 154), (95, 62, 48), (1, 2, 3)]
)
@pytest.mark.parametrize("size", [(224, 224), (128, 128), (300, 57)])
def test_a_uniform_picture_has_no_lesion(
    colour: str | tuple[int, int, int], size: tuple[int, int]
) -> None:
    assert find_lesion(Image.new("RGB", size, colour)) is None


def test_a_picture_that_is_lit_along_one_line_has_no_lesion() -> None:
    """No plane can be laid through the colours of a line."""
    pixels = np.zeros((128, 128, 3), dtype=np.uint8)
    pixels[:, 60:66] = 200
    pixels[20:30, 60:66] = 120
    assert find_lesion(Image.fromarray(pixels)) is None


def test_a_spot_of_less_than_a_hundredth_of_the_picture_is_no_lesion() -> None:
    skin, brown = (226, 178, 154), (120, 70, 50)
    pore, _ = ellipse(skin, brown, size=(300, 300), radii=(0.04, 0.04))  # 0.5 %
    assert find_lesion(pore) is None
    mole, mask = ellipse(skin, brown, size=(300, 300), radii=(0.08, 0.08))  # 2 %
    found = find_lesion(mole)
    assert found is not None
    assert dice(found, mask) > 0.8


def test_bare_skin_with_grain_and_uneven_light_has_no_lesion() -> None:
    bare, _ = ellipse((226, 178, 154), (226, 178, 154))
    assert find_lesion(bare) is None


def test_lesions_that_dermatologists_outlined_are_found(real_data: Path) -> None:
    folder = real_data / "pad_ufes_20_half"
    table = pd.read_csv(folder / "metadata.csv").dropna(subset=["mask"])
    table = table.iloc[1::2]  # the other rows are those that the constants were chosen on
    scores = []
    for file, mask_file in zip(table["file"], table["mask"], strict=True):
        image = read_image(folder / "images" / file)
        with Image.open(folder / "masks" / mask_file) as mask:
            truth = np.asarray(mask.convert("L").resize(image.size, Image.Resampling.NEAREST)) > 127
        found = find_lesion(image)
        scores.append(0.0 if found is None else dice(found, truth))
    assert len(scores) > 100
    assert np.median(scores) >= 0.75
