"""Pictures out of an untrusted zip file: in memory, one at a time, and nothing else from it.

Nothing is ever unpacked to a disk. What counts against the limits is what is really decompressed;
what the file's own directory claims can only make a refusal come earlier. Every refusal of an
archive is an ``ArchiveRejected`` whose text is one sentence for the person who chose the file;
a member that can't be read costs that member alone.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core import images

# An upload is in memory twice for a moment, and the smallest host has 690 MB for everything.
MAX_BYTES = 100 * 2**20
# The list of an archive's members is read as a whole, before anything can be counted. One of 1 MiB
# has room for thousands of names, and costs about 10 MB of memory once read.
MAX_DIRECTORY = 2**20
_CHUNK = 2**16  # bytes decompressed at once; zipfile expands no more than it is asked for
NAME_LENGTH = 80  # what a row of a table has room for

ARCHIVES = ("zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "jar")
TABLES = ("csv",)
# What systems put into archives unasked. Names that start with a dot go with them.
_LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")
# zlib expands in bounded steps. bzip2 and LZMA may turn 4 KB into 100 MB in one step.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# Angle brackets, links, code, formulas: characters that a page or a table might act on.
_ACTIVE = re.compile(r"[<>\[\]`$|\\]")


class ArchiveRejected(ValueError):
    """The bytes are not an archive we open; ``str()`` is a sentence for the visitor."""


@dataclass(frozen=True)
class Limits:
    """How many pictures, and how many bytes decompressed: in all, and of one picture."""

    pictures: int = 200
    unpacked: int = 200 * 2**20
    each: int = images.MAX_BYTES


@dataclass(frozen=True)
class PhotoFile:
    """A file as it came. ``name`` is safe to show and unlike all others of its archive.

    ``refusal`` is a sentence for the visitor if the file can't be read; ``data`` is then empty.
    """

    name: str
    data: bytes
    refusal: str | None = None


@dataclass(frozen=True)
class PhotoArchive:
    """A zip file whose directory has been checked: ``len`` and iteration are over its pictures.

    A member counts as a picture unless it is a folder, a table or systems' litter: whatever its
    name says, its bytes go to ``core.images.open_image``, which knows pictures. Iteration reads
    one after another and raises ``ArchiveRejected`` in place of the one that breaks a limit.
    """

    _zip: zipfile.ZipFile
    _pictures: tuple[zipfile.ZipInfo, ...]
    _tables: tuple[zipfile.ZipInfo, ...]
    _limits: Limits

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[PhotoFile]:
        return _read_all(self._zip, self._pictures, self._limits)

    @property
    def names(self) -> list[str]:
        """What its pictures are called, in the order of iteration."""
        return named_apart([info.filename for info in self._pictures])

    def only(self, places: Sequence[int]) -> PhotoArchive:
        """The same archive with some of its pictures, by their places in ``names``."""
        return replace(self, _pictures=tuple(self._pictures[place] for place in places))

    def tables(self) -> Iterator[PhotoFile]:
        """The .csv files, read under the same limits."""
        return _read_all(self._zip, self._tables, self._limits)


def open_archive(data: bytes, limits: Limits | None = None) -> PhotoArchive:
    """Check a zip file before any of it is unpacked. Raises ``ArchiveRejected``."""
    bounds = limits or Limits()
    archive = _opened(data)
    members = _checked(archive)
    tables = tuple(info for info in members if _ending(info) in TABLES)
    found = tuple(info for info in members if _ending(info) not in TABLES)
    if max(len(found), len(tables)) > bounds.pictures:
        raise ArchiveRejected(
            f"This archive holds {len(members):,} files; the limit is {bounds.pictures}."
        )
    if not found:
        raise ArchiveRejected("This archive holds no pictures.")
    return PhotoArchive(archive, found, tables, bounds)


def display_name(path: str) -> str:
    """A path as it may be shown: one line, in its reading order, with nothing that acts.

    Line breaks and control characters become spaces, marks that turn the reading order round or
    can't be seen are dropped, ``<>[]`$|`` become ``_``; a long name keeps its end.
    """
    path = unicodedata.normalize("NFC", path.replace("\\", "/"))
    kinds = ((char, unicodedata.category(char)) for char in path)
    seen = "".join(
        " " if kind in ("Cc", "Zl", "Zp") else char
        for char, kind in kinds
        if kind not in ("Cf", "Cs", "Co", "Cn")
    )
    name = " ".join(_ACTIVE.sub("_", seen).split())
    if len(name) > NAME_LENGTH:
        name = "…" + name[-NAME_LENGTH + 1 :]
    return name or "unnamed"


def named_apart(paths: list[str]) -> list[str]:
    """``display_name`` of each; one that came before gets `` (2)``, `` (3)`` and so on."""
    taken: Counter[str] = Counter()
    names = []
    for path in paths:
        name = base = display_name(path)
        while taken[name]:
            taken[base] += 1
            name = f"{base} ({taken[base]})"
        taken[name] += 1
        names.append(name)
    return names


class _Guarded(io.BytesIO):
    """Refuses to hand out a directory that would fill the memory once it is taken apart."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._size = len(data)  # asking the buffer would copy it

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._size - self.tell() if size is None or size < 0 else size
        if wanted > MAX_DIRECTORY:
            raise ArchiveRejected("This archive holds too many files.")
        return super().read(size)


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_Guarded(data))
    except ArchiveRejected:
        raise
    except Exception as error:  # zipfile raises many types on damaged bytes
        raise ArchiveRejected("This file is not a zip archive, or it is damaged.") from error


