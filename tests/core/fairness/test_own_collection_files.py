"""A label goes to the picture whose full name the table says, and to no other."""

from __future__ import annotations

import io
import unicodedata
import zipfile

import pytest
from PIL import Image

from core.fairness import own_collection
from core.fairness.own_collection import CollectionRejected, OwnCollection, read
from core.images import open_image
from core.pictures.display_names import NAME_LENGTH
from tests.core.encoded import encode
from tests.core.pictures.test_member_names import packed as packed_raw

LONG = "Dermoscopy images exported from the clinic archive 2024/left forearm, dorsal view/IMG_1.jpg"
FIRST, SECOND = (f"Patient {number}/{LONG}" for number in ("0001", "0002"))


def zipped(lines: list[str], members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("labels.csv", "\n".join(["file,label,site", *lines]))
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def pairs(found: OwnCollection) -> set[tuple[int, bytes]]:
    contents = [file.data for file in found.archive]
    return set(zip(found.table["label"], contents, strict=True))


def colour(data: bytes) -> tuple[int, ...]:
    return open_image(data).resize((1, 1)).getpixel((0, 0))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def patients() -> dict[str, bytes]:
    fills = {FIRST: (0, 0, 255), SECOND: (255, 0, 0)}
    return {name: encode(Image.new("RGB", (96, 96), fill), "PNG")
            for name, fill in fills.items()}  # fmt: skip


def test_of_two_paths_alike_at_their_ends_only_the_one_that_is_listed_is_taken(
    patients: dict[str, bytes],
) -> None:
    found = read(zipped([f'"{SECOND}",malignant,arm'], patients))
    assert list(found.table["label"]) == [1]
    (picture,) = found.archive
    assert colour(picture.data) == (255, 0, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_each_patient_keeps_their_own_label_in_either_order(
    patients: dict[str, bytes], order: tuple[int, int]
) -> None:
    lines = [f'"{FIRST}",benign,arm', f'"{SECOND}",malignant,arm']
    found = read(zipped([lines[i] for i in order], patients))
    assert {(label, colour(data)) for label, data in pairs(found)} == {
        (0, (0, 0, 255)), (1, (255, 0, 0)),
    }  # fmt: skip
    names = list(found.table["file"])
    assert names == [file.name for file in found.archive]
    assert names[0].startswith("Patient 0001/")  # told apart by eye as well
    assert names[1].startswith("Patient 0002/")
    assert all(len(name) <= NAME_LENGTH for name in names)


def test_characters_that_look_alike_on_a_page_are_not_alike() -> None:
    members = {"mole[1].jpg": b"first", "mole_1_.jpg": b"second"}
    found = read(zipped(["mole_1_.jpg,malignant,arm"], members))
    assert pairs(found) == {(1, b"second")}
    both = read(zipped(["mole_1_.jpg,malignant,x", "mole[1].jpg,benign,x"], members))
    assert pairs(both) == {(0, b"first"), (1, b"second")}
    assert both.table["file"].nunique() == 2
    assert pairs(
        read(zipped(["mole[1].jpg,benign,x"], {"mole_1_.jpg": b"x", "mole[1].jpg": b"y"}))
    ) == {(0, b"y")}


def test_a_table_that_means_another_picture_of_a_like_name_gets_none() -> None:
    with pytest.raises(CollectionRejected, match="No file that the CSV names is in the archive"):
        read(zipped(["mole[1].jpg,benign,x"], {"mole_1_.jpg": b"x"}))


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        ("1.JPG", "1.jpg"), ("a\\1.jpg", "a/1.jpg"), ("./1.jpg", "1.jpg"),
        (unicodedata.normalize("NFD", "Läsion.jpg"), "Läsion.jpg"),
        ("\N{ZERO WIDTH SPACE}1.jpg", "1.jpg"), ("a\N{NO-BREAK SPACE}b.jpg", "a b.jpg"),
        ("ISIC_0000001", "ISIC_0000001.jpg"), ("ISIC_0000001", "images/ISIC_0000001.JPG"),
    ],
)  # fmt: skip
def test_one_name_written_in_two_ways_is_found(listed: str, name: str) -> None:
    assert pairs(read(zipped([f"{listed},malignant,x"], {name: b"it"}))) == {(1, b"it")}


