"""JPEG: its segments, counted, and a file of those alone that its pixels are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from core.decoding import exif, rgb_space
from core.decoding.picture_file import MAX_PROFILE, Damaged, NoPicture, PictureFile, TooInvolved

START, END = b"\xff\xd8", b"\xff\xd9"
# A film or a gain map of 10 MB beside the picture has 160 segments; every other file a dozen.
MOST_SEGMENTS = 4096
# Programs write 10 scans, the most thorough 64. Each is a walk over coefficients, and how many of
# those there are a file of few bytes can choose.
MOST_SCANS = 100
MOST_VISITS = 1_500_000_000

_NO_DATA = 64  # zeros in a row: no encoder's code for blocks is so even

# Any marker, but not a stuffed 0, a filling 0xFF or one of the eight where decoding restarts.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_FRAMES, _PROGRESSIVE = (0xC0, 0xC1, 0xC2), 0xC2
# Lossless, hierarchical, arithmetic coding: no camera writes them, and no browser shows them.
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xDE)
_TABLES = (0xC4, 0xDB, 0xDD)  # Huffman, quantisation, restarts
_SCAN, _END = 0xDA, 0xD9
_ALONE = (0x01, 0xD8)  # no length follows
_JFIF, _EXIF, _ADOBE = b"JFIF\0", b"Exif\0\0", b"Adobe"
_XMP, _PROFILE = b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_NAMES = {0xE0: (_JFIF,), 0xE1: (_EXIF, _XMP), 0xE2: (_PROFILE,), 0xEE: (_ADOBE,)}


def begins(data: bytes) -> bool:
    return data.startswith(START + b"\xff")


def read(data: bytes) -> PictureFile:
    """Take the first picture of a file apart. Raises ``ImageRejected``."""
    segments = list(_segments(data))
    frame = _only_frame(segments)
    scans = [one for one in segments if one.kind == _SCAN]
    if not scans:
        raise Damaged
    visits = sum(frame.visits(bytes(scan.body)) for scan in scans)
    if len(scans) > MOST_SCANS or visits > MOST_VISITS:
        raise TooInvolved
    said: dict[bytes, _Segment] = {}
    profile: list[bytes] = []
    for one in segments[: segments.index(scans[0])]:
        if one.name == _PROFILE:
            profile.append(one.said)
        elif one.name:
            said.setdefault(one.name, one)
    kept: list[bytes | memoryview] = [START]
    kept += (said[name].whole for name in (_JFIF, _ADOBE) if name in said)  # how colours are coded
    for one in segments:
        if one.kind in (*_TABLES, *_FRAMES, _SCAN):
            kept += one.whole, one.coded
    kept.append(END)
    ended = segments[-1].kind == _END
    if not ended and frame.progressive and not frame.is_complete([bytes(s.body) for s in scans]):
        raise Damaged
    by_camera = said[_EXIF].said if _EXIF in said else None
    adobe = rgb_space.ADOBE if exif.says_adobe_rgb(by_camera) else None
    return PictureFile(
        kind="JPEG",
        bands=(b"".join(kept),),
        size=frame.size,
        bytes_per_pixel=frame.bytes_per_pixel if frame.progressive or len(scans) > 1 else 0,
        turns=exif.turns(by_camera, said[_XMP].said if _XMP in said else None),
        profile=_joined(profile) or (rgb_space.as_profile(adobe) if adobe else None),
        ended=ended and not frame.progressive,  # any of many scans may have been cut
    )


def with_noise(file: PictureFile) -> PictureFile:
    """The same, but where its data ends comes noise: only a picture that lacks rows differs.

    A long run of zeros at the end is no data: a download that broke off leaves a file like that.
    """
    noise = bytes(range(1, 255)) * 8
    coded = file.bands[0][: -len(END)]
    bare = coded.rstrip(b"\0")
    coded = bare if len(coded) - len(bare) >= _NO_DATA else coded
    return replace(file, bands=(coded.rstrip(b"\xff") + noise + END,))


@dataclass(frozen=True, eq=False)
class _Segment:
    """``coded`` is what follows a scan's head, up to the next marker."""

    kind: int
    whole: memoryview
    coded: memoryview

    @property
    def body(self) -> memoryview:
        return self.whole[4:]

    @property
    def name(self) -> bytes:
        """What kind of note it is, if of one that is read here."""
        return next((one for one in _NAMES.get(self.kind, ()) if self.body[: len(one)] == one), b"")

    @property
    def said(self) -> bytes:
        return bytes(self.body[len(self.name) :])


