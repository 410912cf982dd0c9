"""What a WebP may hold beside its picture."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from core.decoding import webp_structure
from tests.core.encoded import encode, pixels_of, quarters, refusal


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def picture() -> bytes:
    """The one chunk of a file without loss."""
    return encode(quarters(), "WEBP", lossless=True)[12:]


def head(width: int, height: int, flags: int = 0) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def test_a_decoder_gets_no_text() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SECRET"
    data = encode(
        quarters(), "WEBP", lossless=True, exif=exif, xmp=b"SECRET", icc_profile=b"SECRET"
    )
    found = webp_structure.read(data)
    assert b"SECRET" in data
    assert b"SECRET" not in found.bands[0]
    assert found.turns == (Image.Transpose.ROTATE_270,)
    assert found.profile == b"SECRET"


def test_chunks_that_nobody_knows_change_nothing() -> None:
    data = riff(head(96, 64), chunk(b"what", b"x" * 99), picture(), chunk(b"junk", b"y"))
    assert (pixels_of(data) == np.asarray(quarters())).all()
    assert (pixels_of(data + b"behind") == np.asarray(quarters())).all()


def test_thousands_of_chunks_are_refused() -> None:
    many = riff(picture(), *[chunk(b"ANMF", b"")] * 5000)
    assert "put together in a way that is not read here" in refusal(many)


def test_a_canvas_counts_before_it_is_made() -> None:
    # 16,384 x 16,384 in a head is a gigabyte of canvas.
    assert "268.5 megapixels; the limit for its kind of file is 12.5" in refusal(
        riff(head(16384, 16384), picture())
    )
    frames = {"save_all": True, "append_images": [quarters().rotate(180)]}
    moving = bytearray(encode(quarters(), "WEBP", lossless=True, **frames))
    at = moving.index(b"VP8X") + 12
    moving[at : at + 6] = b"\xff\x3f\0\xff\x3f\0"
    assert "268.5 megapixels" in refusal(bytes(moving))


def test_of_many_frames_only_the_first_is_handed_on() -> None:
    more = [quarters().rotate(i) for i in range(1, 30)]
    data = encode(quarters(), "WEBP", lossless=True, save_all=True, append_images=more)
    found = webp_structure.read(data)
    assert len(found.bands[0]) < len(data) / 5
    assert (pixels_of(data) == np.asarray(quarters())).all()


@pytest.mark.parametrize(
    "data",
    [
        riff(),
        riff(head(96, 64)),
        riff(chunk(b"VP8L", b"\x2f\0")),
        riff(chunk(b"VP8 ", bytes(20))),
        riff(picture())[:-30],
        b"RIFF\xff\xff\xff\xffWEBP",
    ],
)
def test_a_broken_structure_is_refused(data: bytes) -> None:
    assert "damaged or incomplete" in refusal(data)
