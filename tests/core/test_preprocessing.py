from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from core.networks import torchvision_import
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import Geometry, crop_box, resize, to_bytes, to_tensor


def noise(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(0)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("geometry", ["squeeze", "crop"])
def test_a_224_x_224_picture_passes_through_exactly(geometry: Geometry) -> None:
    image = noise(224, 224)
    tensor = to_tensor(image, geometry)
    assert tensor.dtype == torch.float32
    assert (tensor.permute(1, 2, 0).numpy() == np.asarray(image, np.float32) / 255).all()


def test_black_is_0_and_white_is_1() -> None:
    assert to_tensor(Image.new("RGB", (300, 200), "black")).unique().tolist() == [0.0]
    assert to_tensor(Image.new("RGB", (300, 200), "white")).unique().tolist() == [1.0]


def test_channels_come_in_the_order_red_green_blue() -> None:
    tensor = to_tensor(Image.new("RGB", (60, 80), (255, 51, 0)))
    assert tensor.shape == (3, 224, 224)
    assert tensor.mean(dim=(1, 2)).tolist() == pytest.approx([1.0, 0.2, 0.0])


def test_rows_stay_rows_and_columns_stay_columns() -> None:
    pixels = np.zeros((224, 224, 3), np.uint8)
    pixels[10, 200] = 255
    assert to_tensor(Image.fromarray(pixels))[0].nonzero().tolist() == [[10, 200]]


def test_halving_weighs_neighbours_by_hand_worked_shares() -> None:
    # Bilinear with antialiasing at half size: a triangle two source pixels wide to each side of
    # the new pixel's centre gives its four sources 1/8, 3/8, 3/8, 1/8.
    pixels = np.zeros((448, 448, 3), np.uint8)
    pixels[:, 100] = 200  # one of the two columns that new column 50 lies over
    row = to_bytes(Image.fromarray(pixels))[0, 17]
    assert row[48:53].tolist() == [0, 25, 75, 0, 0]


def test_squeeze_shows_the_whole_picture_and_gives_up_its_aspect_ratio() -> None:
    pixels = np.zeros((112, 672, 3), np.uint8)
    pixels[:, 224:448] = 255  # its middle third
    row = to_tensor(Image.fromarray(pixels), "squeeze")[0, 100]
    lit = (row > 0.5).nonzero().flatten()
    assert (int(lit[0]), int(lit[-1])) == (75, 148)  # 224 / 3 = 74.67 to 149.33
    assert to_tensor(Image.fromarray(pixels), "squeeze")[0, :, 112].tolist() == [1.0] * 224


def test_crop_takes_the_middle_square_pixel_by_pixel() -> None:
    wide, high = noise(300, 224), noise(224, 301)
    assert (np.asarray(resize(wide, "crop")) == np.asarray(wide)[:, 38:262]).all()
    assert (np.asarray(resize(high, "crop")) == np.asarray(high)[38:262, :]).all()


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((300, 224), (38, 0, 262, 224)),
        ((224, 301), (0, 38, 224, 262)),
        ((640, 480), (80, 0, 560, 480)),
        ((57, 57), (0, 0, 57, 57)),
        ((1001, 57), (472, 0, 529, 57)),
    ],
)
def test_the_crop_box_is_the_largest_centred_square(
    size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    assert crop_box(*size) == box


def test_crop_does_not_look_at_what_it_cuts_off() -> None:
    pixels = np.full((200, 400, 3), 90, np.uint8)
    pixels[:, :100] = pixels[:, 300:] = 255
    inner = to_bytes(Image.fromarray(pixels), "crop")[:, :, 2:-2]  # the edge blends one pixel more
    assert inner.unique().tolist() == [90]


def test_bytes_and_floats_agree() -> None:
    image = draw_lesion(333, 250)
    as_bytes = to_bytes(image, "crop")
    assert as_bytes.dtype == torch.uint8
    assert torch.equal(to_tensor(image, "crop"), as_bytes.float() / 255)


def test_torchvisions_own_resize_and_conversion_give_the_same() -> None:
    torchvision_import.prepare()
    from torchvision.transforms import functional

    image = draw_lesion(333, 250)
    other = functional.to_tensor(functional.resize(image, [224, 224]))
    assert torch.equal(to_tensor(image, "squeeze"), other)


def test_the_picture_itself_is_not_written_to() -> None:
    image = noise(224, 224)
    before = image.tobytes()
    to_bytes(image).zero_()
    to_tensor(image).zero_()
    assert image.tobytes() == before


def test_another_side_is_taken_where_asked_for() -> None:
    assert to_tensor(noise(300, 200), side=64).shape == (3, 64, 64)


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P", "1"])
def test_a_picture_that_is_not_rgb_is_an_error(mode: str) -> None:
    with pytest.raises(ValueError, match=f"must be RGB, not {mode}"):
        to_tensor(Image.new(mode, (224, 224)))


def test_an_unknown_geometry_is_an_error_even_where_nothing_is_resized() -> None:
    with pytest.raises(ValueError, match="'stretch'"):
        to_tensor(noise(224, 224), "stretch")  # type: ignore[arg-type]
