"""HEIF's boxes: the items of a file, with what is said of them; and a file of a few items anew."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.decoding.picture_file import Damaged, TooInvolved

# An iPhone's 48 megapixels have 200 items, and a thousand entries in all tables together.
MOST_ENTRIES = 20_000

Property = tuple[bytes, bytes]
"""A property's kind and its body."""


@dataclass
class Item:
    """One item of a file: what it is, what is said of it, where it is, what it belongs to."""

    kind: bytes
    properties: list[Property] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    in_idat: bool = False
    references: dict[bytes, list[int]] = field(default_factory=dict)

    def property(self, kind: bytes) -> bytes | None:
        return next((body for name, body in self.properties if name == kind), None)


@dataclass(frozen=True)
class Container:
    """``primary`` is the number of the item that the file shows."""

    items: dict[int, Item]
    primary: int
    file: memoryview
    idat: memoryview

    def data(self, item: Item) -> bytes:
        source = self.idat if item.in_idat else self.file
        parts = [source[offset : offset + length] for offset, length in item.extents]
        wanted = sum(length for _, length in item.extents)
        if wanted > len(source) or sum(map(len, parts)) < wanted:  # some bytes twice, or not there
            raise Damaged
        return b"".join(parts)


class _Numbers:
    """A body's numbers, one after another; ``Damaged`` where there are no more."""

    def __init__(self, body: memoryview) -> None:
        self._body, self._at = body, 0

    def next(self, size: int) -> int:
        self._at += size
        if self._at > len(self._body):
            raise Damaged
        return int.from_bytes(self._body[self._at - size : self._at])

    def times(self, size: int) -> range:
        """As many times as the next number says."""
        count = self.next(size)
        if count > MOST_ENTRIES:
            raise TooInvolved
        return range(count)

    def rest(self) -> memoryview:
        return self._body[self._at :]


def read(data: bytes) -> Container:
    """Raises ``ImageRejected``."""
    view = memoryview(data)
    meta = dict(boxes(view)).get(b"meta")
    parts = dict(boxes(meta[4:])) if meta is not None else {}
    if not {b"pitm", b"iinf", b"iloc", b"iprp"} <= set(parts):
        raise Damaged
    items = _items(_Numbers(parts[b"iinf"]))
    _locate(items, _Numbers(parts[b"iloc"]))
    _describe(items, parts[b"iprp"])
    _refer(items, parts.get(b"iref", view[:0]))
    numbers = _Numbers(parts[b"pitm"])
    primary = numbers.next(4 if numbers.next(4) >> 24 else 2)
    if primary not in items:
        raise Damaged
    return Container(items, primary, view, parts.get(b"idat", view[:0]))


def boxes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Each box's kind and body; what is cut off at the end is passed over."""
    at = count = 0
    while at + 8 <= len(view):
        size, kind = struct.unpack_from(">I4s", view, at)
        head = 8
        if size == 1 and at + 16 <= len(view):
            size, head = int.from_bytes(view[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(view) - at
        if size < head or at + size > len(view):
            return
        yield kind, view[at + head : at + size]
        at, count = at + size, count + 1
        if count > MOST_ENTRIES:
            raise TooInvolved


def _items(numbers: _Numbers) -> dict[int, Item]:
    numbers.next(4 if numbers.next(4) >> 24 else 2)  # how many: the boxes tell that too
    items = {}
    for kind, entry in boxes(numbers.rest()):
        fields = _Numbers(entry)
        version = fields.next(4) >> 24
        if kind == b"infe" and version >= 2:
            number, _protection = fields.next(2 if version == 2 else 4), fields.next(2)
            items[number] = Item(fields.next(4).to_bytes(4))
    return items


def _locate(items: dict[int, Item], numbers: _Numbers) -> None:
    version, sizes = numbers.next(4) >> 24, numbers.next(2)
    of_offset, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    total = 0
    for _ in numbers.times(2 if version < 2 else 4):
        item = items.get(numbers.next(2 if version < 2 else 4), Item(b""))
        method = numbers.next(2) & 15 if version else 0
        item.in_idat = method == 1
        numbers.next(2)  # where another file is meant: none is at hand
        base, extents = numbers.next(of_base), numbers.times(2)
        for _ in extents:
            numbers.next(of_index if version else 0)
            offset, length = numbers.next(of_offset), numbers.next(of_length)
            item.extents.append((base + offset, length))
        total += len(extents)
        if method > 1 or total > MOST_ENTRIES:  # pieces of other items
            raise TooInvolved


def _describe(items: dict[int, Item], body: memoryview) -> None:
    properties: list[Property] = []
    links: list[memoryview] = []
    for kind, part in boxes(body):
        if kind == b"ipco":
            properties += ((name, bytes(content)) for name, content in boxes(part))
        elif kind == b"ipma":
            links.append(part)
    total = 0
    for numbers in map(_Numbers, links):
        version, wide = numbers.next(1), numbers.next(3) & 1
        for _ in numbers.times(4):
            item = items.get(numbers.next(4 if version else 2), Item(b""))
            for _ in numbers.times(1):
                place = numbers.next(2) & 0x7FFF if wide else numbers.next(1) & 0x7F
                if 0 < place <= len(properties):
                    item.properties.append(properties[place - 1])
                total += 1
                if total > MOST_ENTRIES:
                    raise TooInvolved


def _refer(items: dict[int, Item], body: memoryview) -> None:
    size = 4 if len(body) and body[0] else 2
    total = 0
    for kind, part in boxes(body[4:]):
        numbers = _Numbers(part)
        item = items.get(numbers.next(size), Item(b""))
        others = [numbers.next(size) for _ in numbers.times(2)]
        total += len(others)
        if total > MOST_ENTRIES:
            raise TooInvolved
        item.references.setdefault(kind, []).extend(others)


def write(items: Sequence[Item], data: Sequence[bytes]) -> bytes:
    """A file of these items, numbered from 1, that shows the first; ``data`` is each one's own.

    Their extents count for nothing, and their references are to the new numbers.
    """
    properties = list(dict.fromkeys(one for item in items for one in item.properties))
    place = {one: number for number, one in enumerate(properties, 1)}
    names, links, references = [], [], []
    for number, item in enumerate(items, 1):
        shown = {"version": 2, "flags": int(number > 1)}
        names.append(_full(b"infe", struct.pack(">HH4sx", number, 0, item.kind), **shown))
        places = [0x8000 | place[one] for one in item.properties]  # whoever reads it needs all
        links.append(struct.pack(f">HB{len(places)}H", number, len(places), *places))
        for kind, others in item.references.items():
            numbers = (number, len(others), *others)
            references.append(_box(kind, struct.pack(f">{len(numbers)}H", *numbers)))
    before = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")

    def meta(first: int) -> bytes:
        offsets, at = [], first
        for number, part in enumerate(data, 1):
            offsets.append(struct.pack(">HHHII", number, 0, 1, at, len(part)))
            at += len(part)
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iloc", struct.pack(">HH", 0x4400, len(items)), *offsets),
            _full(b"iinf", struct.pack(">H", len(items)), *names),
            _full(b"iref", *references),
            _box(
                b"iprp",
                _box(b"ipco", *(_box(*one) for one in properties)),
                _full(b"ipma", struct.pack(">I", len(items)), *links, flags=1),
            ),
        )

    start = len(before) + len(meta(0)) + 8
    return b"".join((before, meta(start), _box(b"mdat", *data)))


def _box(kind: bytes, *body: bytes) -> bytes:
    return b"".join((struct.pack(">I", 8 + sum(map(len, body))), kind, *body))


def _full(kind: bytes, *body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *body)
