"""A spot is found however small it is, and the part to judge lies round it and in the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.pictures import spot
from core.pictures.drawn_lesion import SKIN, draw_lesion
from core.pictures.examples import read_examples
from core.pictures.lesion_mask import find_lesion
from core.pictures.spot import Box


def _far(x: int, y: int, side: int = 90) -> Image.Image:
    """A drawn lesion of that size in 900 x 600 pixels of plain skin."""
    picture = Image.new("RGB", (900, 600), SKIN)
    half = side // 2
    small = draw_lesion(side * 2, side * 2).crop((half, half, half + side, half + side))
    picture.paste(small, (x - half, y - half))
    return picture


@pytest.mark.parametrize(("x", "y"), [(450, 300), (300, 200), (560, 380)])
def test_a_small_spot_is_found_where_it_is(x: int, y: int) -> None:
    found = spot.find_small_spot(_far(x, y))
    assert found is not None
    assert found.left < x / 900 < found.right
    assert found.top < y / 600 < found.bottom
    assert found.area < 0.06


def test_on_plain_skin_there_is_none() -> None:
    random = np.random.default_rng(1)
    noise = np.asarray(Image.new("RGB", (400, 400), SKIN)) + random.normal(0, 3, (400, 400, 1))
    assert spot.find_small_spot(Image.fromarray(noise.clip(0, 255).astype(np.uint8))) is None


def test_the_example_that_is_too_far_away_has_its_spot_in_the_middle() -> None:
    far = next(one for one in read_examples() if one.file == "made_far_away.jpg")
    with Image.open(far.path) as opened:
        picture = opened.convert("RGB")
    found = spot.find_small_spot(picture)
    assert found is not None
    assert found.left < 0.5 < found.right
    part = spot.crop(picture, spot.part_to_judge(found, picture.size))
    assert find_lesion(part) is not None


def test_the_box_of_a_mask_is_the_smallest_around_it() -> None:
    mask = np.zeros((10, 20), dtype=bool)
    mask[2:5, 4:9] = True
    assert spot.box_of(mask) == Box(0.2, 0.2, 0.45, 0.5)


@pytest.mark.parametrize(
    "found",
    [None, Box(0, 0, 0.1, 0.1), Box(0.95, 0.4, 1, 0.5), Box(0, 0, 1, 1), Box(0.5, 0.5, 0.5, 0.5)],
)
@pytest.mark.parametrize("size", [(800, 600), (120, 400), (100, 100)])
def test_the_part_is_square_and_within_the_picture(
    found: Box | None, size: tuple[int, int]
) -> None:
    part = spot.part_to_judge(found, size)
    assert min(part) >= 0
    assert max(part) <= 1
    cut = spot.crop(Image.new("RGB", size), part)
    assert abs(cut.width - cut.height) <= 1
    assert cut.width >= min(112, *size) - 1


def test_the_part_holds_the_spot_with_skin_around() -> None:
    part = spot.part_to_judge(Box(0.4, 0.4, 0.6, 0.5), (1000, 1000))
    assert part == pytest.approx((1 / 3, 0.45 - 1 / 6, 2 / 3, 0.45 + 1 / 6))
