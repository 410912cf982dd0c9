"""HEIC: its items, checked, and files of those alone that its pixels are made of.

Read is one picture in HEVC, or a grid of such as iPhones write it; either may have another that
tells its transparency. Whatever else is made of items (overlays, tone maps) may declare any size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from PIL.Image import Transpose

from core.decoding import heif_boxes, hevc, rgb_space
from core.decoding.heif_boxes import Container, Item, Property
from core.decoding.picture_file import MAX_PROFILE, Damaged, NoPicture, PictureFile, TooInvolved

MOST_TILES = 900  # 48 megapixels in tiles of 256 x 256 have 768; libheif reads 1,000 items
# A grid of more is decoded some rows of tiles at a time.
BAND_PIXELS = 12_500_000
_PADDING = 128  # pixels by which an encoder may fill up its blocks: two of the largest
_THREADS = 4  # libheif's, each with a tile of its own
# Bytes that libheif 1.23 takes a pixel, Pillow's copies included, measured at 25 megapixels: by
# samples a pixel (grey, 4:2:0, 4:2:2, 4:4:4), of 8 bit and of more.
_TAKEN = {1: (6.0, 9.0), 1.5: (7.5, 8.0), 2: (8.5, 13.5), 3: (9.5, 15.5)}
_TAKEN_BY_ALPHA = (2.0, 5.5)

_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"hevc", b"hevx", b"msf1"}
_PICTURE, _GRID = b"hvc1", b"grid"
_OTHER_CODECS = (b"av01", b"avc1", b"vvc1", b"evc1", b"jpeg", b"j2k1", b"unci")
_KEPT, _TURNING = (b"hvcC", b"ispe", b"pixi", b"auxC", b"clap"), (b"irot", b"imir")
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
_QUARTERS = {1: Transpose.ROTATE_90, 2: Transpose.ROTATE_180, 3: Transpose.ROTATE_270}
_MIRRORS = (Transpose.FLIP_TOP_BOTTOM, Transpose.FLIP_LEFT_RIGHT)


@dataclass(frozen=True)
class _Picture:
    """What an item shows. ``tiles`` of a grid go from left to right, then down, with their data.

    ``planes`` and ``deep`` are samples a pixel, and whether those have more than 8 bit, ``beside``
    bytes that decoding takes whatever the size.
    """

    item: Item
    size: tuple[int, int]
    planes: float
    deep: bool
    beside: float
    data: bytes = b""
    columns: int = 1
    tile: tuple[int, int] = (0, 0)
    tiles: tuple[tuple[Item, bytes], ...] = ()

    @property
    def taken(self) -> float:
        """Bytes for it alone."""
        return self.size[0] * self.size[1] * _TAKEN[self.planes][self.deep] + self.beside

    @property
    def stored(self) -> float:
        """Bytes of its samples, once."""
        return self.size[0] * self.size[1] * self.planes * (1 + self.deep)

    def taken_with(self, alpha: _Picture) -> float:
        """Bytes for both: either while the second is decoded, or when they are put together."""
        each = _TAKEN_BY_ALPHA[self.deep or alpha.deep]
        return max(
            self.taken + self.size[0] * self.size[1] * each,
            self.stored + 2 * alpha.stored + self.beside + alpha.beside,
        )


def begins(data: bytes) -> bool:
    """By the names of its kinds: a film and a camera's raw file begin alike, with others."""
    if data[4:8] != b"ftyp":
        return False
    names = data[8:12], *(data[i : i + 4] for i in range(16, min(data[3], len(data)), 4))
    return not _BRANDS.isdisjoint(names)


