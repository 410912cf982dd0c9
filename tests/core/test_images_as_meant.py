"""What is accepted comes out as it was meant: upright, in its colours, without metadata."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

from core.images import open_image, read_image
from tests.core.encoded import chunk, encode, pixels_of, png, quarters

Pixels = NDArray[np.uint8]


def stored(upright: Pixels, orientation: int) -> Pixels:
    """How a camera stores an upright picture, by EXIF's table of what row 0 and column 0 are."""
    turned = np.swapaxes(upright, 0, 1)
    return {
        1: upright,  # row 0 is the top, column 0 the left
        2: upright[:, ::-1],  # top, right
        3: upright[::-1, ::-1],  # bottom, right
        4: upright[::-1],  # bottom, left
        5: turned,  # left, top
        6: turned[::-1],  # right, top
        7: turned[::-1, ::-1],  # right, bottom
        8: turned[:, ::-1],  # left, bottom
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright_by_its_exif_orientation(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored(np.asarray(quarters()), orientation)))
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    got = pixels_of(encode(image, kind, exif=exif, **options.get(kind, {})))
    assert got.shape == (64, 96, 3)
    assert np.abs(got - np.asarray(quarters())).max() <= (6 if kind == "JPEG" else 0)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_iphones_heic_is_turned_upright_once(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored(np.asarray(quarters()), orientation)))
    got = pixels_of(encode(image, "HEIF", exif=exif.tobytes(), quality=95, chroma=444))
    assert got.shape == (64, 96, 3)
    assert np.abs(got - np.asarray(quarters())).mean() < 4


def test_unreadable_exif_does_not_refuse_readable_pixels() -> None:
    data = encode(quarters(), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\xff" + b"\xff" * 40)
    assert (pixels_of(data) == np.asarray(quarters())).all()


def test_heic_keeps_its_colours() -> None:
    got = pixels_of(encode(quarters(), "HEIF", quality=95, chroma=444))
    assert np.abs(got - np.asarray(quarters())).mean() < 4


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    # Ink shares of 255: no cyan with full magenta and yellow is red.
    data = encode(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95)
    assert np.abs(pixels_of(data) - (255, 0, 0)).max() <= 5
    half_black = encode(Image.new("CMYK", (64, 64), (0, 0, 0, 128)), "JPEG", quality=95)
    assert np.abs(pixels_of(half_black) - 127).max() <= 5


def test_a_palette_png_keeps_its_colours() -> None:
    image = quarters().quantize(4)
    assert image.mode == "P"
    assert (pixels_of(encode(image, "PNG")) == np.asarray(quarters())).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_grey_picture_has_three_equal_channels(kind: str) -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))
    got = pixels_of(encode(Image.fromarray(ramp), kind))
    assert (got[..., 0] == got[..., 1]).all()
    assert (got[..., 1] == got[..., 2]).all()
    assert np.abs(got[..., 0] - ramp).max() <= (0 if kind == "PNG" else 3)


def test_a_black_and_white_png_is_0_and_255() -> None:
    image = Image.fromarray(np.tile([False, True], (64, 32)))
    assert image.mode == "1"
    assert (pixels_of(encode(image, "PNG"))[..., 0] == np.tile([0, 255], (64, 32))).all()


@pytest.mark.parametrize(
    ("sixteen", "eight"), [(0, 0), (257, 1), (32768, 128), (65407, 255), (65534, 255), (65535, 255)]
)
def test_16_bit_grey_is_scaled_to_8_bit_and_rounded(sixteen: int, eight: int) -> None:
    # value / 257, to the nearest: 32768 is 127.502, 65407 is 254.502
    data = png((64, 64), 16, 0, struct.pack(">H", sixteen) * 64)
    assert (pixels_of(data) == eight).all()


def test_every_8_bit_grey_survives_a_round_trip_through_16_bit() -> None:
    row = np.arange(256, dtype=np.uint16) * 257
    data = png((256, 64), 16, 0, row.astype(">u2").tobytes())
    assert (pixels_of(data)[0] == np.arange(256)[:, None]).all()


def test_16_bit_rgb_is_scaled_and_not_saturated() -> None:
    data = png((64, 64), 16, 2, struct.pack(">HHH", 32768, 257, 65535) * 64)
    assert np.abs(pixels_of(data)[5, 5] - (128, 1, 255)).max() <= 1


def test_transparency_in_rgba_is_laid_onto_white() -> None:
    image = Image.new("RGBA", (64, 64), (200, 0, 0, 255))
    image.paste((200, 0, 0, 51), (0, 0, 32, 64))  # a fifth red, four fifths white
    image.paste((0, 0, 0, 0), (0, 0, 32, 32))  # what nobody can see is white, not black
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        got = pixels_of(encode(image, kind, **options))
        assert (got[0, 0] == 255).all()
        assert np.abs(got[50, 0] - (0.2 * 200 + 204, 204, 204)).max() <= 1
        assert (got[50, 60] == (200, 0, 0)).all()


def test_transparency_in_grey_is_laid_onto_white() -> None:
    got = pixels_of(encode(Image.new("LA", (64, 64), (100, 51)), "PNG"))
    assert np.abs(got - (0.2 * 100 + 204)).max() <= 1


