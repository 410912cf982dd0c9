from __future__ import annotations

import io
import zipfile

import pytest

from core.fairness import own_collection
from core.fairness.own_collection import CollectionRejected, read, small_groups
from core.pictures.archive import ArchiveRejected, Limits

HEAD = "file,label,type,person\n"
TWO = "a.jpg,benign,I-II,P1\nb.jpg,malignant,V-VI,P2\n"


def zipped(table: str | bytes, *files: str, name: str = "list.csv") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, table)
        for file in files:
            archive.writestr(file, f"bytes of {file}")
    return data.getvalue()


def test_rows_are_of_the_pictures_in_the_archives_order() -> None:
    found = read(zipped(HEAD + TWO, "b.jpg", "a.jpg"))
    assert list(found.table["file"]) == ["b.jpg", "a.jpg"]
    assert list(found.table["label"]) == [1, 0]
    assert list(found.table["type"]) == ["V-VI", "I-II"]
    assert [file.data for file in found.archive] == [b"bytes of b.jpg", b"bytes of a.jpg"]
    assert found.columns == ("type",)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("where", "files"),
    [
        ("list.csv", ("images/a.jpg", "images/b.jpg")),
        ("mine/list.csv", ("mine/a.jpg", "mine/b.jpg")),
        ("mine/list.csv", ("mine/images/a.jpg", "mine/images/b.jpg")),
        ("tables/list.csv", ("a.jpg", "b.jpg")),
    ],
)
def test_pictures_are_found_beside_the_table_and_in_images(
    where: str, files: tuple[str, ...]
) -> None:
    assert read(zipped(HEAD + TWO, *files, name=where)).notes == ()


@pytest.mark.parametrize(
    "table",
    [
        HEAD + TWO,
        "\ufeff" + HEAD + TWO,
        (HEAD + TWO).replace(",", ";"),
        (HEAD + TWO).replace(",", "\t").replace("\n", "\r\n"),
        (HEAD + TWO).replace("file,label", " File , LABEL ").replace("benign", " Benign"),
        HEAD + "\n" + TWO + ",,,\n",
        '"file","label","type","person"\n"a.jpg","benign","I-II"\nb.jpg,malignant,"V-VI",P2\n',
    ],
)
def test_tables_as_spreadsheets_write_them_are_read_alike(table: str) -> None:
    found = read(zipped(table, "a.jpg", "b.jpg"))
    assert list(found.table["label"]) == [0, 1]
    assert list(found.table["type"]) == ["I-II", "V-VI"]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("file,type\na.jpg,x\n", "has no column 'label'. It needs file, label and at least one "
         "of groups; it has file, type."),
        ("name,label,type\na.jpg,benign,x\n", "has no column 'file'"),
        ("file,label\na.jpg,benign\n", "has no column of groups"),
        ("file,label,person\na.jpg,benign,x\n", "has no column of groups"),
        (HEAD, "lists no pictures"),
        ("", "lists no pictures"),
        (HEAD + "a.jpg,naevus,x,\n", "Line 2 of the CSV has the label 'naevus', which is neither"),
        (HEAD + TWO + ",benign,x,\n", "Line 4 of the CSV names no file"),
        (HEAD + TWO + "a.jpg,benign,x,\n", "lists a.jpg twice"),
        (HEAD + "a.jpg,benign,x,y,z\n", "Line 2 of the CSV has more cells"),
        ("file,label,type,type\na.jpg,benign,x,y\n", "two columns called 'type'"),
        (HEAD + "c.jpg,benign,x,\n", "No file that the CSV names is in the archive, not even "
         "c.jpg."),
        ("file,label,type\na.jpg,benign,\n", "The column 'type' is empty."),
        ("file,label,type\n".encode("utf-16"), "not UTF-8"),
        (b"\x00" * 2**21, "limit of 1 MB"),
        ('file,label,type\na.jpg,benign,"' + "x" * 200_000, "not a table of text"),
    ],
)  # fmt: skip
def test_what_is_no_collection_is_refused_with_a_sentence(
    table: str | bytes, sentence: str
) -> None:
    with pytest.raises(CollectionRejected) as refusal:
        read(zipped(table, "a.jpg", "b.jpg"))
    assert sentence in str(refusal.value)


