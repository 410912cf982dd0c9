"""Damage to files, a byte, a block or a field at a time; the same number gives the same damage."""

from __future__ import annotations

import random
import struct
import zlib

MOST_CHANGES = 12
# What breaks arithmetic: ends of ranges, and sizes about the limits of pixels.
_ODD = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 7071, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(files: list[bytes], number: int) -> bytes:
    """Picture ``number`` of an endless row, made from ``files``."""
    chance = random.Random(number)
    data = bytearray(chance.choice(files))
    for _ in range(chance.randint(1, MOST_CHANGES) if chance.random() < 0.7 else 1):
        one_change(chance, data, files)
    if chance.random() < 0.5:
        repair_checksums(data)
    return bytes(data)


def one_change(chance: random.Random, data: bytearray, files: list[bytes]) -> None:
    """Damage ``data`` in one place, if it holds anything."""
    if data:
        chance.choice(_WAYS)(chance, data, files)


def repair_checksums(data: bytearray) -> None:
    """Give a PNG's chunks true checksums, so that damage reaches what lies behind them."""
    if not data.startswith(b"\x89PNG"):
        return
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + struct.unpack_from(">I", data, at)[0]
        if end + 4 > len(data):
            return
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4


def _place(chance: random.Random, data: bytearray) -> int:
    """Often in the head, where sizes and kinds stand."""
    return chance.randrange(min(len(data), 200) if chance.random() < 0.5 else len(data))


def _bit(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    data[_place(chance, data)] ^= 1 << chance.randrange(8)


def _byte(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    data[_place(chance, data)] = chance.randrange(256)


def _field(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    width, order = chance.choice((2, 4)), chance.choice(("little", "big"))
    value = (chance.choice(_ODD) % 256**width).to_bytes(width, order)
    at = _place(chance, data)
    data[at : at + width] = value


def _cut(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    del data[_place(chance, data) + 1 :]


def _drop(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    at = _place(chance, data)
    del data[at : at + chance.randint(1, 64)]


def _repeat(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    at = _place(chance, data)
    data[at:at] = data[at : at + chance.randint(1, 400)] * chance.randint(1, 8)


def _insert(chance: random.Random, data: bytearray, _files: list[bytes]) -> None:
    at = _place(chance, data)
    data[at:at] = chance.randbytes(chance.randint(1, 40))


def _splice(chance: random.Random, data: bytearray, files: list[bytes]) -> None:
    other = chance.choice(files)
    start = chance.randrange(len(other))
    at = _place(chance, data)
    data[at : at + chance.randint(0, 300)] = other[start : start + chance.randint(1, 600)]


_WAYS = (_bit, _bit, _byte, _byte, _field, _field, _cut, _drop, _repeat, _insert, _splice)
