"""Which files beside people's pictures are no pictures."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import PurePosixPath

import pytest

from core.pictures.archive import ArchiveLimits, ArchiveRejected, open_archive
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.file_kinds import begins_as_picture, is_picture_by_name, left_out
from tests.core.encoded import encode

LITTER = (
    "__MACOSX/._1.jpg", "a/.DS_Store", "Thumbs.db", "a/desktop.ini", "moles/Icon\r",
    "a/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", ".ipynb_checkpoints/1-checkpoint.jpg",
    "#recycle/1.jpg",
)  # fmt: skip
SIDE = (
    "attribution.txt", "licenses/CC-BY.txt", "IMG_1.MOV", "IMG_1.AAE", "archive_browser.html",
    "IMG_1.jpg.supplemental-metadata.json", "notes.docx",
)  # fmt: skip


@pytest.fixture(scope="module")
def lesion() -> bytes:
    return encode(draw_lesion(120, 90), "JPEG")


def packed(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo("x")
            info.filename = name  # zipfile would tidy it up
            archive.writestr(info, content)
    return data.getvalue()


@pytest.mark.parametrize("path", [*LITTER, *SIDE])
def test_what_systems_and_cameras_put_beside_pictures_is_none(path: str) -> None:
    assert is_picture_by_name(PurePosixPath(path)) is False


@pytest.mark.parametrize("path", ["a/1.JPG", "1.jfif", "1.jpe", "1.hif", "1.tif", "1.dng", "1.dcm"])
def test_what_is_named_as_a_picture_is_one(path: str) -> None:
    assert is_picture_by_name(PurePosixPath(path)) is True


@pytest.mark.parametrize("path", ["IMG_0001", "README", "1.jpg~", "1.JPG (1)", "a.b/photo"])
def test_other_names_say_nothing(path: str) -> None:
    assert is_picture_by_name(PurePosixPath(path)) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_content_tells_a_picture_by_its_first_bytes(kind: str) -> None:
    assert begins_as_picture(encode(draw_lesion(120, 90), kind)[:64])
    assert not begins_as_picture(b"MIT License, " * 5)


def test_an_export_gives_its_pictures_and_counts_the_rest_in_one_sentence(lesion: bytes) -> None:
    others = dict.fromkeys((*LITTER, *SIDE), b"x" * 2000)
    found = open_archive(packed({"a/1.jpg": lesion, "a/2.heic": b"words", **others}))
    assert [file.name for file in found] == ["a/1.jpg", "a/2.heic"]  # named so, whatever is in it
    assert found.left_out == len(LITTER) + len(SIDE) == 15
    assert left_out(found.left_out) == "15 files that are no pictures were left out."
    assert left_out(1) == "1 file that is no picture was left out."
    assert left_out(0) == ""


def test_a_photo_without_an_ending_is_one_and_a_licence_without_is_none(lesion: bytes) -> None:
    found = open_archive(packed({"IMG_1": lesion, "LICENSE": b"MIT", "IMG_2.JPG (1)": lesion}))
    assert found.paths == ["IMG_1", "IMG_2.JPG (1)"]
    assert found.left_out == 1


def test_a_hundred_and_one_live_photos_are_within_two_hundred(lesion: bytes) -> None:
    members = {}
    for i in range(101):
        members |= {f"IMG_{i}.JPG": lesion, f"IMG_{i}.MOV": b"film", f"IMG_{i}.AAE": b"<plist>"}
    found = open_archive(packed(members), ArchiveLimits(pictures=200))
    assert (len(found), found.left_out) == (101, 202)


def test_side_files_alone_are_no_pictures() -> None:
    with pytest.raises(ArchiveRejected, match="holds no pictures"):
        open_archive(packed({"attribution.txt": b"x", "IMG_1.MOV": b"film"}))


def test_a_locked_film_is_not_in_the_way_of_nothing(lesion: bytes) -> None:
    data = bytearray(packed({"__MACOSX/x.zip": b"x", "1.jpg": lesion}))
    assert len(open_archive(bytes(data))) == 1  # a system's own files are not looked into
    struct.pack_into("<H", data, 6, 1)
    assert len(open_archive(bytes(data))) == 1
