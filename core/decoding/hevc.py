"""HEVC: how large the pictures are that a decoder will make of an item, and how many of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core.decoding.picture_file import Damaged, TooInvolved

MOST_SLICES = 600  # of one picture, by the standard's highest level
MOST_PARAMETER_SETS = 64
_SEQUENCE_PARAMETERS, _PARAMETER_SETS = 33, (32, 33, 34)
_FIRST_OF_ITS_OWN = (19, 20)  # a picture before which decoding begins, and that needs no other
_OTHERS_KEPT = 16  # pictures that a decoder makes up where one names others that never were


@dataclass(frozen=True)
class Coded:
    """``size`` in pixels, ``planes`` in samples a pixel, ``bits`` of each, ``kept``: how many."""

    size: tuple[int, int]
    planes: float
    bits: int
    kept: int = 1


def measure(config: bytes, data: bytes) -> Coded:
    """The one picture of an item, from its property hvcC and its data. Raises ``ImageRejected``."""
    if len(config) < 23:
        raise Damaged
    sets = list(_parameter_sets(config))
    slices = pictures = 0
    kinds = set()
    for unit in _units(data, (config[21] & 3) + 1):
        kind = unit[0] >> 1 & 0x3F
        if kind < 32:
            slices += 1
            pictures += unit[2] >> 7  # the first slice of its picture
            kinds.add(kind)
        elif kind in _PARAMETER_SETS:
            sets.append(bytes(unit))
        if slices > MOST_SLICES or pictures > 1 or len(sets) > MOST_PARAMETER_SETS:
            raise TooInvolved
    found = [_sequence(unit) for unit in sets if unit[0] >> 1 & 0x3F == _SEQUENCE_PARAMETERS]
    if not found or not slices:
        raise Damaged
    width, height = (max(one.size[i] for one in found) for i in (0, 1))
    return Coded(
        (width, height),
        max(one.planes for one in found),
        max(one.bits for one in found),
        1 if kinds <= set(_FIRST_OF_ITS_OWN) else 1 + _OTHERS_KEPT,
    )


def _parameter_sets(config: bytes) -> Iterator[bytes]:
    at = 23
    for _ in range(config[22]):
        if at + 3 > len(config):
            raise Damaged
        count = struct.unpack_from(">H", config, at + 1)[0]
        at += 3
        for _ in range(min(count, MOST_PARAMETER_SETS + 1)):
            length = int.from_bytes(config[at : at + 2])
            unit = config[at + 2 : at + 2 + length]
            if len(unit) < max(length, 3):
                raise Damaged
            yield unit
            at += 2 + length


def _units(data: bytes, width: int) -> Iterator[memoryview]:
    """Network abstraction layer units, each after its length."""
    view, at = memoryview(data), 0
    while at + width <= len(view):
        length = int.from_bytes(view[at : at + width])
        unit = view[at + width : at + width + length]
        if len(unit) < max(length, 3):
            raise Damaged
        yield unit
        at += width + length


def _sequence(unit: bytes) -> Coded:
    """A sequence parameter set's beginning (ITU-T H.265, 7.3.2.2)."""
    bits = _Bits(unit[2:200].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)  # profile, tier and level
    there = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in there:
        bits.take(88 * profile + 8 * level)
    bits.golomb()
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)
    size = bits.golomb(), bits.golomb()
    if bits.take(1):
        for _ in range(4):
            bits.golomb()
    depth = 8 + max(bits.golomb(), bits.golomb())
    if chroma > 3 or depth > 16 or not all(size):
        raise Damaged
    return Coded(size, (1, 1.5, 2, 3)[chroma], depth)


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise Damaged
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """An Exp-Golomb number of at most 32 bits."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise Damaged
        return (1 << zeros) - 1 + self.take(zeros)
