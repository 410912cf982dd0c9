"""PNG: its chunks, counted, and a file of those alone that its pixels are made of."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from core.decoding import exif, rgb_space
from core.decoding.picture_file import MAX_PROFILE, MAX_TEXT, Damaged, PictureFile, TooInvolved

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 20_000  # a writer's chunks of pixels have 2 KB at least, and a file has 10 MB
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_GREY, _RGB, _PALETTE = 0, 2, 3
# The picture twice in four bytes a pixel, as for a palette that can be seen through.
_BYTES_PER_PIXEL = 10.0
_IN_FRONT = (b"IHDR", b"PLTE", b"tRNS", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
_TEXTS = (b"iTXt", b"zTXt", b"tEXt")
_XMP, _HEX_EXIF = b"XML:com.adobe.xmp", b"Raw profile type exif"  # the second is ImageMagick's
_LETTERS = re.compile(rb"[A-Za-z]{4}").fullmatch


def begins(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def read(data: bytes) -> PictureFile:
    """Take a file apart; of an animation, the picture that stands for it. Raises ``ImageRejected``.

    A side chunk with a wrong checksum counts as not there, as in most readers of PNG.
    """
    said: dict[bytes, bytes] = {}
    pixels: list[memoryview] = []
    complete = False  # pixels stand in neighbouring chunks
    for number, (kind, body, sound) in enumerate(_chunks(data)):
        if number > MOST_CHUNKS:
            raise TooInvolved
        if kind == b"IDAT":
            if not complete:
                pixels.append(body)
            continue
        complete = bool(pixels)
        if kind in (b"IHDR", b"PLTE") and not sound:
            raise Damaged
        if sound and kind in _TEXTS:
            name = bytes(body[:80]).partition(b"\0")[0]
            if name in (_XMP, _HEX_EXIF) and name not in said:  # unpacked once, not per chunk
                said[name] = _text(kind, bytes(body))
        elif sound and (kind == b"eXIf" or (kind in _IN_FRONT and not complete)):
            said.setdefault(kind, bytes(body))
    width, height, depth, colour = _header(said)
    kept = [(b"IHDR", said[b"IHDR"])]
    if colour == _PALETTE:
        palette = said.get(b"PLTE", b"")
        if not 3 <= len(palette) <= 768 or len(palette) % 3:
            raise Damaged
        kept.append((b"PLTE", palette))
    if see_through := _see_through(said.get(b"tRNS", b""), depth, colour):
        kept.append((b"tRNS", see_through))
    kept += (b"IDAT", b"".join(pixels)), (b"IEND", b"")
    return PictureFile(
        kind="PNG", bands=(SIGNATURE + b"".join(_chunk(*one) for one in kept),),
        size=(width, height), bytes_per_pixel=_BYTES_PER_PIXEL,
        turns=exif.turns(said.get(b"eXIf") or _from_hex(said.get(_HEX_EXIF)), said.get(_XMP)),
        profile=_profile(said),
    )  # fmt: skip


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Each chunk's kind, its body, and whether its checksum is right; pixels have their own."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if not _LETTERS(kind) or kind == b"IEND":
            return
        body = view[at + 8 : at + 8 + length]
        at += 8 + length
        sound = kind == b"IDAT" or (
            at + 4 <= len(data)
            and zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(view[at : at + 4])
        )
        at += 4
        yield kind, body, sound


def _header(said: dict[bytes, bytes]) -> tuple[int, int, int, int]:
    """Width, height, bits of a sample and kind of colours."""
    head = said.get(b"IHDR", b"")
    if len(head) != 13:
        raise Damaged
    width, height, depth, colour, packing, filters, interlacing = struct.unpack(">IIBBBBB", head)
    if depth not in _DEPTHS.get(colour, ()) or packing or filters or interlacing > 1:
        raise Damaged
    return width, height, depth, colour


def _see_through(body: bytes, depth: int, colour: int) -> bytes:
    """A tRNS chunk in the values that Pillow's pixels will have; empty for one that says nothing.

    Pillow spreads grey of fewer bits over 255 levels, and of colours of 16 bit keeps the upper 8.
    """
    if colour == _PALETTE:
        return body[:256]
    if len(body) != {_GREY: 2, _RGB: 6}.get(colour):
        return b""
    values = [value & 2**depth - 1 for value in struct.unpack(f">{len(body) // 2}H", body)]
    if colour == _GREY and depth < 8:
        values = [255 * value // (2**depth - 1) for value in values]
    elif colour == _RGB and depth == 16:
        values = [value >> 8 for value in values]
    return struct.pack(f">{len(values)}H", *values)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", checksum)))


def _profile(said: dict[bytes, bytes]) -> bytes | None:
    """By the order of the standard: cICP, a profile, sRGB, then gamma and colours of their own.

    Codes that say nothing, or what can't be of a PNG, count as not there.
    """
    if len(said.get(b"cICP", b"")) == 4:
        colours, curve, matrix, whole_range = said[b"cICP"]
        if matrix == 0 and rgb_space.has_codes(colours, curve):
            space = rgb_space.of_codes(colours, curve, bool(whole_range))
            return rgb_space.as_profile(space) if space else None
    if b"iCCP" in said:
        _, _, packed = said[b"iCCP"].partition(b"\0")
        found = _unpacked(packed[1:], MAX_PROFILE + 1)
        return found if len(found) <= MAX_PROFILE else None
    if b"sRGB" in said:
        return None
    gamma = int.from_bytes(said[b"gAMA"]) if len(said.get(b"gAMA", b"")) == 4 else None
    corners = struct.unpack(">8I", said[b"cHRM"]) if len(said.get(b"cHRM", b"")) == 32 else None
    space = rgb_space.of_gamma_and_corners(gamma, corners)
    return rgb_space.as_profile(space) if space else None


def _text(kind: bytes, body: bytes) -> bytes:
    """A text chunk's beginning, unpacked if it is packed."""
    rest = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return rest[:MAX_TEXT]
    if kind == b"zTXt":
        return _unpacked(rest[1:], MAX_TEXT)
    packed, text = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _unpacked(text, MAX_TEXT) if packed else text[:MAX_TEXT]


def _unpacked(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""


def _from_hex(text: bytes | None) -> bytes | None:
    """ImageMagick's way to keep EXIF: a name and a length on two lines, then hexadecimal lines."""
    try:
        return bytes.fromhex("".join((text or b"").decode("ascii").split("\n")[3:]))
    except ValueError:
        return None
