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
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core import images
from core.pictures import file_kinds
from core.pictures.display_names import named_apart
from core.pictures.member_names import ArchiveMember, named

# An upload is in memory twice for a moment: two of the largest at once fit into 690 MiB beside all
# else (``python -m tests.attacks --only zips``).
MAX_BYTES = 48 * 2**20
# The list of an archive's members is read as a whole, before anything can be counted. One of 1 MiB
# has room for thousands of names, and costs about 10 MB of memory once read.
MAX_DIRECTORY = 2**20
_CHUNK = 2**16  # bytes decompressed at once; zipfile expands no more than it is asked for

ARCHIVES = ("zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "jar")
TABLES = ("csv", "tsv", "tab")
TEXT = "txt"  # what Excel calls its 'Unicode text', and so do licences and notes
_MOST_TEXTS = 20  # that are looked into for a table
# zlib expands in bounded steps. bzip2 and LZMA may turn 4 KB into 100 MB in one step.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # by password, strongly, and the directory too
_FOLDER = 0x10  # MS-DOS's attribute


class ArchiveRejected(ValueError):
    """The bytes are not an archive we open; ``str()`` is a sentence for the visitor."""


@dataclass(frozen=True)
class ArchiveLimits:
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

    Which members are pictures ``core.pictures.file_kinds`` tells; ``left_out`` counts those that
    are neither a picture nor a table. Iteration reads one after another and raises
    ``ArchiveRejected`` in place of the one that breaks a limit.
    """

    _zip: zipfile.ZipFile
    _pictures: tuple[ArchiveMember, ...]
    _tables: tuple[ArchiveMember, ...]
    _texts: tuple[ArchiveMember, ...]
    _limits: ArchiveLimits
    left_out: int = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[PhotoFile]:
        return _read_all(self._zip, self._pictures, self._limits)

    @property
    def paths(self) -> list[str]:
        """Its pictures' own full names, with forward slashes: what they are known by."""
        return [member.path for member in self._pictures]

    @property
    def names(self) -> list[str]:
        """What its pictures are called on a page, in the order of iteration."""
        return named_apart(self.paths)

    @property
    def names_are_guessed(self) -> bool:
        """Whether a name could be written in more than one way."""
        return any(member.raw is not None for member in (*self._pictures, *self._tables))

    def read_in(self, encoding: str) -> PhotoArchive:
        """The same, with names that don't say what they are written in read in ``encoding``."""
        pictures, tables = (
            tuple(member.read_in(encoding) for member in members)
            for members in (self._pictures, self._tables)
        )
        return replace(self, _pictures=pictures, _tables=tables)

    def with_texts(self, is_table: Callable[[bytes], bool], most: int) -> PhotoArchive:
        """The same, where of its texts, some and of ``most`` bytes, those that are tables count."""
        asked = tuple(member for member in self._texts if member.info.file_size <= most)
        asked = asked[:_MOST_TEXTS]
        files = _read_all(self._zip, asked, self._limits)
        found = tuple(m for m, f in zip(asked, files, strict=True) if is_table(f.data[:most]))
        return replace(
            self, _tables=self._tables + found, _texts=(), left_out=self.left_out - len(found)
        )

    def only(self, places: Sequence[int]) -> PhotoArchive:
        """The same archive with some of its pictures, by their places in ``paths``."""
        return replace(self, _pictures=tuple(self._pictures[place] for place in places))

    def table_paths(self) -> list[str]:
        """The full names of its tables."""
        return [member.path for member in self._tables]

    def tables(self) -> Iterator[PhotoFile]:
        """The tables, read under the same limits."""
        return _read_all(self._zip, self._tables, self._limits)


def open_archive(data: bytes, limits: ArchiveLimits | None = None) -> PhotoArchive:
    """Check a zip file before any of it is unpacked. Raises ``ArchiveRejected``."""
    bounds = limits or ArchiveLimits()
    try:
        archive = zipfile.ZipFile(_Guarded(data))
        members = _checked(named(archive.infolist()))
        tables = tuple(member for member in members if _is_named(member, TABLES))
        others = [member for member in members if not _is_named(member, TABLES)]
        found = tuple(member for member in others if _is_picture(archive, member))
    except ArchiveRejected:
        raise
    except Exception as error:  # zipfile raises many types on damaged bytes
        raise ArchiveRejected("This file is not a zip archive, or it is damaged.") from error
    for kind, count in (("pictures", len(found)), ("tables", len(tables))):
        if count > bounds.pictures:
            raise ArchiveRejected(
                f"This archive holds {count:,} {kind}; the limit is {bounds.pictures}."
            )
    if not found:
        raise ArchiveRejected("This archive holds no pictures.")
    texts = tuple(member for member in others if _is_named(member, (TEXT,)))
    return PhotoArchive(archive, found, tables, texts, bounds, len(others) - len(found))


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


def _checked(members: Iterable[ArchiveMember]) -> list[ArchiveMember]:
    """Those that are files; raises for an archive that is not just pictures."""
    found = []
    for member in members:
        info, path = member.info, member.path
        if not path or "\0" in path:
            raise ArchiveRejected("This archive holds a file without a proper name.")
        if ".." in PurePosixPath(path).parts or re.match("/|[A-Za-z]:", path):
            raise ArchiveRejected("This archive holds a file that points outside its folder.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveRejected("This archive holds a link in place of a file.")
        if path.endswith("/") or (info.external_attr & _FOLDER and not info.file_size):
            continue
        if not file_kinds.is_litter(PurePosixPath(path)):
            _check_packing(member)
        found.append(member)
    return found


def _is_named(member: ArchiveMember, endings: Sequence[str]) -> bool:
    """Whether it has such an ending and no system put it there: macOS adds a ``._`` of each."""
    return member.ending in endings and not file_kinds.is_litter(PurePosixPath(member.path))


def _check_packing(member: ArchiveMember) -> None:
    if member.ending in ARCHIVES:
        raise ArchiveRejected("This archive holds another archive, which is not opened here.")
    if member.info.flag_bits & _ENCRYPTED:
        raise ArchiveRejected("This archive is locked with a password.")
    if member.info.compress_type not in _METHODS:
        raise ArchiveRejected(
            "This archive is packed in a way that is not read here; an ordinary zip is."
        )


def _is_picture(archive: zipfile.ZipFile, member: ArchiveMember) -> bool:
    by_name = file_kinds.is_picture_by_name(PurePosixPath(member.path))
    if by_name is not None:
        return by_name
    try:
        with archive.open(member.info) as file:
            return file_kinds.begins_as_picture(file.read(file_kinds.HEAD))
    except Exception:  # damaged members raise many types
        return False


def _read_all(
    archive: zipfile.ZipFile, members: tuple[ArchiveMember, ...], limits: ArchiveLimits
) -> Iterator[PhotoFile]:
    too_much = f"This archive unpacks to more than {_megabytes(limits.unpacked)}, the limit."
    if sum(min(member.info.file_size, limits.each + 1) for member in members) > limits.unpacked:
        raise ArchiveRejected(too_much)  # an honest directory: why begin?
    left = limits.unpacked
    names = named_apart(member.path for member in members)
    for member, name in zip(members, names, strict=True):
        file, used = _read(archive, member.info, name, min(limits.each, left))
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
