"""What a JPEG may be made of, and what becomes of one that lacks its end."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core import images
from core.decoding import jpeg_structure
from core.images import open_image
from tests.core.decoding import by_hand
from tests.core.decoding.by_hand import segment
from tests.core.encoded import encode, pixels_of, quarters, refusal

TOO_INVOLVED = "put together in a way that is not read here"


def noise(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(0)
    return Image.fromarray(random.integers(0, 255, (height, width, 3), dtype=np.uint8))


OPTIONS = {
    "plain": {"quality": 90},
    "grey": {"quality": 90},
    "progressive": {"quality": 90, "progressive": True},
    "restarts": {"quality": 90, "restart_marker_blocks": 3},
    "every pixel": {"quality": 90, "subsampling": 0},
}


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("cut", [1, 2])
def test_without_its_end_mark_a_jpeg_opens_as_with_it(kind: str, cut: int) -> None:
    image = noise(200, 150).convert("L" if kind == "grey" else "RGB")
    whole = encode(image, "JPEG", **OPTIONS[kind])
    assert whole.endswith(b"\xff\xd9")
    assert (pixels_of(whole[:-cut]) == pixels_of(whole)).all()


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
def test_without_its_last_rows_a_jpeg_is_refused(kind: str, share: float) -> None:
    image = noise(200, 150).convert("L" if kind == "grey" else "RGB")
    whole = encode(image, "JPEG", **OPTIONS[kind])
    assert "damaged or incomplete" in refusal(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_an_end_mark_or_zeros_in_place_of_the_last_rows_hide_nothing(
    kind: str, share: float
) -> None:
    image = noise(200, 150).convert("L" if kind == "grey" else "RGB")
    whole = encode(image, "JPEG", **OPTIONS[kind])
    begun = whole[: int(len(whole) * share)]
    assert "damaged or incomplete" in refusal(begun + b"\xff\xd9")
    assert "damaged or incomplete" in refusal(begun + bytes(len(whole) - len(begun)))


def test_a_progressive_jpeg_that_ends_after_some_of_its_scans_is_refused() -> None:
    whole = encode(noise(200, 150), "JPEG", quality=90, progressive=True)
    begins = [i for i in range(len(whole)) if whole[i : i + 2] == b"\xff\xda"]
    assert len(begins) > 5
    for begin in begins[1:]:
        assert "damaged or incomplete" in refusal(whole[:begin])


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_whole_jpeg_opens_with_an_even_border_and_with_zeros_after_it(kind: str) -> None:
    image = noise(200, 150)
    image.paste("black", (0, 100, 200, 150))
    whole = encode(image.convert("L" if kind == "grey" else "RGB"), "JPEG", **OPTIONS[kind])
    assert pixels_of(whole)[114:].max() == 0
    for other in (whole + bytes(500), whole[:-2] + bytes(500)):
        assert (pixels_of(other) == pixels_of(whole)).all()


def test_a_large_jpeg_without_its_last_rows_is_refused_although_it_is_shrunk() -> None:
    whole = encode(noise(1800, 1300), "JPEG", quality=80)
    assert open_image(whole[:-2]).size == (900, 650)
    assert "damaged or incomplete" in refusal(whole[: len(whole) * 98 // 100])


def test_a_decoder_gets_no_note_and_nothing_after_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SECRET"
    data = encode(
        quarters(), "JPEG", exif=exif, comment=b"SECRET", xmp=b"SECRET", icc_profile=b"SECRET" * 30
    )
    film = b"\0\0\0\x18ftypmp42SECRET" + encode(quarters(), "JPEG")
    found = jpeg_structure.read(data + film)
    assert b"SECRET" in data
    assert b"SECRET" not in found.bands[0]
    assert found.turns == (Image.Transpose.ROTATE_270,)
    assert found.profile == b"SECRET" * 30
    with Image.open(io.BytesIO(found.bands[0])) as plain:
        assert np.abs(np.asarray(plain).astype(int) - np.asarray(quarters())).mean() < 20


def test_of_several_notes_the_first_orientation_counts() -> None:
    first, second = Image.Exif(), Image.Exif()
    first[0x0112], second[0x0112] = 3, 6
    data = encode(quarters(), "JPEG", exif=first)
    two = data[:2] + data[2:].replace(
        b"\xff\xdb", segment(0xE1, b"Exif\0\0" + second.tobytes()[6:]) + b"\xff\xdb", 1
    )
    assert jpeg_structure.read(two).turns == (Image.Transpose.ROTATE_180,)
    xmp = b'<rdf tiff:Orientation="8"/>'
    assert jpeg_structure.read(encode(quarters(), "JPEG", xmp=xmp)).turns == (
        Image.Transpose.ROTATE_90,
    )


def test_a_profile_in_several_pieces_is_put_together_in_order() -> None:
    profile = bytes(range(256)) * 600  # 150 KB: three pieces
    data = encode(quarters(), "JPEG", icc_profile=profile)
    assert data.count(b"ICC_PROFILE\0") == 3
    assert jpeg_structure.read(data).profile == profile
    lost = data.replace(b"ICC_PROFILE\0\2", b"JCC_PROFILE\0\2")
    assert jpeg_structure.read(lost).profile is None


@pytest.mark.parametrize("frame", [0xC3, 0xC9, 0xCA])
def test_lossless_and_arithmetic_coding_are_no_picture_that_is_read_here(frame: int) -> None:
    data = encode(quarters(), "JPEG").replace(b"\xff\xc0", bytes([0xFF, frame]), 1)
    assert "JPEG, PNG, WebP or HEIC" in refusal(data)


def test_a_phones_50_megapixels_open_and_a_little_more_is_refused_in_readable_figures() -> None:
    data = encode(Image.new("L", (8160, 6144), 99), "JPEG", quality=10)
    assert open_image(data).size == (1020, 768)
    said = refusal(encode(Image.new("L", (8160, 6373), 99), "JPEG", quality=10))
    assert "52.1 megapixels; the limit for its kind of file is 52." in said


def test_where_all_coefficients_are_kept_fewer_pixels_are_allowed() -> None:
    # 4:4:4 keeps 6 bytes a pixel, 4:2:0 keeps 3: so 41.7 and 52 megapixels.
    for subsampling, most in ((0, 41_666_666), (2, images.MAX_PIXELS)):
        data = encode(quarters(), "JPEG", progressive=True, subsampling=subsampling)
        taken = jpeg_structure.read(data).bytes_per_pixel
        assert min(images.MAX_PIXELS, images.DECODER_BYTES / taken) == pytest.approx(most, rel=1e-3)
    assert jpeg_structure.read(encode(quarters(), "JPEG")).bytes_per_pixel == 0


def test_as_many_scans_as_programs_write_open_and_thousands_do_not() -> None:
    head = by_hand.jpeg_head((64, 64), progressive=True)
    once = by_hand.scan(1, 0, 0, coded=b"\0" * 8)
    assert open_image(head + once * 100 + b"\xff\xd9").size == (64, 64)
    assert TOO_INVOLVED in refusal(head + once * 101 + b"\xff\xd9")


def test_fewer_scans_do_where_each_goes_over_many_coefficients() -> None:
    blocks = by_hand.run_of_empty_blocks(625 * 625)
    again = by_hand.scan(1, 1, 63, 0x10, blocks)
    head = by_hand.jpeg_head((5000, 5000), progressive=True) + by_hand.scan(1, 0, 0)
    assert TOO_INVOLVED in refusal(head + again * 61 + b"\xff\xd9")  # 1.5 thousand million


def test_thousands_of_segments_are_refused() -> None:
    data = encode(quarters(), "JPEG")
    assert open_image(data[:2] + segment(0xEB, b"") * 4000 + data[2:]).size == (96, 64)
    assert TOO_INVOLVED in refusal(data[:2] + segment(0xEB, b"") * 5000 + data[2:])


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xc0\0\x08\x08",
        b"\xff\xd8" + segment(0xC0, bytes([8, 0, 99, 0, 99, 1, 1, 0x11])) + b"\xff\xd9",
        by_hand.jpeg_head((64, 64)) + b"\xff\xd9",
        by_hand.jpeg_head((0, 64)) + by_hand.scan(1, 0, 63) + b"\xff\xd9",
        by_hand.jpeg_head((64, 0)) + by_hand.scan(1, 0, 63) + b"\xff\xd9",
        by_hand.jpeg_head((64, 64)) * 2 + by_hand.scan(1, 0, 63) + b"\xff\xd9",
        by_hand.jpeg_head((64, 64)) + segment(0xDA, b"\x05") + b"\xff\xd9",
        by_hand.jpeg_head((64, 64)).replace(b"\x01\x11\0", b"\x01\x01\0") + by_hand.scan(1, 0, 63),
    ],
)
def test_a_broken_structure_is_refused(data: bytes) -> None:
    assert "damaged or incomplete" in refusal(data)