def read(data: bytes) -> PictureFile:
    """Take a file apart. Raises ``ImageRejected``."""
    file = heif_boxes.read(data)
    shown = _picture(file, file.primary)
    alpha = next((_picture(file, number) for number in _alphas(file)), None)
    if alpha is not None and alpha.size != shown.size:
        raise TooInvolved
    cropped = shown.item.property(b"clap") is not None  # before any turn: all is left to libheif
    width, height = shown.size
    parts = [shown]
    if shown.tiles and alpha is None and not cropped and shown.tile[1] % 8 == 0:
        parts = _rows(shown, max(1, BAND_PIXELS // (width * shown.tile[1])))
    taken = shown.taken_with(alpha) if alpha else max(part.taken for part in parts)
    return PictureFile(
        kind="HEIF", bands=tuple(_file(part, alpha, cropped) for part in parts),
        size=shown.size, bytes_per_pixel=taken / (width * height),
        turns=() if cropped else _turns(shown.item), profile=_profile(shown),
    )  # fmt: skip


def _picture(file: Container, number: int) -> _Picture:
    item = file.items[number]
    if item.kind == _GRID:
        return _grid(file, item)
    if item.kind != _PICTURE:
        raise NoPicture if item.kind in _OTHER_CODECS else TooInvolved
    data, size = file.data(item), _size(item)
    coded = hevc.measure(item.property(b"hvcC") or b"", data)
    if any(inner > outer + _PADDING for inner, outer in zip(coded.size, size, strict=True)):
        raise Damaged
    deep, pixels = coded.bits > 8, coded.size[0] * coded.size[1]
    beside = max(0, pixels - size[0] * size[1]) * _TAKEN[coded.planes][deep]
    beside += (coded.kept - 1) * pixels * coded.planes * (1 + deep)
    return _Picture(item, size, coded.planes, deep, beside, data)


def _grid(file: Container, item: Item) -> _Picture:
    body, numbers = file.data(item), item.references.get(b"dimg", [])
    form = ">2B2I" if len(body) > 1 and body[1] & 1 else ">2B2H"
    if len(body) < 2 + struct.calcsize(form) or not numbers or not {*numbers} <= set(file.items):
        raise Damaged
    rows, columns, width, height = struct.unpack_from(form, body, 2)
    if len(numbers) > MOST_TILES or any(file.items[one].kind != _PICTURE for one in numbers):
        raise TooInvolved
    tiles = {number: _picture(file, number) for number in set(numbers)}
    sizes = {tile.size for tile in tiles.values()}
    across, down = sizes.pop()
    if (
        sizes or (width, height) != _size(item) or len(numbers) != (rows + 1) * (columns + 1)
        or not columns * across < width <= (columns + 1) * across
        or not rows * down < height <= (rows + 1) * down
    ):  # fmt: skip
        raise Damaged
    if sum(len(tiles[number].data) for number in numbers) > len(file.file) or any(
        tile.item.property(name) for tile in tiles.values() for name in (*_TURNING, b"clap")
    ):  # one tile in many places, decoded anew for each; tiles of another shape than they say
        raise TooInvolved
    at_once = sorted(tile.taken for tile in tiles.values())[-_THREADS:]
    return _Picture(
        item, (width, height), max(tile.planes for tile in tiles.values()),
        any(tile.deep for tile in tiles.values()), sum(at_once), body, columns + 1, (across, down),
        tuple((tiles[number].item, tiles[number].data) for number in numbers),
    )  # fmt: skip


def _rows(grid: _Picture, step: int) -> list[_Picture]:
    """The grid as several, each of ``step`` rows of tiles or, the last, of fewer."""
    found = []
    width, height = grid.size
    for first in range(0, len(grid.tiles), step * grid.columns):
        tiles = grid.tiles[first : first + step * grid.columns]
        top, count = first // grid.columns * grid.tile[1], len(tiles) // grid.columns
        size = width, min(height - top, count * grid.tile[1])
        body = struct.pack(">4B2I", 0, 1, count - 1, grid.columns - 1, *size)
        item = Item(_GRID, [(b"ispe", struct.pack(">3I", 0, *size)), *_about(grid.item, b"ispe")])
        found.append(replace(grid, item=item, size=size, data=body, tiles=tiles))
    return found


def _file(picture: _Picture, alpha: _Picture | None, turned: bool) -> bytes:
    """The picture, and what tells its transparency, in a file of their own."""
    items: list[Item] = []
    data: list[bytes] = []
    for one in (picture, alpha):
        if one is None:
            continue
        number = len(items) + 1
        item = Item(one.item.kind, _about(one.item, *(() if turned else _TURNING)))
        if one.tiles:
            item.references[b"dimg"] = list(range(number + 1, number + 1 + len(one.tiles)))
        if one is alpha:
            item.references[b"auxl"] = [1]
            if b"prem" in picture.item.references:
                items[0].references[b"prem"] = [number]
        items += item, *(Item(tile.kind, _about(tile)) for tile, _ in one.tiles)
        data += one.data, *(part for _, part in one.tiles)
    return heif_boxes.write(items, data)


def _about(item: Item, *left_out: bytes) -> list[Property]:
    """What a decoder has to know of an item; a profile is none of it."""
    wanted = [kind for kind in (*_KEPT, *_TURNING) if kind not in left_out]
    return [
        (kind, body) for kind, body in item.properties
        if kind in wanted or (kind == b"colr" and body.startswith(b"nclx"))
    ]  # fmt: skip


def _alphas(file: Container) -> list[int]:
    return [
        number for number, item in file.items.items()
        if file.primary in item.references.get(b"auxl", ())
        and (item.property(b"auxC") or b"")[4:].split(b"\0")[0] in _ALPHA
    ]  # fmt: skip


def _size(item: Item) -> tuple[int, int]:
    body = item.property(b"ispe") or b""
    if len(body) < 12:
        raise Damaged
    width, height = struct.unpack_from(">2I", body, 4)
    if not (width and height):
        raise Damaged
    return width, height


def _turns(item: Item) -> tuple[Transpose, ...]:
    found = []
    for kind, body in item.properties:
        if kind == b"irot" and body and body[0] & 3:
            found.append(_QUARTERS[body[0] & 3])
        elif kind == b"imir" and body:
            found.append(_MIRRORS[body[0] & 1])
    return tuple(found)


def _profile(picture: _Picture) -> bytes | None:
    """A profile, or else what the codes say, of the picture or of its first tile."""
    said = list(picture.item.properties)
    if picture.tiles:
        said += picture.tiles[0][0].properties
    colours = [body for kind, body in said if kind == b"colr"]
    for body in colours:
        if body[:4] in (b"prof", b"rICC"):
            return body[4:] if len(body) <= MAX_PROFILE else None
    for body in colours:
        if body.startswith(b"nclx") and len(body) >= 8:
            space = rgb_space.of_codes(*struct.unpack_from(">2H", body, 4))
            return rgb_space.as_profile(space) if space else None
    return None
