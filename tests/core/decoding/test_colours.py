"""Whatever space a file tells its colours in, they come out as those of sRGB."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.decoding import rgb_space
from core.pictures.drawn_lesion import draw_lesion
from tests.core.decoding import by_hand
from tests.core.encoded import chunk, encode, pixels_of

KINDS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "HEIF": {"quality": 95, "chroma": 444},
}
SPACES = {
    "Display P3": (by_hand.DISPLAY_P3, "sRGB"),
    "Adobe RGB": (by_hand.ADOBE_RGB, 563 / 256),
    "ProPhoto": (by_hand.PROPHOTO, 1.8),
}


@cache
def lesion() -> Image.Image:
    return draw_lesion(320, 240)


def difference(data: bytes) -> float:
    """Mean over pixels and colours, in levels of 255, to the drawing in sRGB."""
    return float(np.abs(pixels_of(data) - np.asarray(lesion(), dtype=int)).mean())


def told(space: str, curve: str | float) -> Image.Image:
    return by_hand.stored(by_hand.light_of(lesion(), space), curve)


def with_chunks(image: Image.Image, *chunks: bytes) -> bytes:
    """A PNG with more chunks, after its head."""
    data = encode(image, "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("space", SPACES)
def test_a_profiles_colours_come_out_as_srgb(kind: str, space: str) -> None:
    profile, curve = SPACES[space]
    image = told(space, curve)
    plain = encode(image, kind, **KINDS[kind])
    tagged = encode(image, kind, icc_profile=profile, **KINDS[kind])
    assert difference(plain) > 2.9  # without the profile it is another picture
    assert difference(tagged) <= 1.0


def test_a_picture_with_any_profile_of_srgb_stays_exactly_as_it_is() -> None:
    by_curve = by_hand.rgb_profile(
        {
            b"rXYZ": by_hand.xyz(0.43607, 0.22249, 0.01392),
            b"gXYZ": by_hand.xyz(0.38515, 0.71687, 0.09708),
            b"bXYZ": by_hand.xyz(0.14307, 0.06061, 0.71410),
        },
        by_hand.SRGB_CURVE,
    )
    tagged = encode(lesion(), "PNG", icc_profile=by_curve)
    assert (pixels_of(tagged) == np.asarray(lesion())).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "profile",
    [
        by_hand.DISPLAY_P3[:200],
        by_hand.DISPLAY_P3[:-1000],
        b"x" * 500,
        by_hand.icc(b"CMYK", {b"A2B0": b"mft2" + bytes(60)}, kind=b"prtr", pcs=b"Lab "),
        by_hand.icc(b"GRAY", by_hand.WHITE | {b"kTRC": by_hand.gamma(1.0)}),
        by_hand.icc(b"RGB ", {b"wtpt": b"XYZ "}, kind=b"link"),
        by_hand.DISPLAY_P3 + bytes(5 * 2**20),
        by_hand.DISPLAY_P3[:128] + b"\xff" * (len(by_hand.DISPLAY_P3) - 128),
        by_hand.rgb_profile(
            dict.fromkeys((b"rXYZ", b"gXYZ", b"bXYZ"), by_hand.xyz(0, 0, 0)), by_hand.gamma(2.2)
        ),
    ],
    ids=[
        "cut",
        "damaged",
        "nonsense",
        "of ink",
        "of grey",
        "a link",
        "too large",
        "no tags",
        "all is black",
    ],
)
def test_a_profile_that_is_none_for_it_leaves_the_picture_as_it_is(
    kind: str, profile: bytes
) -> None:
    image = told("Display P3", "sRGB")
    without, tagged = encode(image, kind), encode(image, kind, icc_profile=profile)
    assert (pixels_of(tagged) == pixels_of(without)).all()


def test_chained_sums_in_a_profile_are_not_begun() -> None:
    profile = by_hand.rgb_profile(
        by_hand.ADOBE_CORNERS | {b"D2B1": b"mpet" + bytes(60)}, by_hand.gamma(1.0)
    )
    tagged = encode(lesion(), "PNG", icc_profile=profile)
    assert (pixels_of(tagged) == np.asarray(lesion())).all()


def test_a_greys_own_curve_counts() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    linear = by_hand.icc(b"GRAY", by_hand.WHITE | {b"kTRC": by_hand.gamma(1.0)})
    got = pixels_of(encode(Image.fromarray(ramp), "PNG", icc_profile=linear))[0]
    assert (got[:, 0] == got[:, 1]).all()
    light = np.arange(256) / 255
    right = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(got[:, 0] - right).max() <= 2


def test_a_broken_profile_of_grey_or_ink_does_not_make_all_dark() -> None:
    grey = lesion().convert("L")
    dark = by_hand.icc(b"GRAY", by_hand.WHITE | {b"kTRC": b"curv" + struct.pack(">II4x", 0, 2)})
    tagged = encode(grey, "PNG", icc_profile=dark)
    assert (pixels_of(tagged) == np.asarray(grey)[..., None]).all()
    ink = lesion().convert("CMYK")
    black = by_hand.ink_profile(np.zeros((2, 2, 2, 2, 3)), 2)
    plain, tagged = encode(ink, "JPEG"), encode(ink, "JPEG", icc_profile=black)
    assert (pixels_of(tagged) == pixels_of(plain)).all()


def test_the_ink_of_a_profile_comes_out_as_it_prints() -> None:
    # Paper and inks whose light is the plain model's to the power of 1.6.
    steps = np.linspace(0, 1, 9)
    c, m, y, k = np.meshgrid(steps, steps, steps, steps, indexing="ij")
    rgb = ((1 - np.stack([c, m, y], -1)) * (1 - k[..., None])) ** 1.6
    profile = by_hand.ink_profile(rgb, len(steps))
    ink = 1 - (np.asarray(lesion()) / 255) ** (1 / 1.6)
    cmyk = np.dstack([(255 * ink).round(), np.zeros(ink.shape[:2])]).astype(np.uint8)
    image = Image.fromarray(cmyk, "CMYK")
    options = {"quality": 97, "subsampling": 0}
    assert difference(encode(image, "JPEG", **options)) > 20
    assert difference(encode(image, "JPEG", icc_profile=profile, **options)) <= 1.0


@pytest.mark.parametrize(
    ("space", "codes"),
    [("Display P3", (12, 13)), ("BT.2020", (9, 13)), ("Display P3", (12, 1))],
)
def test_the_codes_in_a_png_name_its_colours(space: str, codes: tuple[int, int]) -> None:
    image = told(space, "sRGB")
    assert difference(encode(image, "PNG")) > 2.9
    assert difference(with_chunks(image, chunk(b"cICP", bytes([*codes, 0, 1])))) <= 1.0


def test_codes_come_before_a_profile_and_a_profile_before_srgb() -> None:
    image = told("Display P3", "sRGB")
    codes = chunk(b"cICP", bytes([12, 13, 0, 1]))
    packed = b"P3\0\0" + zlib.compress(by_hand.DISPLAY_P3)
    other = b"ProPhoto\0\0" + zlib.compress(by_hand.PROPHOTO)
    srgb = chunk(b"sRGB", b"\0")
    assert difference(with_chunks(image, chunk(b"iCCP", other), codes, srgb)) <= 1.0
    assert difference(with_chunks(image, chunk(b"iCCP", packed), srgb)) <= 1.0


def test_codes_that_say_nothing_leave_the_word_to_the_profile() -> None:
    image = told("Display P3", "sRGB")
    packed = chunk(b"iCCP", b"P3\0\0" + zlib.compress(by_hand.DISPLAY_P3))
    for nothing in ([2, 2, 0, 1], [1, 2, 0, 1], [9, 16, 9, 1]):
        assert difference(with_chunks(image, chunk(b"cICP", bytes(nothing)), packed)) <= 1.0


def test_narrow_range_and_codes_that_nobody_knows() -> None:
    levels = np.asarray(lesion()) / 255 * 219 + 16
    narrow = Image.fromarray(levels.round().astype(np.uint8))
    assert difference(with_chunks(narrow, chunk(b"cICP", bytes([1, 13, 0, 0])))) <= 1.0
    for unknown in ([2, 2, 0, 1], [99, 13, 0, 1], [12, 99, 0, 1], [12, 13, 9, 1], [1, 13, 0, 1]):
        assert difference(with_chunks(lesion(), chunk(b"cICP", bytes(unknown)))) == 0


def gama(exponent: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100_000 / exponent)))


def chrm(*points: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * point) for point in points)))


ADOBE = chrm(0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SRGB = chrm(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def test_gamma_and_corners_of_another_space_count() -> None:
    image = told("Adobe RGB", 2.2)
    assert difference(encode(image, "PNG")) > 2.9
    assert difference(with_chunks(image, gama(2.2), ADOBE)) <= 1.0
    assert difference(with_chunks(image, ADOBE)) <= 1.5  # without a gamma, sRGB's
    linear = told("sRGB", 1.0)
    assert difference(with_chunks(linear, gama(1.0))) <= 1.0
    assert difference(with_chunks(linear, gama(1.0), SRGB)) <= 1.0


@pytest.mark.parametrize(
    "chunks",
    [
        (gama(2.2),),
        (gama(2.2), SRGB),
        (SRGB,),
        (chunk(b"sRGB", b"\0"), gama(1.0), ADOBE),
        (chunk(b"gAMA", bytes(4)),),
        (chunk(b"gAMA", b"\xff" * 4),),
        (gama(2.2), chrm(0, 0, 0, 0, 0, 0, 0, 0)),
        (gama(1.0), chrm(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)),
        (chunk(b"cHRM", b"\xff" * 32), gama(2.2)),
    ],
)
def test_gamma_and_corners_of_srgb_or_of_nothing_leave_the_picture_as_it_is(
    chunks: tuple[bytes, ...],
) -> None:
    assert difference(with_chunks(lesion(), *chunks)) == 0


@pytest.mark.parametrize("curve", [13, 1, 2])
def test_the_codes_in_a_heic_name_its_colours(curve: int) -> None:
    image = told("Display P3", "sRGB")
    item, data = by_hand.heic_parts(image, quality=95, chroma=444)
    coded = by_hand.with_codes(item, 12, curve)
    whole = by_hand.heic([coded], [data])
    if curve == 2:  # not said: as it is
        assert difference(whole) > 2.9
    else:
        assert difference(whole) <= 1.0
    both = by_hand.heic([by_hand.with_profile(coded, by_hand.DISPLAY_P3)], [data])
    assert difference(both) <= 1.0


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_camera_may_say_adobe_rgb_in_exif_alone(order: str) -> None:
    def directory(tag: int, kind: int, value: bytes) -> bytes:
        return struct.pack(f"{order}HHHI", 1, tag, kind, 1) + value + bytes(4)

    def exif(index: bytes) -> bytes:
        to_cameras, to_index = struct.pack(f"{order}I", 26), struct.pack(f"{order}I", 44)
        head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
        return b"Exif\0\0" + head + b"".join(
            (directory(0x8769, 4, to_cameras), directory(0xA005, 4, to_index),
             directory(1, 2, index)),
        )  # fmt: skip

    image = told("Adobe RGB", 563 / 256)
    options = {"quality": 95, "subsampling": 0}
    assert difference(encode(image, "JPEG", exif=exif(b"R03\0"), **options)) <= 1.0
    assert difference(encode(image, "JPEG", exif=exif(b"R98\0"), **options)) > 2.9


@pytest.mark.parametrize(("curve", "white"), [(16, 0.5807), (18, 0.75)])
def test_the_white_of_a_picture_for_high_range_is_white(curve: int, white: float) -> None:
    # 203 nits, by ITU-R BT.2408: 58 % of PQ's signal, 75 % of HLG's.
    level = round(255 * white)
    ramp = Image.fromarray(np.full((64, 64, 3), level, np.uint8))
    codes = chunk(b"cICP", bytes([9, curve, 0, 1]))
    data = encode(ramp, "PNG")
    assert pixels_of(data[:33] + codes + data[33:]).min() >= 250
    half = encode(Image.fromarray(np.full((64, 64, 3), level // 2, np.uint8)), "PNG")
    got = pixels_of(half[:33] + codes + half[33:])
    assert 20 < got.min() <= got.max() < 180


def test_a_profile_made_of_codes_says_its_own_corners() -> None:
    space = rgb_space.of_codes(12, 13)
    assert space is not None
    made = rgb_space.as_profile(space)
    assert made is not None
    read = ImageCms.ImageCmsProfile(io.BytesIO(made)).profile
    assert np.allclose(read.red_colorant[0], (0.51512, 0.24120, -0.00105), atol=3e-4)
    assert np.allclose(read.blue_colorant[0], (0.15710, 0.06657, 0.78407), atol=3e-4)