def test_transparency_in_a_palette_is_laid_onto_white() -> None:
    image = Image.new("P", (64, 64), 0)
    image.putpalette([200, 0, 0, 0, 100, 0])
    image.paste(1, (0, 0, 32, 64))
    got = pixels_of(encode(image, "PNG", transparency=bytes([51, 255])))
    assert np.abs(got[0, 60] - (244, 204, 204)).max() <= 1
    assert (got[0, 0] == (0, 100, 0)).all()
    assert (pixels_of(encode(image, "PNG", transparency=1))[0, 0] == 255).all()


def test_a_transparent_colour_is_laid_onto_white() -> None:
    image = Image.new("RGB", (64, 64), (10, 20, 30))
    image.paste((1, 2, 3), (0, 0, 32, 64))
    got = pixels_of(encode(image, "PNG", transparency=(1, 2, 3)))
    assert (got[0, 0] == 255).all()
    assert (got[0, 60] == (10, 20, 30)).all()


@pytest.mark.parametrize(("depth", "see_through"), [(1, 0), (1, 1), (2, 1), (2, 3), (4, 5)])
def test_a_transparent_grey_of_few_bits_is_laid_onto_white(depth: int, see_through: int) -> None:
    most = 2**depth - 1
    values = [see_through, most - see_through] * 32
    row = bytes(
        int("".join(f"{value:0{depth}b}" for value in values[i : i + 8 // depth]), 2)
        for i in range(0, 64, 8 // depth)
    )
    seen = 255 * (most - see_through) // most
    data = png((64, 64), depth, 0, row, chunk(b"tRNS", struct.pack(">H", see_through)))
    assert (pixels_of(data)[0, :2, 0] == (255, seen)).all()


def test_a_transparent_colour_of_16_bit_is_laid_onto_white_and_no_other() -> None:
    row = struct.pack(">6H", 0x1234, 0x5678, 0x9ABC, 0x3400, 0x7800, 0xBC00) * 32
    clear = chunk(b"tRNS", struct.pack(">3H", 0x1234, 0x5678, 0x9ABC))
    got = pixels_of(png((64, 64), 16, 2, row, clear))[0]
    assert (got[0] == 255).all()
    assert (got[1] == (0x34, 0x78, 0xBC)).all()


@pytest.mark.parametrize("body", [b"", b"\0", bytes(5), bytes(7), bytes(300)])
def test_transparency_that_says_nothing_changes_nothing(body: bytes) -> None:
    data = png((64, 64), 8, 2, bytes(64 * 3), chunk(b"tRNS", body))
    assert pixels_of(data).max() == 0


def test_a_transparent_16_bit_grey_is_laid_onto_white() -> None:
    row = struct.pack(">HH", 2570, 32768) * 32  # 10 and 128 in 8 bit
    data = png((64, 64), 16, 0, row, chunk(b"tRNS", struct.pack(">H", 2570)))
    assert (pixels_of(data)[0, :2, 0] == (255, 128)).all()
    opaque = png((64, 64), 16, 0, row, chunk(b"tRNS", struct.pack(">H", 10)))  # no pixel is 10
    assert (pixels_of(opaque)[0, :2, 0] == (10, 128)).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    first, second = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(first, kind, save_all=True, append_images=[second], duration=50, **options)
    with Image.open(io.BytesIO(data)) as check:
        assert check.n_frames == 2
    assert (pixels_of(data) == (255, 0, 0)).all()


def test_of_a_phones_two_picture_jpeg_the_first_is_taken() -> None:
    first, second = Image.new("RGB", (80, 64), "red"), Image.new("RGB", (70, 60), "blue")
    data = encode(first, "MPO", save_all=True, append_images=[second], quality=95)
    with Image.open(io.BytesIO(data)) as check:
        assert check.format == "MPO"
    got = pixels_of(data)
    assert got.shape == (64, 80, 3)
    assert np.abs(got - (255, 0, 0)).max() <= 5


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "mole.jpg"), ("WEBP", "mole.png"), ("HEIF", "mole.jpeg"), ("PNG", "<script>.gif")],
)
def test_the_content_decides_and_not_the_extension(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(encode(quarters(), kind))
    got = np.asarray(read_image(tmp_path / name)).astype(int)
    assert np.abs(got - np.asarray(quarters())).mean() < (1 if kind == "PNG" else 20)


SECRET = b"SECRET-PLACE-48.2082N-16.3738E"


def with_metadata(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # description
    exif.get_ifd(0x8825)[1] = "N"  # GPS: north,
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 29.5)  # degrees, minutes, seconds
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif.tobytes(), "icc_profile": profile}
    if kind in ("JPEG", "WEBP", "HEIF"):
        options["xmp"] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    if kind == "JPEG":
        options["comment"] = SECRET
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options["pnginfo"] = text
    return encode(quarters(), kind, **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_metadata_is_gone_from_the_picture_and_from_a_saved_copy(kind: str) -> None:
    data = with_metadata(kind)
    with Image.open(io.BytesIO(data)) as before:
        assert 0x8825 in before.getexif()  # the test is about something
        assert before.info["icc_profile"]
    assert SECRET in data
    image = open_image(data)
    assert image.info == {}
    assert len(image.getexif()) == 0
    for copy_kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        copy = encode(image, copy_kind)
        assert SECRET not in copy
        assert b"Exif" not in copy
        with Image.open(io.BytesIO(copy)) as after:
            assert len(after.getexif()) == 0
            assert not {"icc_profile", "xmp", "comment", "XML:com.adobe.xmp"} & {
                key for key, value in after.info.items() if value
            }
