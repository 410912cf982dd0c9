"""WebP: its chunks, counted, and a file of those alone that its first picture is made of."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.decoding import exif
from core.decoding.picture_file import MAX_PROFILE, Damaged, PictureFile, TooInvolved

MOST_CHUNKS = 4096  # an animation's frames: all but the first are passed over
# Pillow asks for each picture as if it were a film's: two frames, the decoder's own, and a copy.
_BYTES_PER_PIXEL = 20.0
_ANIMATED, _SEE_THROUGH = 0x02, 0x10
_KEPT = (b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L")
_SAID = (b"ICCP", b"EXIF", b"XMP ")


def begins(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def read(data: bytes) -> PictureFile:
    """Take a file apart. Raises ``ImageRejected``."""
    found: dict[bytes, bytes] = {}
    for number, (kind, content) in enumerate(_chunks(data)):
        if number > MOST_CHUNKS:
            raise TooInvolved
        if kind in (*_KEPT, *_SAID):
            found.setdefault(kind, bytes(content))
    if len(found.get(b"VP8X", b"")) >= 10:
        flags, first = found[b"VP8X"][0], found[b"VP8X"]
        size = 1 + int.from_bytes(first[4:7], "little"), 1 + int.from_bytes(first[7:10], "little")
        animated = bool(flags & _ANIMATED)
        kept = [b"VP8X", *((b"ANIM", b"ANMF") if animated else (b"ALPH", b"VP8 ", b"VP8L"))]
        found[b"VP8X"] = bytes([flags & (_ANIMATED | _SEE_THROUGH)]) + first[1:10]
    else:
        size = _size(found)
        kept = [b"VP8 ", b"VP8L"]
    body = b"".join(_chunk(kind, found[kind]) for kind in kept if kind in found)
    profile = found.get(b"ICCP", b"")
    return PictureFile(
        kind="WEBP",
        bands=(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body,),
        size=size,
        bytes_per_pixel=_BYTES_PER_PIXEL,
        turns=exif.turns(found.get(b"EXIF"), found.get(b"XMP ")),
        profile=profile if 0 < len(profile) <= MAX_PROFILE else None,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Each whole chunk's kind and body; ``Damaged`` where one is cut off."""
    view, at = memoryview(data), 12
    end = min(len(data), 8 + int.from_bytes(view[4:8], "little"))
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = view[at + 8 : at + 8 + length]
        if len(body) < length:
            raise Damaged
        yield kind, body
        at += 8 + length + length % 2


def _chunk(kind: bytes, body: bytes) -> bytes:
    return b"".join((kind, struct.pack("<I", len(body)), body, bytes(len(body) % 2)))


def _size(found: dict[bytes, bytes]) -> tuple[int, int]:
    """Width and height of a picture without a head of its own."""
    lossy, lossless = found.get(b"VP8 ", b""), found.get(b"VP8L", b"")
    if lossy[3:6] == b"\x9d\x01\x2a" and len(lossy) >= 10:
        width, height = struct.unpack_from("<HH", lossy, 6)
        return width & 0x3FFF, height & 0x3FFF
    if lossless[:1] == b"\x2f" and len(lossless) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise Damaged
