"""Files made to take memory or time: few bytes, or ten megabytes of the dearest that there is."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from core.decoding.heif_boxes import Item
from core.images import MAX_BYTES
from tests.core.decoding import by_hand
from tests.core.decoding.by_hand import segment
from tests.core.encoded import chunk, encode, png, quarters

_END = b"\xff\xd9"


def _padded(head: bytes, piece: bytes, end: bytes) -> bytes:
    """As many pieces between the two as a file may hold."""
    return head + piece * ((MAX_BYTES - len(head) - len(end)) // len(piece)) + end


def heic_overlay() -> bytes:
    """The item shown is made of another, on a canvas of 16,384 x 16,384."""
    item, data = by_hand.heic_parts(quarters())
    body = struct.pack(">BB4H2I2i", 0, 1, 0, 0, 0, 65535, 16384, 16384, 0, 0)
    shown = Item(b"iovl", [by_hand.size_property(64, 64)], references={b"dimg": [2]})
    return by_hand.heic([shown, item], [body, data])


def heic_grid() -> bytes:
    item, data = by_hand.heic_parts(quarters(64, 64))
    shown = Item(b"grid", [by_hand.size_property(64, 64)], references={b"dimg": [2]})
    return by_hand.heic([shown, item], [by_hand.grid_body(1, 1, 16384, 16384), data])


def heic_many_tiles() -> bytes:
    item, data = by_hand.heic_parts(quarters(64, 64))
    shown = Item(b"grid", [by_hand.size_property(1920, 1920)])
    shown.references[b"dimg"] = list(range(2, 902))
    body = by_hand.grid_body(30, 30, 1920, 1920)
    return by_hand.heic([shown, *[item] * 900], [body, *[data] * 900])


def heic_hidden_size() -> bytes:
    """The coded picture has 3 megapixels, the head says 64 x 64."""
    item, data = by_hand.heic_parts(Image.new("RGB", (2000, 1500), "tan"), quality=5)
    return by_hand.heic([by_hand.resized(item, 64, 64)], [data])


def jpeg_scans() -> bytes:
    head = by_hand.jpeg_head((5000, 5000), progressive=True)
    return head + by_hand.scan(1, 0, 0, coded=b"\0") * 2000 + _END


def jpeg_scans_within() -> bytes:
    """As many as are allowed, at the most pixels."""
    head = by_hand.jpeg_head((7070, 7070), progressive=True)
    return head + by_hand.scan(1, 0, 0, coded=b"\0") * 100 + _END


def jpeg_refined() -> bytes:
    """As many walks over all coefficients as are allowed."""
    head = by_hand.jpeg_head((5000, 5000), progressive=True) + by_hand.scan(1, 0, 0)
    return head + by_hand.scan(1, 1, 63, 0x10, by_hand.run_of_empty_blocks(625**2)) * 60 + _END


def jpeg_component_after_component() -> bytes:
    scans = b"".join(by_hand.scan(number, 0, 63) for number in range(1, 5))
    return by_hand.jpeg_head((7070, 7070), 4) + scans + _END


def jpeg_empty_segments() -> bytes:
    return _padded(b"\xff\xd8", segment(0xE0, b""), _END)


def jpeg_exif_in_pieces() -> bytes:
    return _padded(
        b"\xff\xd8", segment(0xE1, b"Exif\0\0" + bytes(60)), encode(quarters(), "JPEG")[2:]
    )


def jpeg_exif_of_itself() -> bytes:
    """Thousands of entries that each are the same 60 KB."""
    entries = b"".join(struct.pack("<HHII", 0x1000 + i, 1, 60_000, 8) for i in range(5_000))
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 5_000) + entries
    return b"\xff\xd8" + segment(0xE1, exif) + encode(quarters(), "JPEG")[2:]


def jpeg_filling() -> bytes:
    return _padded(b"\xff\xd8", b"\xff", b"")


def jpeg_restarts() -> bytes:
    head = by_hand.jpeg_head((5000, 5000)) + by_hand.scan(1, 0, 63)
    return _padded(head, b"\xff\xd0", _END)


def jpeg_strip_of_ink() -> bytes:
    """Too low to be made smaller, turned, and with a profile."""
    return _strip_of_ink(65000)


def jpeg_progressive_strip_of_ink() -> bytes:
    """The same, its coefficients all kept until the picture is there too."""
    return _strip_of_ink(65000, progressive=True)


def jpeg_progressive_strip_within() -> bytes:
    return _strip_of_ink(55000, progressive=True)


def _strip_of_ink(width: int, **options: object) -> bytes:
    steps = np.linspace(0, 1, 5)
    ink = np.stack(np.meshgrid(*[steps] * 4, indexing="ij"), -1)
    light = ((1 - ink[..., :3]) * (1 - ink[..., 3:])) ** 1.6
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("CMYK", (width, 447), (9, 99, 120, 30))
    return encode(image, "JPEG", icc_profile=by_hand.ink_profile(light, 5), exif=exif, **options)


def jpeg_large_profile() -> bytes:
    """A table of 85 x 85 x 85 colours."""
    random = np.random.default_rng(0)
    unity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    ends = 3 * struct.pack(">HH", 0, 65535)
    lut = (
        b"mft2" + bytes(4) + bytes([3, 3, 85, 0]) + unity + struct.pack(">HH", 2, 2)
        + ends + random.bytes(85**3 * 6) + ends
    )  # fmt: skip
    profile = by_hand.icc(b"RGB ", by_hand.WHITE | {b"A2B0": lut}, pcs=b"Lab ")
    return encode(Image.new("RGB", (1400, 1000), "tan"), "JPEG", icc_profile=profile)


def _png(*chunks: bytes) -> bytes:
    data = encode(quarters(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def png_texts() -> bytes:
    """One sign of each makes Python keep four bytes for every other."""
    packed = chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress("🙂".encode() + b"a" * 1_000_000))
    return png((5000, 5000), 8, 3, bytes(5000), chunk(b"PLTE", bytes(768)) + packed * 63)


def png_empty_chunks() -> bytes:
    data = encode(quarters(), "PNG")
    return _padded(data[:33], chunk(b"IDAT", b""), data[33:])


def png_bombs() -> bytes:
    bomb = zlib.compress(bytes(300_000_000))
    return _png(
        chunk(b"iCCP", b"a\0\0" + bomb), chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"a\n" * 10_000_000)),
    )  # fmt: skip


def png_the_same_bomb_again() -> bytes:
    data = encode(quarters(), "PNG")
    bomb = b"Raw profile type exif\0\0" + zlib.compress(bytes(2_000_000))
    return _padded(data[:33], chunk(b"zTXt", bomb), data[33:])


def png_see_through() -> bytes:
    return png((5000, 5000), 8, 2, bytes(15_000), chunk(b"tRNS", bytes(6)))


def webp_frames() -> bytes:
    frames = {"save_all": True, "append_images": [quarters().rotate(90)]}
    data = encode(quarters(), "WEBP", lossless=True, **frames)
    body = _padded(data[12:], b"ANMF" + struct.pack("<I", 16) + bytes(16), bytes(30))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body[:-30]


FILES: dict[str, Callable[[], bytes]] = {
    made.__name__.replace("_", " "): functools.cache(made)
    for made in (
        heic_overlay, heic_grid, heic_many_tiles, heic_hidden_size, jpeg_scans, jpeg_scans_within,
        jpeg_refined, jpeg_component_after_component, jpeg_empty_segments, jpeg_exif_in_pieces,
        jpeg_exif_of_itself, jpeg_filling, jpeg_restarts, jpeg_strip_of_ink,
        jpeg_progressive_strip_of_ink, jpeg_progressive_strip_within, jpeg_large_profile,
        png_texts, png_empty_chunks, png_bombs, png_the_same_bomb_again, png_see_through,
        webp_frames,
    )
}  # fmt: skip