@pytest.mark.parametrize(
    ("listed", "names"), [("1.Jpg", ("1.jpg", "1.JPG")), ("1", ("1.jpg", "1.png"))]
)
def test_a_name_that_could_be_two_pictures_is_neither(listed: str, names: tuple[str, str]) -> None:
    with pytest.raises(CollectionRejected, match="not even"):
        read(zipped([f"{listed},malignant,x"], dict.fromkeys(names, b"x")))


def test_what_is_written_letter_by_letter_goes_first_in_either_order() -> None:
    members = {"1.jpg": b"small", "1.JPG": b"capital"}
    lines = ["1.JPG,malignant,x", "1.jpg,benign,x"]
    for order in (lines, lines[::-1]):
        assert pairs(read(zipped(order, members))) == {(1, b"capital"), (0, b"small")}


def test_two_lines_for_one_picture_are_refused() -> None:
    with pytest.raises(CollectionRejected, match=r"lists 1.jpg, images/1.jpg: one picture"):
        read(zipped(["1.jpg,benign,x", "images/1.jpg,malignant,x"], {"images/1.jpg": b"x"}))


@pytest.mark.parametrize("name", [" ", "\t", "\u200b", "\u202e", "\uff0e", ".", "./.", "a/ /b"])
def test_a_picture_without_a_name_that_can_be_seen_is_no_trouble(name: str) -> None:
    picture = encode(Image.new("RGB", (96, 96)), "JPEG")
    found = read(zipped(["1.jpg,benign,x", "\uff0e/\uff0e,malignant,x"],
                        {name: picture, "1.jpg": picture}))  # fmt: skip
    assert list(found.table["file"]) == ["1.jpg"]
    assert any("in the archive is not in the CSV" in note for note in found.notes)


def test_a_long_table_is_compared_with_names_in_one_code_page_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With all of them a zip of 1 MB took 53 seconds."""
    names = ["znamię 1.jpg".encode("cp1250"), "zmiana ę.jpg".encode("cp1250")]
    tried: list[int] = []
    places = own_collection.listed_files.places
    monkeypatch.setattr(
        own_collection.listed_files, "places",
        lambda paths, files, folder: tried.append(len(files)) or places(paths, files, folder),
    )  # fmt: skip
    for lines, once in ((1_000, False), (20_000, True)):
        tried.clear()
        table = "file,label,site\n" + "".join(f"{i}.jpg,benign,x\n" for i in range(lines))
        with pytest.raises(CollectionRejected, match="No file that the CSV names"):
            read(packed_raw(*names, b"labels.csv", table=table.encode()))
        assert (len(tried) == 1) is once
        assert set(tried) == {lines}


@pytest.mark.parametrize("encoding", ["cp1250", "cp949", "big5", "cp857", "cp850"])
def test_the_table_tells_which_code_page_names_are_written_in(encoding: str) -> None:
    names = {
        "cp1250": ["znamię 1.jpg", "znamię 2.jpg"], "cp949": ["점.jpg", "왼팔.jpg"],
        "big5": ["痣.jpg", "左臂.jpg"], "cp857": ["sağ.jpg", "ığdır.jpg"],
        "cp850": ["Õ.jpg", "ð.jpg"],
    }[encoding]  # fmt: skip
    table = "file,label,site\n" + "".join(f"{name},malignant,x\n" for name in names)
    raw = [name.encode(encoding) for name in names]
    found = read(packed_raw(*raw, b"labels.csv", table=table.encode()))
    assert list(found.table["file"]) == names
