"""Names of files as the systems that pack archives write them."""

from __future__ import annotations

import io
import random
import struct
import unicodedata
import zipfile
import zlib

import pytest

from core.pictures.archive import ArchiveRejected, PhotoArchive, open_archive

PICTURE = b"\xff\xd8\xff\xe0 a picture"
AS_OFTEN = (0, 1, 0x2F, 0x5C, 0xFF)  # as all other bytes together


def packed(*names: bytes, flag: bool = False, extra: bytes = b"", table: bytes = b"file") -> bytes:
    """A zip with these bytes as names, as other programs than Python's write them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for i, name in enumerate(names):
            info = zipfile.ZipInfo(f"{i}" * len(name))
            info.extra = extra
            content = table if name.endswith(b".csv") else PICTURE
            archive.writestr(info, b"" if name.endswith((b"\\", b"/")) else content)
    whole = bytearray(data.getvalue())
    for at, head, flags in _headers(whole):
        name = names[head]
        whole[at : at + len(name)] = name
        if flag:
            struct.pack_into("<H", whole, flags, 0x800)
    return bytes(whole)


def _headers(whole: bytearray) -> list[tuple[int, int, int]]:
    """Where a name is, which it is, and where its flags are, in the files and the directory."""
    found = []
    for sign, skip, flags in ((b"PK\x03\x04", 30, 6), (b"PK\x01\x02", 46, 8)):
        at, number = whole.find(sign), 0
        while at >= 0:
            found.append((at + skip, number, at + flags))
            at, number = whole.find(sign, at + 4), number + 1
    return found


def paths(*names: bytes, flag: bool = False, extra: bytes = b"") -> list[str]:
    return open_archive(packed(*names, flag=flag, extra=extra)).paths


def test_macos_writes_utf_8_and_does_not_say_so() -> None:
    name = unicodedata.normalize("NFD", "Läsion 1.jpg")
    found = open_archive(packed(name.encode()))
    assert found.paths == [name]
    assert found.names == ["Läsion 1.jpg"]
    assert not found.names_are_guessed
    assert paths("皮膚.jpg".encode(), flag=True) == ["皮膚.jpg"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp437", "Läsion 1.jpg"), ("cp437", "Müller/Muttermal größe.jpg"),
        ("cp850", "São/lesão 1.jpg"), ("cp850", "grain de beauté.jpg"),
        ("cp1252", "Läsion 1.jpg"), ("cp1252", "lésion à gauche.jpg"), ("cp1252", "Größe.jpg"),
        ("cp852", "zdjęcia/łokieć.jpg"), ("cp1250", "žlutá skvrna.jpg"),
        ("cp866", "Родинка 1.jpg"), ("cp1251", "Фото/спина.jpg"),
        ("cp1253", "φωτογραφία 1.jpg"), ("cp1254", "fotoğraf/sağ kol.jpg"),
        ("cp932", "ほくろ 1.jpg"), ("cp932", "写真/左腕.jpg"), ("gbk", "照片/左臂.jpg"),
    ],
)  # fmt: skip
def test_windows_writes_the_code_page_of_its_country(encoding: str, name: str) -> None:
    assert paths(name.encode(encoding)) == [name]


def test_the_names_of_an_archive_are_read_in_one_code_page() -> None:
    names = ["Läsion.jpg", "ä.jpg", "Bild (1).jpg"]
    assert paths(*(name.encode("cp1252") for name in names)) == names


def test_a_name_that_is_given_in_unicode_too_is_read_from_there() -> None:
    raw, name = b"m?le.jpg", "mōle.jpg".encode()
    field = struct.pack("<BI", 1, zlib.crc32(raw)) + name
    assert paths(raw, extra=struct.pack("<HH", 0x7075, len(field)) + field) == ["mōle.jpg"]
    stale = struct.pack("<BI", 1, zlib.crc32(b"other")) + name  # of a name it had before
    assert paths(raw, extra=struct.pack("<HH", 0x7075, len(stale)) + stale) == ["m?le.jpg"]


def test_a_folder_that_windows_ends_in_a_backslash_is_one() -> None:
    found = open_archive(packed(b"photos\\", b"photos\\1.jpg", b"photos\\2.jpg"))
    assert found.paths == ["photos/1.jpg", "photos/2.jpg"]
    assert found.left_out == 0


@pytest.mark.parametrize("name", [b"\0", b"\0.jpg", b"1.jpg\0.exe"])
def test_a_name_with_a_nul_is_refused_with_a_sentence(name: bytes) -> None:
    with pytest.raises(ArchiveRejected, match="holds a file without a proper name"):
        open_archive(packed(b"1.jpg", name))


def test_a_damaged_archive_is_read_or_refused_and_nothing_else() -> None:
    sound = packed(b"photos\\", b"photos\\1.jpg", "Läsion.jpg".encode("cp850"), b"IMG_1", b"a.csv")
    refusals = []
    for seed in range(1500):
        draw = random.Random(seed)
        data = bytearray(sound)
        for _ in range(draw.randint(1, 8)):
            data[draw.randrange(len(data))] = draw.choice((*AS_OFTEN, draw.randrange(256)))
        try:
            _read_whole(open_archive(bytes(data)))
        except ArchiveRejected as refusal:
            refusals.append(str(refusal))
    assert 300 < len(refusals) < 1500
    assert all(said.startswith("This ") and said.endswith(".") for said in refusals)


def _read_whole(found: PhotoArchive) -> None:
    files = [*found, *found.tables()]
    assert all(file.name and (file.refusal or file.data is not None) for file in files)
    assert len(set(found.names)) == len(found)
