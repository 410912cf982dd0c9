from __future__ import annotations

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pictures.archive import ArchiveLimits, ArchiveRejected, open_archive
from core.pictures.drawn_lesion import draw_lesion

ROOT = Path(__file__).resolve().parents[3]
MB = 2**20
RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT OVERRIDE}"


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file with these members, in this order, two of one name if need be."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(_info(name, method), data)
    return buffer.getvalue()


def _info(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename, info.compress_type = name, method  # zipfile would tidy the name up
    return info


def refusal(data: bytes, limits: ArchiveLimits | None = None) -> str:
    with pytest.raises(ArchiveRejected) as caught:
        list(open_archive(data, limits))
    sentence = str(caught.value)
    assert sentence.startswith("This ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.fixture(scope="module")
def lesion() -> bytes:
    buffer = io.BytesIO()
    draw_lesion(120, 90).save(buffer, "JPEG")
    return buffer.getvalue()


def test_pictures_come_out_as_they_went_in_and_in_order(lesion: bytes) -> None:
    archive = open_archive(packed(("b/2.jpg", lesion), ("a/1.png", b"other")))
    assert len(archive) == 2
    assert [(f.name, f.data, f.refusal) for f in archive] == [
        ("b/2.jpg", lesion, None), ("a/1.png", b"other", None),
    ]  # fmt: skip
    assert len(list(archive)) == 2  # again, from the start


def test_stored_members_are_read_too(lesion: bytes) -> None:
    (file,) = open_archive(packed(("1.jpg", lesion), method=zipfile.ZIP_STORED))
    assert file.data == lesion


def test_folders_tables_and_litter_are_no_pictures(lesion: bytes) -> None:
    archive = open_archive(
        packed(
            ("mine/", b""), ("mine/1.jpg", lesion), ("__MACOSX/mine/._1.jpg", b"x"),
            ("mine/.DS_Store", b"x"), ("Thumbs.db", b"x"), ("mine/list.CSV", b"file\n1.jpg\n"),
            ("__MACOSX/mine/._list.CSV", b"x"),
        )
    )  # fmt: skip
    assert [f.name for f in archive] == ["mine/1.jpg"]
    assert [(f.name, f.data) for f in archive.tables()] == [("mine/list.CSV", b"file\n1.jpg\n")]
    assert archive.left_out == 4


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no archive at all" * 9, b"\xff\xd8\xff"])
def test_what_is_no_archive_is_refused_with_a_sentence(data: bytes) -> None:
    assert "not a zip archive, or it is damaged" in refusal(data)


def test_an_archive_without_pictures_is_refused_with_a_sentence() -> None:
    assert "holds no pictures" in refusal(packed(("list.csv", b"file\n")))
    assert "holds no pictures" in refusal(packed())


@pytest.mark.parametrize(
    "name",
    ["../up.jpg", "a/../../up.jpg", "/etc/passwd", "//host/x.jpg", "C:/x.jpg", "C:x.jpg",
     "..\\up.jpg", "a\\..\\..\\up.jpg", "\\\\host\\x.jpg"],
)  # fmt: skip
def test_a_path_that_leaves_its_folder_is_refused_with_a_sentence(name: str, lesion: bytes) -> None:
    assert "points outside its folder" in refusal(packed(("1.jpg", lesion), (name, lesion)))


def test_dots_in_a_name_are_no_way_out(lesion: bytes) -> None:
    (file,) = open_archive(packed(("holiday...jpg", lesion)))
    assert file.data == lesion


def test_a_link_is_refused_with_a_sentence() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("1.jpg")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "holds a link" in refusal(buffer.getvalue())


@pytest.mark.parametrize("ending", ["zip", "ZIP", "7z", "tar.gz", "rar"])
def test_an_archive_in_an_archive_is_refused_with_a_sentence(ending: str, lesion: bytes) -> None:
    inner = packed(("1.jpg", lesion))
    assert "another archive" in refusal(packed(("1.jpg", lesion), (f"more.{ending}", inner)))


def test_an_archive_that_calls_itself_a_picture_is_never_opened(lesion: bytes) -> None:
    inner = packed(("../1.jpg", lesion))
    (file,) = open_archive(packed(("1.jpg", inner)))
    assert file.data == inner  # bytes that open_image will refuse


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_a_password_is_told(flag: int, lesion: bytes) -> None:
    data = bytearray(packed(("1.jpg", lesion)))
    for at in (6, data.index(b"PK\x01\x02") + 8):  # the member's own header, and the directory
        data[at : at + 2] = (int.from_bytes(data[at : at + 2], "little") | flag).to_bytes(
            2, "little"
        )
    assert "locked with a password" in refusal(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_expand_without_bound_are_refused(method: int) -> None:
    bomb = packed(("1.jpg", bytes(50 * MB)), method=method)
    tracemalloc.start()
    assert "an ordinary zip is" in refusal(bomb)
    assert tracemalloc.get_traced_memory()[1] < 1 * MB
    tracemalloc.stop()


def test_one_damaged_member_costs_that_member_alone(lesion: bytes) -> None:
    data = bytearray(packed(("1.jpg", lesion), ("2.jpg", lesion), method=zipfile.ZIP_STORED))
    at = data.index(lesion)
    data[at + 50] ^= 0xFF
    bad, good = open_archive(bytes(data))
    assert bad.refusal == "This file is damaged inside the archive."
    assert bad.data == b""
    assert good.data == lesion


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_damage_ends_in_a_sentence_or_in_rows(draw: st.DataObject) -> None:
    data = bytearray(packed(("a.jpg", b"abc" * 40), ("b.jpg", b"xyz" * 40)))
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        files = list(open_archive(bytes(data[: draw.draw(st.integers(0, len(data)))])))
    except ArchiveRejected:
        return
    assert all(f.refusal or f.data in (b"abc" * 40, b"xyz" * 40, b"") for f in files)


# --- limits


def test_more_pictures_than_the_limit_are_refused_and_as_many_are_not() -> None:
    members = [(f"{i}.jpg", b"x") for i in range(201)]
    assert "holds 201 pictures; the limit is 200" in refusal(packed(*members))
    assert len(list(open_archive(packed(*members[:200])))) == 200
    assert len(open_archive(packed(*members), ArchiveLimits(pictures=500))) == 201


def test_ten_thousand_empty_files_are_refused_with_memory_flat() -> None:
    data = packed(*((f"{i}.jpg", b"") for i in range(10_000)))
    tracemalloc.start()
    assert "holds 10,000 pictures; the limit is 200" in refusal(data)
    assert tracemalloc.get_traced_memory()[1] < 12 * MB
    tracemalloc.stop()


def test_a_directory_of_a_hundred_thousand_names_is_not_even_taken_apart() -> None:
    data = packed(*((f"{i}.jpg", b"") for i in range(30_000)))
    tracemalloc.start()
    assert refusal(data) == "This archive holds too many files."
    assert tracemalloc.get_traced_memory()[1] < 1 * MB
    tracemalloc.stop()


def test_a_bomb_is_stopped_by_what_is_really_unpacked() -> None:
    # Members that overlap: 60 directory entries, all of one megabyte of data.
    data = bytearray(packed(("0.jpg", bytes(MB))))
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = bytes(data[start:end])
    data[start:] = entry * 60
    data += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60, 60, len(entry) * 60, start, 0)
    limits = ArchiveLimits(unpacked=20 * MB)
    assert "unpacks to more than 20 MB" in refusal(bytes(data), limits)
    # The same with a directory that says one byte each: nothing is believed, nothing is drawn.
    lying = bytearray(data)
    for i in range(60):
        struct.pack_into("<L", lying, start + i * len(entry) + 24, 1)
    tracemalloc.start()
    files = list(open_archive(bytes(lying), limits))
    assert all(f.refusal for f in files)
    assert tracemalloc.get_traced_memory()[1] < 3 * MB
    tracemalloc.stop()


def test_bytes_unpacked_for_a_picture_that_is_refused_count_as_well() -> None:
    limits = ArchiveLimits(unpacked=4 * MB, each=MB)
    data = packed(*((f"{i}.jpg", bytes(2 * MB)) for i in range(3)), ("3.jpg", bytes(MB - 10)))
    files = iter(open_archive(data, limits))  # its directory adds up to just under 4 MB
    assert [next(files).refusal for _ in range(3)] == ["This file is over the limit of 1 MB."] * 3
    with pytest.raises(ArchiveRejected, match="more than 4 MB"):
        next(files)


def test_a_picture_over_its_own_limit_costs_that_picture_alone(lesion: bytes) -> None:
    data = packed(("big.jpg", bytes(11 * MB)), ("1.jpg", lesion), ("edge.jpg", bytes(10 * MB)))
    big, small, edge = open_archive(data)
    assert big.refusal == "This file is over the limit of 10 MB."
    assert small.data == lesion
    assert edge.refusal is None
    assert len(edge.data) == 10 * MB


def test_memory_is_flat_over_many_pictures() -> None:
    blocks = [bytes([i]) * MB for i in range(100)]
    data = packed(*((f"{i}.jpg", block) for i, block in enumerate(blocks)))
    del blocks
    tracemalloc.start()
    total = sum(len(file.data) for file in open_archive(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 100 * MB
    assert peak < 4 * MB  # one picture, the one before it, and a chunk


def test_the_archive_itself_is_not_copied() -> None:
    data = packed(("1.jpg", bytes(9 * MB)), ("2.jpg", b"x"), method=zipfile.ZIP_STORED)
    tracemalloc.start()
    assert len(open_archive(data)) == 2
    assert tracemalloc.get_traced_memory()[1] < 1 * MB
    tracemalloc.stop()


def test_a_bomb_of_270_mb_takes_the_process_less_than_40_mib(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(3):
            with archive.open(f"{i}.jpg", "w") as member:
                for _ in range(90):
                    member.write(bytes(MB))
    script = (
        "import resource, sys; from core.pictures.archive import *\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"data = open({str(tmp_path / 'bomb.zip')!r}, 'rb').read()\n"
        "before = peak()\n"
        "files = list(open_archive(data))\n"
        "assert [f.refusal for f in files] == ['This file is over the limit of 10 MB.'] * 3\n"
        "sys.exit(peak() - before > 40 * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_two_members_of_one_name_both_come_out() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("1.jpg", b"one"), ("1.jpg", b"two"), (f"1{RIGHT_TO_LEFT}.jpg", b"three"))
    assert [(f.name, f.data) for f in open_archive(data)] == [
        ("1.jpg", b"one"), ("1.jpg (2)", b"two"), ("1.jpg (3)", b"three"),
    ]  # fmt: skip
