"""What a PNG may hold beside its pixels, and what that may weigh."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.decoding import png_structure
from core.images import open_image
from tests.core.decoding import by_hand
from tests.core.encoded import chunk, encode, pixels_of, png, quarters, refusal

TOO_INVOLVED = "put together in a way that is not read here"


def beside(*chunks: bytes, image: Image.Image | None = None) -> bytes:
    data = encode(image or quarters(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def broken(kind: bytes, body: bytes) -> bytes:
    """A chunk whose checksum is wrong."""
    return chunk(kind, body)[:-4] + b"\0\0\0\0"


MEGABYTES = b"many words " * 300_000


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk(b"zTXt", b"Comment\0\0" + zlib.compress(MEGABYTES)),),
        (chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(MEGABYTES)),),
        (chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + MEGABYTES),),
        (chunk(b"tEXt", b"Comment\0" + MEGABYTES),),
        (chunk(b"zTXt", b"Comment\0\0not packed"),),
        (chunk(b"iTXt", b"no end"),),
        (chunk(b"iCCP", b"big\0\0" + zlib.compress(bytes(30_000_000))),),
        (chunk(b"iCCP", b"no end"),),
        (chunk(b"tEXt", b"Raw profile type exif\0\n exif\n 4\nxyz"),),
        (broken(b"tEXt", b"Comment\0x"),),
        (broken(b"iCCP", b"P3\0\0" + zlib.compress(by_hand.DISPLAY_P3)),),
        (broken(b"cICP", bytes([12, 13, 0, 1])),),
        (broken(b"tRNS", bytes(6)), broken(b"eXIf", b"MM\0*")),
        (chunk(b"acTL", bytes(3)), chunk(b"fcTL", b""), chunk(b"caBX", bytes(5000))),
        tuple(chunk(b"iTXt", "a\0\0\0\0\0🙂".encode() + b"a" * 1400) for _ in range(63)),
    ],
)
def test_what_stands_beside_the_pixels_changes_nothing(chunks: tuple[bytes, ...]) -> None:
    assert (pixels_of(beside(*chunks)) == np.asarray(quarters())).all()


def test_a_wrong_checksum_of_what_pixels_need_is_refused() -> None:
    data = encode(quarters(), "PNG")
    assert "damaged or incomplete" in refusal(data[:29] + b"\0\0\0\0" + data[33:])
    palette = encode(quarters().quantize(4), "PNG")
    at = palette.index(b"PLTE") + 4
    assert "damaged or incomplete" in refusal(palette[:at] + b"\7" + palette[at + 1 :])


def test_pixels_in_many_chunks_are_one_picture() -> None:
    whole = encode(quarters(), "PNG")
    at = whole.index(b"IDAT") - 4
    length = struct.unpack_from(">I", whole, at)[0]
    body = whole[at + 8 : at + 8 + length]
    parts = b"".join(chunk(b"IDAT", body[i : i + 1]) for i in range(length))
    assert (
        pixels_of(whole[:at] + parts + whole[at + 12 + length :]) == np.asarray(quarters())
    ).all()
    assert TOO_INVOLVED in refusal(whole[:at] + chunk(b"IDAT", b"") * 20_001 + whole[at:])


def test_the_orientation_is_found_wherever_programs_write_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = exif.tobytes()
    turned = np.rot90(np.asarray(quarters()), -1)
    lines = f"\nexif\n{len(raw):8}\n{raw.hex()}\n".encode()
    xmp = b'<x tiff:Orientation="6">'
    for chunks in (
        chunk(b"eXIf", raw.removeprefix(b"Exif\0\0")),
        chunk(b"eXIf", raw),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(lines)),
        chunk(b"tEXt", b"Raw profile type exif\0" + lines),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
    ):
        assert (pixels_of(beside(chunks)) == turned).all()
    data = encode(quarters(), "PNG")
    behind = data[:-12] + chunk(b"eXIf", raw) + data[-12:]
    assert (pixels_of(behind) == turned).all()


def test_a_decoder_gets_no_text() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SECRET")
    data = encode(quarters(), "PNG", pnginfo=text)
    assert b"SECRET" in data
    assert b"SECRET" not in png_structure.read(data).bands[0]


@pytest.mark.parametrize(
    "head",
    [
        struct.pack(">IIBBBBB", 64, 64, 3, 0, 0, 0, 0),
        struct.pack(">IIBBBBB", 64, 64, 8, 5, 0, 0, 0),
        struct.pack(">IIBBBBB", 64, 64, 8, 0, 1, 0, 0),
        struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 1, 0),
        struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 2),
        struct.pack(">IIBBBBB", 64, 64, 8, 3, 0, 0, 0),
        b"short",
    ],
)
def test_a_head_that_no_picture_has_is_refused(head: bytes) -> None:
    data = png((64, 64), 8, 0, bytes(64))
    assert "damaged or incomplete" in refusal(data[:8] + chunk(b"IHDR", head) + data[33:])


def test_without_an_end_mark_a_png_opens_as_with_it() -> None:
    data = encode(quarters(), "PNG")
    assert (pixels_of(data[:-12]) == np.asarray(quarters())).all()
    assert open_image(data[:-16]).size == (96, 64)  # nor its last checksum
    assert "damaged or incomplete" in refusal(data[:-30])