def _checked(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members that are somebody's files; raises for an archive that is not just pictures."""
    found = []
    for info in archive.infolist():
        path = info.filename.replace("\\", "/")
        parts = PurePosixPath(path).parts
        if ".." in parts or re.match("/|[A-Za-z]:", path):
            raise ArchiveRejected("This archive holds a file that points outside its folder.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveRejected("This archive holds a link in place of a file.")
        if info.is_dir() or any(p in _LITTER or p.startswith(".") for p in parts):
            continue
        if _ending(info) in ARCHIVES:
            raise ArchiveRejected("This archive holds another archive, which is not opened here.")
        if info.flag_bits & _ENCRYPTED:
            raise ArchiveRejected("This archive is locked with a password.")
        if info.compress_type not in _METHODS:
            raise ArchiveRejected(
                "This archive is packed in a way that is not read here; an ordinary zip is."
            )
        found.append(info)
    return found


def _ending(info: zipfile.ZipInfo) -> str:
    return PurePosixPath(info.filename).suffix.lower().lstrip(".")


def _read_all(
    archive: zipfile.ZipFile, members: tuple[zipfile.ZipInfo, ...], limits: Limits
) -> Iterator[PhotoFile]:
    too_much = f"This archive unpacks to more than {_megabytes(limits.unpacked)}, the limit."
    if sum(min(info.file_size, limits.each + 1) for info in members) > limits.unpacked:
        raise ArchiveRejected(too_much)  # an honest directory: why begin?
    left = limits.unpacked
    names = named_apart([info.filename for info in members])
    for info, name in zip(members, names, strict=True):
        file, used = _read(archive, info, name, min(limits.each, left))
        left -= used
        if used > limits.each:
            file = PhotoFile(
                name, b"", f"This file is over the limit of {_megabytes(limits.each)}."
            )
        if left < 0:
            raise ArchiveRejected(too_much)
        yield file
        del file  # one picture in memory at a time: not this one beside the next


def _read(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, most: int
) -> tuple[PhotoFile, int]:
    """A member, and how many bytes were decompressed for it: at most ``most`` and one chunk."""
    parts, used = [], 0
    try:
        with archive.open(info) as member:
            while used <= most and (part := member.read(_CHUNK)):
                used += len(part)
                parts.append(part)
    except Exception:  # damaged members raise many types
        return PhotoFile(name, b"", "This file is damaged inside the archive."), used
    return PhotoFile(name, b"".join(parts)), used


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.3g} MB"
