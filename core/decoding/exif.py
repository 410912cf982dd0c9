"""The two things that count here of what a camera writes into a file: which way is up, and colours.

Read by hand, as the whole costs too much: thousands of entries may each claim the same 64 KB.
"""

from __future__ import annotations

import re
from typing import Literal

from PIL.Image import Transpose

from core.decoding.picture_file import MAX_TEXT

# EXIF's orientation 2 to 8 to what undoes it.
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE, 6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}  # fmt: skip
_ORIENTATION, _CAMERAS, _INTEROPERABILITY, _INDEX = 0x0112, 0x8769, 0xA005, 0x0001
_NUMBERS = {1: 1, 3: 2, 4: 4}  # bytes of a BYTE, SHORT and LONG
_PREFIX = b"Exif\0\0"
_XMP_ORIENTATION = re.compile(rb"""tiff:Orientation(?:=["']|>)([1-8])""")


def turns(exif: bytes | None, xmp: bytes | None = None) -> tuple[Transpose, ...]:
    """What sets the picture upright, by its EXIF or else its XMP; often nothing."""
    orientation = _Tiff(exif or b"").number(_ORIENTATION)
    if orientation is None and xmp and (found := _XMP_ORIENTATION.search(xmp[:MAX_TEXT])):
        orientation = int(found[1])
    return (_TURNS[orientation],) if orientation in _TURNS else ()


def says_adobe_rgb(exif: bytes | None) -> bool:
    """Whether a camera marked Adobe RGB as DCF asks for: by 'R03', often without a profile."""
    tiff = _Tiff(exif or b"")
    return tiff.follow(_CAMERAS) and tiff.follow(_INTEROPERABILITY) and tiff.text(_INDEX) == b"R03"


class _Tiff:
    """One directory of EXIF at a time: the first, then those that are followed."""

    def __init__(self, exif: bytes) -> None:
        self._bytes = exif.removeprefix(_PREFIX)
        head = self._bytes[:8]
        self._order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
        sound = head[:4] in (b"II*\0", b"MM\0*")
        self._fields = self._directory(self._int(head[4:])) if sound else {}

    def number(self, tag: int) -> int | None:
        kind, value = self._fields.get(tag, (0, b""))
        return self._int(value[: _NUMBERS[kind]]) if kind in _NUMBERS else None

    def text(self, tag: int) -> bytes:
        """The first three letters, as there is room for in the directory itself."""
        return self._fields.get(tag, (0, b""))[1][:3]

    def follow(self, tag: int) -> bool:
        at = self.number(tag)
        self._fields = {} if at is None else self._directory(at)
        return bool(self._fields)

    def _int(self, value: bytes) -> int:
        return int.from_bytes(value, self._order)

    def _directory(self, at: int) -> dict[int, tuple[int, bytes]]:
        """Each tag's type and the four bytes that hold its value, or say where it is."""
        fields = {}
        for i in range(self._int(self._bytes[at : at + 2])):
            field = self._bytes[at + 2 + 12 * i : at + 14 + 12 * i]
            if len(field) < 12:
                break
            fields[self._int(field[:2])] = self._int(field[2:4]), field[8:]
        return fields
