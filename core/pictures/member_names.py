"""The names in a zip's directory as whoever packed it wrote them.

A zip says that a name is UTF-8 by a flag. macOS writes UTF-8 without it; Windows and older programs
write the code page of their country and don't say which (APPNOTE.TXT, 4.4.4 and appendix D). Names
that are neither are read in the code page that makes words of them.
"""

from __future__ import annotations

import itertools
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

_UTF8 = 0x800  # the flag
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field: the name once more, in UTF-8
_CP437 = "cp437"  # what a zip without a flag is in, by its specification
# The letters, besides ASCII's, that people write in the countries of a code page.
_WESTERN = "äöüßéèêàâçñáíóúæøåëïîôùãÄÖÜÉÈÀÇÑÁÍÓÚÆØÅ"
_CENTRAL = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűöüŐŰäßăâîșț"
_CYRILLIC = "".join(map(chr, range(0x410, 0x450)))
_GREEK = "".join(map(chr, range(0x391, 0x3CA))) + "άέήίόύώΆΈΉΊΌΎΏ"
_CODE_PAGES = {
    _CP437: _WESTERN, "cp850": _WESTERN, "cp1252": _WESTERN, "cp852": _CENTRAL, "cp1250": _CENTRAL,
    "cp866": _CYRILLIC, "cp1251": _CYRILLIC, "cp737": _GREEK, "cp1253": _GREEK,
    "cp857": _WESTERN + "ğışĞİŞ", "cp1254": _WESTERN + "ğışĞİŞ",
}  # fmt: skip
_SIGNS = "–—‘’“”„…°·«»№"  # that people write in names
_ALONE = "àáåäéèíóöúýÀÁÅÄÉÈÍÓÖÚÝ"  # that are a word of their own
# Of two bytes a letter; these have a range of common letters, by the first byte and the second.
_EAST_ASIAN = {
    "cp932": re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|[\x88-\x97][\x40-\xfc]|\x81[\x40-\x7e]"),
    "gbk": re.compile(rb"[\xb0-\xd7][\xa1-\xfe]"),
}
ENCODINGS = (*_CODE_PAGES, *_EAST_ASIAN, "big5", "cp949", "mac_roman")
"""What names may be tried in where something else tells what they ought to be."""

_WORDS = re.compile(r"[^\W\d_]+")
_COMMON, _SIGN, _LETTER, _NO_LETTER, _ODD = 3.0, 2.0, 0.0, -5.0, -4.0


@dataclass(frozen=True)
class ArchiveMember:
    """A file or folder of a zip by its full name as it was written, with forward slashes.

    ``raw`` are the bytes of a name that doesn't say what it is written in.
    """

    info: zipfile.ZipInfo
    path: str
    raw: bytes | None = None

    @property
    def ending(self) -> str:
        return PurePosixPath(self.path).suffix.lower().lstrip(".")

    def read_in(self, encoding: str) -> ArchiveMember:
        """The same, its name read in one of ``ENCODINGS`` if it could be in it."""
        if self.raw is None:
            return self
        name = _decoded(self.raw, encoding) or self.raw.decode(_CP437)
        return replace(self, path=name.replace("\\", "/"))


def named(infos: Sequence[zipfile.ZipInfo]) -> list[ArchiveMember]:
    """All that is in a directory, by the names that somebody gave it."""
    members = [_member(info) for info in infos]
    untold = [member.raw for member in members if member.raw is not None]
    if not untold:
        return members
    likely = likely_encoding(untold)
    return [member.read_in(likely) for member in members]


def _member(info: zipfile.ZipInfo) -> ArchiveMember:
    if info.flag_bits & _UTF8:
        return ArchiveMember(info, info.orig_filename.replace("\\", "/"))
    raw = info.orig_filename.encode(_CP437)
    name = _unicode_path(info.extra, raw)
    name = _decoded(raw, "utf-8") if name is None else name
    if name is None:
        return ArchiveMember(info, "", raw)
    return ArchiveMember(info, name.replace("\\", "/"))


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def likely_encoding(names: Sequence[bytes]) -> str:
    """The code page in which the names of one archive look most like what people write."""
    whole = b"/".join(names)
    found = {page: _looks(whole, page) for page in (*_CODE_PAGES, *_EAST_ASIAN)}
    return max(found, key=found.__getitem__)  # of equals the first


def _looks(whole: bytes, page: str) -> float:
    text = _decoded(whole, page)
    if text is None:
        return float("-inf")
    if page in _EAST_ASIAN:
        common = sum(map(len, _EAST_ASIAN[page].findall(whole)))
        beyond = sum(len(char.encode(page)) for char in text if not char.isascii())
        beside = len(re.findall(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]", text))
        return _COMMON * common + _ODD * (beyond - common + beside)
    score = sum(_letter(char, _CODE_PAGES[page]) for char in text if not char.isascii())
    return score + sum(map(_word, _WORDS.findall(text)))


def _letter(char: str, common: str) -> float:
    if char in common:
        return _COMMON
    if char in _SIGNS:
        return _SIGN
    return _LETTER if unicodedata.category(char)[0] == "L" else _NO_LETTER


def _word(word: str) -> float:
    """Less than 0 for a word of two scripts, of accents alone, or with a capital inside."""
    scripts = {unicodedata.name(char, "?").split()[0] for char in word}
    beyond = [char for char in word if not char.isascii()]
    score = _ODD * len(beyond) * (len(scripts) > 1)
    if scripts == {"LATIN"} and len(beyond) > len(word) / 2 and word not in _ALONE:
        score += _ODD * len(beyond)
    return score + _ODD * sum(
        a.islower() and b.isupper() and not (a + b).isascii() for a, b in itertools.pairwise(word)
    )


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Info-ZIP's UTF-8 name, if it is of the name that the directory has now."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) == size > 5 and body[0] == 1:
            (crc,) = struct.unpack_from("<I", body, 1)
            if crc == zlib.crc32(raw):
                return _decoded(body[5:], "utf-8")
    return None
