"""Whatever the bytes: a picture or a refusal, and nothing else."""

from __future__ import annotations

import contextlib
import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core import images
from core.images import ImageRejected, open_image
from tests.core.encoded import chunk, encode, png, quarters


def _valid() -> list[bytes]:
    frames = {"save_all": True, "append_images": [Image.new("RGB", (64, 64), "blue")]}
    square = quarters(64, 64)
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        encode(square, "JPEG", exif=exif),
        encode(square, "JPEG", progressive=True),
        encode(square.convert("CMYK"), "JPEG"),
        encode(square, "MPO", **frames),
        encode(square, "PNG", exif=exif),
        encode(square.quantize(4), "PNG", transparency=bytes([0, 9, 99, 255])),
        encode(square, "PNG", **frames),
        png((64, 64), 16, 0, bytes(range(128)), chunk(b"tRNS", b"\0\1")),
        encode(square, "WEBP"),
        encode(square.convert("RGBA"), "WEBP", lossless=True, exif=exif),
        encode(square, "WEBP", **frames),
    ]


VALID = _valid()


def with_true_checksums(data: bytes) -> bytes:
    """A PNG whose chunks' checksums fit their bodies, so that damage reaches the decoder."""
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        length = struct.unpack_from(">I", out, at)[0]
        end = at + 8 + length
        if end + 4 > len(out):
            break
        struct.pack_into(">I", out, end, zlib.crc32(bytes(out[at + 4 : end])))
        at = end + 4
    return bytes(out)


@pytest.mark.filterwarnings("ignore")  # a warning is not an exception when serving
@settings(
    max_examples=300, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(
    base=st.sampled_from(VALID),
    changes=st.lists(
        st.tuples(st.one_of(st.integers(0, 80), st.integers(0, 4000)), st.integers(0, 255)),
        max_size=8,
    ),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
    checksums=st.booleans(),
)
def test_damaged_bytes_give_an_rgb_picture_or_a_refusal_and_nothing_else(
    base: bytes, changes: list[tuple[int, int]], keep: float, checksums: bool
) -> None:
    data = bytearray(base)
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[: int(len(data) * keep)])
    if checksums and damaged.startswith(b"\x89PNG"):
        damaged = with_true_checksums(damaged)
    with contextlib.suppress(ImageRejected):
        image = open_image(damaged)
        assert image.mode == "RGB"
        assert image.info == {}
        assert min(image.size) >= images.MIN_SIDE
        assert image.width * image.height <= images.MAX_PIXELS


def test_a_heic_that_decodes_to_less_than_its_head_says_is_refused() -> None:
    from tests.fuzz import mutate, seeds

    # The two of the fuzzer's first 200,000 pictures that came back 13 and 45 pixels high.
    files = list(seeds.whole_files().values())
    for number in (44_712, 120_475):
        with pytest.raises(ImageRejected):
            open_image(mutate.mutated(files, number))