def test_no_table_and_two_tables_are_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.jpg", "x")
    with pytest.raises(CollectionRejected, match="holds no CSV file;"):
        read(data.getvalue())
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("1.csv", HEAD + TWO)
        archive.writestr("2.csv", HEAD + TWO)
    with pytest.raises(CollectionRejected, match="holds 2 CSV files;"):
        read(data.getvalue())


def test_limits_are_those_of_any_archive() -> None:
    with pytest.raises(ArchiveRejected, match="the limit is 2"):
        read(zipped(HEAD + TWO, "a.jpg", "b.jpg", "c.jpg"), Limits(pictures=2))
    with pytest.raises(ArchiveRejected, match="not a zip"):
        read(b"words")
    assert own_collection.LIMITS.pictures == 500


def test_files_on_one_side_alone_are_told_and_left_out() -> None:
    table = HEAD + TWO + "c.jpg,benign,I-II,P3\nd.jpg,benign,I-II,P3\n"
    found = read(zipped(table, "a.jpg", "b.jpg", "e.jpg"))
    assert list(found.table["file"]) == ["a.jpg", "b.jpg"]
    assert [file.name for file in found.archive] == ["a.jpg", "b.jpg"]
    assert found.notes == (
        "2 files that the CSV names are not in the archive and are left out: c.jpg, d.jpg.",
        "1 file in the archive is not in the CSV and is left out: e.jpg.",
    )


@pytest.mark.parametrize("label", ["benign", "malignant"])
def test_one_class_alone_is_told(label: str) -> None:
    table = f"file,label,type,person\na.jpg,{label},x,1\nb.jpg,{label},y,2\n"
    assert f"All pictures are {label}" in read(zipped(table, "a.jpg", "b.jpg")).notes[-1]


def test_without_persons_each_picture_is_its_own_and_that_is_told() -> None:
    found = read(zipped("file,label,type\na.jpg,benign,x\nb.jpg,malignant,y\n", "a.jpg", "b.jpg"))
    assert found.table["person"].nunique() == 2
    assert "no column 'person'" in found.notes[0]
    both = read(zipped(HEAD + TWO.replace("P1", "P2"), "a.jpg", "b.jpg"))
    assert both.table["person"].nunique() == 1


def test_too_many_values_are_no_groups() -> None:
    rows = [f"{i}.jpg,benign,{i},{'xy'[i % 2]},{i}" for i in range(13)]
    files = [f"{i}.jpg" for i in range(13)]
    found = read(zipped("\n".join(["file,label,age,type,person", *rows]), *files))
    assert found.columns == ("type",)
    assert "The column 'age' has 13 different values; at most 12" in found.notes[0]
    with pytest.raises(CollectionRejected, match="13 different values"):
        read(zipped("\n".join(["file,label,age,,person", *rows]), *files))


def test_cells_are_harmless_and_a_gap_is_not_recorded() -> None:
    table = "file,label,<b>,probability\na.jpg,benign,[x](y),\nb.jpg,malignant,,1\n"
    found = read(zipped(table, "a.jpg", "b.jpg"))
    assert found.columns == ("_b_", "probability in the CSV")
    assert list(found.table["_b_"]) == ["_x_(y)", "not recorded"]


def test_a_group_of_three_and_one_class_in_a_group_are_told() -> None:
    import pandas as pd

    table = pd.DataFrame({
        "label": [0, 1, 1] + [0, 1] * 10 + [1] * 12,
        "person": [str(i) for i in range(35)],
        "type": ["few"] * 3 + ["enough"] * 20 + ["sick"] * 12,
    })  # fmt: skip
    assert small_groups(table, "type") == [
        "'few' is a group of 3 people: from fewer than 10 nothing can be told.",
        "'sick' has only 0 with benign lesions: no figure that needs at least 10 of them.",
    ]