def _segments(data: bytes) -> Iterator[_Segment]:
    """All up to the end mark, which comes last if it is there."""
    view, at = memoryview(data), len(START)
    for _ in range(MOST_SEGMENTS):
        marker = _MARKER.search(data, at)
        if marker is None:
            return
        kind, start, at = marker[1][0], marker.start(), marker.end()
        if kind == _END:
            yield _Segment(kind, view[start:at], view[:0])
            return
        if kind in _ALONE:
            continue
        end = at + int.from_bytes(view[at : at + 2])
        if end < at + 2 or end > len(data):
            raise Damaged
        at = end
        if kind == _SCAN:
            following = _MARKER.search(data, at)
            at = len(data) if following is None else following.start()
        yield _Segment(kind, view[start:end], view[end:at])
    raise TooInvolved


@dataclass(frozen=True)
class _Frame:
    """``blocks``: how many of 64 coefficients each component has, by its number."""

    progressive: bool
    size: tuple[int, int]
    blocks: dict[int, int]

    @property
    def bytes_per_pixel(self) -> float:
        """What a decoder keeps where it can't finish one row of blocks after another."""
        return sum(self.blocks.values()) * 64 * 2 / (self.size[0] * self.size[1])

    def visits(self, scan: bytes) -> int:
        """How many coefficients a scan goes over, whether or not anything is coded for them."""
        count = scan[0] if scan else 0
        if len(scan) < 4 + 2 * count:
            raise Damaged
        first, last = scan[1 + 2 * count], scan[2 + 2 * count]
        each = max(1, last - first + 1) if self.progressive else 64
        return each * sum(self.blocks.get(scan[1 + 2 * i], 0) for i in range(count))

    def is_complete(self, scans: list[bytes]) -> bool:
        """Whether the last bit of every coefficient of every component has its scan."""
        left = {name: set(range(64)) for name in self.blocks}
        for scan in scans:
            first, last, bits = scan[1 + 2 * scan[0] :][:3]
            if not bits & 15:
                for i in range(scan[0]):
                    left.get(scan[1 + 2 * i], set()).difference_update(range(first, last + 1))
        return not any(left.values())


def _only_frame(segments: list[_Segment]) -> _Frame:
    frames = [one for one in segments if one.kind in (*_FRAMES, *_OTHER_FRAMES)]
    if len(frames) != 1:
        raise Damaged
    kind, body = frames[0].kind, bytes(frames[0].body)
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise Damaged
    if kind in _OTHER_FRAMES or body[0] != 8 or body[5] not in (1, 3, 4):  # bits, components
        raise NoPicture
    height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    sampling = {body[i]: (body[i + 1] >> 4, body[i + 1] & 15) for i in range(6, len(body), 3)}
    if not (width and height) or len(sampling) != body[5]:
        raise Damaged
    if not all(0 < h <= 4 and 0 < v <= 4 for h, v in sampling.values()):
        raise Damaged
    across, down = (max(factors) for factors in zip(*sampling.values(), strict=True))
    blocks = {
        name: ceil(width / (8 * across)) * h * ceil(height / (8 * down)) * v
        for name, (h, v) in sampling.items()
    }
    return _Frame(kind == _PROGRESSIVE, (width, height), blocks)


def _joined(pieces: list[bytes]) -> bytes | None:
    """A profile from its numbered pieces; ``None`` if some are missing or it is too large."""
    ordered = sorted(pieces)
    if not ordered or any(len(piece) < 2 for piece in ordered) or ordered[0][1] != len(ordered):
        return None
    whole = b"".join(piece[2:] for piece in ordered)
    return whole if len(whole) <= MAX_PROFILE else None
