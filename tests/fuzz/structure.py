"""Damage to what files are made of: segments, chunks, boxes and items go, come, repeat and lie.

The pieces' own lengths and checksums stay right, so that damage reaches what lies behind them.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from core.decoding import heif_boxes
from core.decoding.heif_boxes import Item
from core.images import MAX_BYTES
from tests.core.decoding import by_hand
from tests.fuzz import mutate

MOST_CHANGES = 6
_SIDES = (0, 1, 55, 56, 64, 224, 447, 1500, 5000, 7071, 12_500, 16_384, 65_500, 0x7FFFFFFF)
_TIMES = (1, 1, 1, 2, 5, 30, 300, 3000, 100_000)
_ANY_BYTES = (b"", b"\0", b"\xff" * 8, bytes(64), bytes(2000))


@dataclass
class Piece:
    """``kind`` is a marker, or the name of a chunk or box; none for what stands between them."""

    kind: bytes
    body: bytes


_LARGE_EVERY = 20  # the others are small, so that many can be tried


def mutated(files: list[bytes], large: list[bytes], number: int) -> bytes:
    """Picture ``number`` of an endless row, made from ``files``, now and then from ``large``."""
    chance = random.Random(number)
    data = chance.choice(large if number % _LARGE_EVERY == 0 else files)
    way = next(way for begins, way in _WAYS if begins(data))
    found = way(chance, data, files)[:MAX_BYTES]
    if chance.random() < 0.2:
        whole = bytearray(found)
        mutate.one_change(chance, whole, files)
        found = bytes(whole)
    return found


def _pieces_changed(
    chance: random.Random, pieces: list[Piece], others: list[Piece], odd: list[Piece]
) -> None:
    """Change the row of pieces in place; ``others`` are of another file, ``odd`` of no camera."""
    for _ in range(chance.randint(1, MOST_CHANGES)):
        at = chance.randrange(len(pieces) + 1)
        there = pieces[at] if at < len(pieces) else Piece(b"", b"")
        way = chance.randrange(8)
        if way == 0:
            del pieces[at : at + 1]
        elif way == 1:
            each = len(there.body) + 12
            pieces[at:at] = [there] * min(chance.choice(_TIMES), MAX_BYTES // each)
        elif way == 2 and pieces:
            pieces.insert(chance.randrange(len(pieces)), pieces.pop(at % len(pieces)))
        elif way == 3 and others:
            pieces.insert(at, chance.choice(others))
        elif way == 4:
            piece = chance.choice(odd)
            each = len(piece.body) + 12
            pieces[at:at] = [piece] * min(chance.choice(_TIMES), MAX_BYTES // each)
        elif at < len(pieces):
            pieces[at] = Piece(there.kind, _body_changed(chance, there.body))


def _body_changed(chance: random.Random, body: bytes) -> bytes:
    whole = bytearray(body)
    way = chance.randrange(5)
    if way == 0:
        return body[: chance.randrange(len(body) + 1)]
    if way == 1:
        return body + chance.choice(_ANY_BYTES)
    if way == 2 and len(body) > 4:
        width = chance.choice((2, 4))
        at = chance.randrange(min(len(body), 40) - 1)
        order = chance.choice(("little", "big"))
        side = chance.choice(_SIDES) % 256**width
        whole[at : at + width] = side.to_bytes(width, order)
    elif body:
        whole[chance.randrange(min(len(body), 60))] = chance.randrange(256)
    return bytes(whole)


def _jpeg(chance: random.Random, data: bytes, files: list[bytes]) -> bytes:
    pieces, others = _segments(data), _segments(_like(chance, data, files))
    width, height = (chance.choice(_SIDES) & 0xFFFF for _ in range(2))
    count = chance.choice((1, 3, 4))
    names = b"".join(
        bytes([number, chance.choice((0x11, 0x22, 0x41, 0x14)), 0])
        for number in range(1, count + 1)
    )
    blocks = by_hand.run_of_empty_blocks(chance.choice((1, 3000, 400_000)))
    odd = [
        Piece(b"\xff\xc2", struct.pack(">BHHB", 8, height, width, count) + names),
        Piece(b"\xff\xc0", struct.pack(">BHHB", 8, height, width, count) + names),
        Piece(b"", by_hand.scan(chance.randint(1, count), 0, 0)),
        Piece(b"", by_hand.scan(chance.randint(1, count), 1, 63, 0x10, blocks)),
        Piece(b"", by_hand.scan(chance.randint(1, count), 0, 63)),
        Piece(b"\xff\xdd", struct.pack(">H", chance.randrange(9))),
        Piece(b"\xff\xe0", b""),
        Piece(b"\xff\xe1", b"Exif\0\0MM\0*\0\0\0\x08" + chance.randbytes(60)),
        Piece(b"\xff\xe2", b"ICC_PROFILE\0\1\1" + _profile(chance)),
        Piece(b"\xff\xc4", bytes([chance.choice((0, 16))]) + bytes([1] + 15 * [0]) + b"\xe0"),
        Piece(b"", b"\xff\xd9"), Piece(b"", b"\xff\xd8"), Piece(b"", b"\xff" * 500),
    ]  # fmt: skip
    _pieces_changed(chance, pieces, others, odd)
    return b"\xff\xd8" + b"".join(
        by_hand.segment(piece.kind[1], piece.body[:65_533]) if piece.kind else piece.body
        for piece in pieces
    )


def _segments(data: bytes) -> list[Piece]:
    found, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        length = struct.unpack_from(">H", data, at + 2)[0]
        found.append(Piece(data[at : at + 2], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return [*found, Piece(b"", data[at:])]


def _png(chance: random.Random, data: bytes, files: list[bytes]) -> bytes:
    pieces, others = _chunks(data), _chunks(_like(chance, data, files))
    width, height = (chance.choice(_SIDES) for _ in range(2))
    kinds = ((1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 3), (8, 4), (8, 6), (16, 6))
    kind = chance.choice(kinds)
    bomb = zlib.compress(bytes(chance.choice((10, 2_000_000))))
    head = struct.pack(">IIBBBBB", width, height, *kind, 0, 0, chance.randrange(2))
    odd = [
        Piece(b"IHDR", head), Piece(b"IHDR", head), Piece(b"IDAT", b""), Piece(b"IDAT", bomb),
        Piece(b"iCCP", b"a\0\0" + zlib.compress(_profile(chance))), Piece(b"iCCP", b"a\0\0" + bomb),
        Piece(b"zTXt", b"Raw profile type exif\0\0" + bomb),
        Piece(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb),
        Piece(b"iTXt", b"a\0\0\0\0\0" + "🙂".encode() + b"a" * 900),
        Piece(b"cICP", bytes(chance.randrange(20) for _ in range(4))),
        Piece(b"gAMA", chance.choice((100_000, 45_455, 1, 0)).to_bytes(4)),
        Piece(b"cHRM", chance.randbytes(32)), Piece(b"tRNS", chance.randbytes(6)),
        Piece(b"acTL", struct.pack(">II", 2, 0)), Piece(b"fcTL", chance.randbytes(26)),
        Piece(b"eXIf", b"II*\0\x08\0\0\0" + chance.randbytes(60)),
    ]  # fmt: skip
    _pieces_changed(chance, pieces, others, odd)
    return data[:8] + b"".join(
        b"".join(
            (struct.pack(">I", len(one.body)), one.kind, one.body,
             struct.pack(">I", zlib.crc32(one.body, zlib.crc32(one.kind)))),
        ) for one in pieces
    )  # fmt: skip


def _chunks(data: bytes) -> list[Piece]:
    found, at = [], 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        found.append(Piece(kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _webp(chance: random.Random, data: bytes, files: list[bytes]) -> bytes:
    pieces, others = _riff(data), _riff(_like(chance, data, files))
    sides = [(chance.choice(_SIDES) & 0xFFFFFF).to_bytes(3, "little") for _ in range(2)]
    odd = [
        Piece(b"VP8X", bytes([chance.randrange(64), 0, 0, 0]) + sides[0] + sides[1]),
        Piece(b"ANIM", bytes(6)), Piece(b"ANMF", bytes(6) + sides[0] + sides[1] + bytes(4)),
        Piece(b"ALPH", bytes([chance.randrange(16)]) + chance.randbytes(40)),
        Piece(b"ICCP", _profile(chance)), Piece(b"EXIF", b"II*\0" + chance.randbytes(60)),
        Piece(b"XMP ", b"<x>"), Piece(b"what", b"x"),
    ]  # fmt: skip
    _pieces_changed(chance, pieces, others, odd)
    body = b"WEBP" + b"".join(
        one.kind + struct.pack("<I", len(one.body)) + one.body + bytes(len(one.body) % 2)
        for one in pieces
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(data: bytes) -> list[Piece]:
    found, at = [], 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        found.append(Piece(kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def _heic(chance: random.Random, data: bytes, files: list[bytes]) -> bytes:
    """Half of them by items, whose places in the file stay right, half by the boxes as they are."""
    if chance.random() < 0.5:
        return _items(chance, data)
    pieces, others = _boxes(data), _boxes(_like(chance, data, files))
    at = next((i for i, one in enumerate(pieces) if one.kind == b"meta"), 0)
    inner = _boxes(pieces[at].body[4:])
    _pieces_changed(chance, inner, others, [Piece(b"free", b""), Piece(b"idat", bytes(40))])
    if chance.random() < 0.7:
        pieces[at] = Piece(b"meta", bytes(4) + _joined(inner))
    else:
        odd = [Piece(b"free", bytes(9)), Piece(b"meta", bytes(4))]
        _pieces_changed(chance, pieces, others, odd)
    return _joined(pieces)


def _items(chance: random.Random, data: bytes) -> bytes:
    found = heif_boxes.read(data)
    numbers = [found.primary, *(one for one in found.items if one != found.primary)]
    places = {number: place for place, number in enumerate(numbers, 1)}
    items = [found.items[number] for number in numbers]
    parts = [found.data(item) for item in items]
    for item in items:
        for kind, others in item.references.items():
            item.references[kind] = [places.get(one, 1) for one in others]
    width, height = (chance.choice(_SIDES) for _ in range(2))
    odd = [
        (b"ispe", struct.pack(">3I", 0, width, height)), (b"irot", chance.randbytes(1)),
        (b"imir", chance.randbytes(1)), (b"clap", chance.randbytes(32)),
        (b"clap", struct.pack(">8I", width, 1, height, 1, 0, 1, 0, 1)),
        (b"colr", b"nclx" + struct.pack(">3HB", *(chance.randrange(20) for _ in range(4)))),
        (b"colr", b"prof" + _profile(chance)), (b"pixi", bytes([0, 0, 0, 0, 3, 12, 12, 12])),
        (b"auxC", bytes(4) + b"urn:mpeg:hevc:2015:auxid:1\0"),
    ]  # fmt: skip
    for _ in range(chance.randint(1, MOST_CHANGES)):
        item, way = chance.choice(items), chance.randrange(9)
        place = items.index(item)
        if way == 0:
            item.properties.insert(0, chance.choice(odd))
        elif way == 1 and item.properties:
            item.properties.pop(chance.randrange(len(item.properties)))
        elif way == 2 and item.properties:
            at = chance.randrange(len(item.properties))
            kind, body = item.properties[at]
            item.properties[at] = kind, _body_changed(chance, body)
        elif way == 3:
            item.kind = chance.choice((b"hvc1", b"grid", b"iovl", b"iden", b"Exif", b"av01"))
        elif way == 4:
            times = min(chance.choice(_TIMES[:-1]), MAX_BYTES // (len(parts[place]) + 60))
            # Each its own, so that what is done to one afterwards isn't done to thousands.
            items += [Item(item.kind, list(item.properties)) for _ in range(times)]
            parts += [parts[place]] * times
        elif way == 5:
            kind = chance.choice((b"dimg", b"auxl", b"prem", b"thmb"))
            number = chance.randint(1, len(items))
            item.references[kind] = [number] * min(chance.choice(_TIMES), 65_535)
        elif way == 6:
            columns, rows = chance.randint(1, 4), chance.randint(1, 300) % 256 + 1
            parts[place] = by_hand.grid_body(columns, min(rows, 256), width, height)
        else:
            parts[place] = _body_changed(chance, parts[place])
    return heif_boxes.write(items, parts)


def _boxes(data: bytes) -> list[Piece]:
    return [Piece(kind, bytes(body)) for kind, body in heif_boxes.boxes(memoryview(data))]


def _joined(pieces: list[Piece]) -> bytes:
    return b"".join(struct.pack(">I4s", 8 + len(one.body), one.kind) + one.body for one in pieces)


def _profile(chance: random.Random) -> bytes:
    whole = bytearray(chance.choice((by_hand.DISPLAY_P3, by_hand.ADOBE_RGB)))
    for _ in range(chance.randrange(4)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


def _like(chance: random.Random, data: bytes, files: list[bytes]) -> bytes:
    """Another file of the same kind."""
    way = next(way for begins, way in _WAYS if begins(data))
    alike = [one for one in files if next(w for b, w in _WAYS if b(one)) is way]
    return chance.choice(alike)


_WAYS: tuple[tuple[Callable[[bytes], bool], Callable[..., bytes]], ...] = (
    (lambda data: data.startswith(b"\xff\xd8"), _jpeg),
    (lambda data: data.startswith(b"\x89PNG"), _png),
    (lambda data: data.startswith(b"RIFF"), _webp),
    (lambda data: data[4:8] == b"ftyp", _heic),
)
