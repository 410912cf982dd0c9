from __future__ import annotations

import io
import zipfile

import pytest

from core.fairness import own_collection
from core.fairness.own_collection import CollectionRejected, read, small_groups
from core.pictures.archive import ArchiveLimits, ArchiveRejected

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
        (HEAD + TWO).replace("file", ",file").replace("a.jpg", "1,a.jpg").replace("b.j", "2,b.j"),
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
        (HEAD + "a.jpg,naevus,x,\n", "has the label 'naevus' in line 2, which is neither benign "
         "nor malignant."),
        (HEAD + TWO + ",benign,x,\n", "The CSV names no file in line 4."),
        (HEAD + TWO + "a.jpg,benign,x,\n", "lists a.jpg twice"),
        (HEAD + "a.jpg,benign,x,y,z\n", "The CSV has more cells in line 2 than in its header."),
        ("file,label,type,type\na.jpg,benign,x,y\n", "two columns called 'type'"),
        ("file,label,Label,type\na.jpg,benign,malignant,y\n", "two columns called 'label'."),
        ("file,label,type\na.jpg,,y\n", "The CSV has no label in line 2."),
        ('file,label,type\na.jpg,"benign,y\n', "a quotation mark is never closed."),
        (HEAD + "c.jpg,benign,x,\n", "No file that the CSV names is in the archive, not even "
         "c.jpg."),
        ("file,label,type\na.jpg,benign,\n", "The column 'type' is empty."),
        ("file,label,type\na.jpg,benign,\u00e4".encode("latin-1"), "not UTF-8"),
        (b"\x00" * 2**21, "limit of 1 MB"),
        ('file,label,type\na.jpg,benign,"' + "x" * 200_000, "is damaged"),
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


@pytest.mark.parametrize("name", ["list.txt", "mine/List.TXT", "list.csv.txt"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_excels_unicode_text_is_a_table_and_a_licence_is_none(name: str, encoding: str) -> None:
    data = io.BytesIO(zipped((HEAD + TWO).replace(",", "\t").encode(encoding), "a.jpg", "b.jpg",
                             "attribution.txt", "licences/CC-BY.txt", name=name))  # fmt: skip
    found = read(data.getvalue())
    assert list(found.table["label"]) == [0, 1]
    assert list(found.table["type"]) == ["I-II", "V-VI"]
    assert found.notes == ("2 files that are no pictures were left out.",)
    with zipfile.ZipFile(data, "a") as archive:  # beside a CSV it is no table
        archive.writestr("list.csv", HEAD + "a.jpg,malignant,I-II,P1\n")
    assert list(read(data.getvalue()).table["label"]) == [1]


def test_two_texts_that_are_tables_are_refused_and_a_long_one_is_not_read() -> None:
    written = (HEAD + TWO).encode("utf-16")
    data = io.BytesIO(zipped(written, "a.jpg", "b.jpg", name="1.txt"))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("2.txt", written)
    with pytest.raises(CollectionRejected, match="holds 2 CSV files;"):
        read(data.getvalue())
    long = written + bytes(own_collection.MAX_TABLE)
    with pytest.raises(CollectionRejected, match="holds no CSV file;"):
        read(zipped(long, "a.jpg", "b.jpg", name="1.txt"))


def test_what_macos_adds_to_a_table_is_no_second_table() -> None:
    data = io.BytesIO(zipped(HEAD + TWO, "a.jpg", "b.jpg"))
    with zipfile.ZipFile(data, "a") as archive:
        for name in ("__MACOSX/._list.csv", "._list.csv", ".ipynb_checkpoints/list.csv"):
            archive.writestr(name, b"\0\5\x16\7")
    found = read(data.getvalue())
    assert list(found.table["label"]) == [0, 1]
    assert found.notes == ("3 files that are no pictures were left out.",)


def test_limits_are_those_of_any_archive() -> None:
    with pytest.raises(ArchiveRejected, match="the limit is 2"):
        read(zipped(HEAD + TWO, "a.jpg", "b.jpg", "c.jpg"), ArchiveLimits(pictures=2))
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


def test_groups_that_look_alike_once_shortened_stay_two() -> None:
    long = "of people whom nobody asked for a name, "
    values = (f"{long}first", f"{long}second", "[x]", "_x_")
    rows = "".join(f'{i}.jpg,benign,"{value}",{i}\n' for i, value in enumerate(values))
    found = read(zipped(HEAD + rows, *(f"{i}.jpg" for i in range(4))))
    shown = list(found.table["type"])
    assert len(set(shown)) == 4
    assert shown[0].endswith("first")
    assert shown[2:] == ["_x_", "_x_ (2)"]


@pytest.mark.parametrize("empty", ["NA", "N/A", "NaN", "null", "None", "", " ", "-1", "-1.0"])
def test_what_stands_for_nothing_is_no_group(empty: str) -> None:
    table = f"file,label,fitzpatrick_scale,person\na.jpg,benign,{empty},NA\nb.jpg,benign,5,NA\n"
    found = read(zipped(table, "a.jpg", "b.jpg"))
    assert list(found.table["fitzpatrick_scale"]) == ["not recorded", "5"]
    assert found.table["person"].nunique() == 2  # nobody is called NA


def test_minus_one_is_a_value_where_no_skin_is_meant() -> None:
    table = "file,label,change in mm,person\na.jpg,benign,-1,1\nb.jpg,benign,2,2\n"
    assert list(read(zipped(table, "a.jpg", "b.jpg")).table["change in mm"]) == ["-1", "2"]


def test_more_than_fifty_columns_are_refused_before_anything_is_built() -> None:
    import time

    names = ",".join(f"c{i}" for i in range(5000))
    start = time.process_time()
    with pytest.raises(CollectionRejected, match="has 5,002 columns, and the limit is 50; keep f"):
        read(zipped(f"file,label,{names}\na.jpg,benign{',x' * 5000}\n", "a.jpg"))
    assert time.process_time() - start < 1
    head = f"isic_id,target,patient_id,{','.join(f'tbp_lv_{i}' for i in range(52))}"
    with pytest.raises(CollectionRejected, match="keep isic_id, target, patient_id and columns of"):
        read(zipped(f"{head}\nISIC_1,0\n", "ISIC_1.jpg"))
    good = f"file,label,{','.join(f'c{i}' for i in range(48))}\na.jpg,benign{',x' * 48}\n"
    assert len(read(zipped(good, "a.jpg")).columns) == 48


def test_an_isic_archive_download_is_read_and_how_is_told() -> None:
    table = (
        "isic_id,attribution,age_approx,diagnosis_1,patient_id,sex\n"
        "ISIC_1,Anonymous,45,Benign,P1,male\nISIC_2,Anonymous,60,Malignant,P2,female\n"
        "ISIC_3,Anonymous,60,Indeterminate,P3,female\nISIC_4,Anonymous,60,,P3,female\n"
    )
    files = ("ISIC_1.jpg", "ISIC_2.jpg", "ISIC_3.jpg", "attribution.txt", "licenses/CC-0.txt")
    found = read(zipped(table, *files, name="metadata.csv"))
    assert list(found.table["label"]) == [0, 1]
    assert list(found.table["person"]) == ["person P1", "person P2"]
    assert found.columns == ("attribution", "age_approx", "sex")
    assert found.notes == (
        "Of the CSV, 'isic_id' names the picture, 'diagnosis_1' the label, "
        "'patient_id' the person.",
        "2 files of which 'diagnosis_1' does not tell are left out: ISIC_3, ISIC_4.",
        "1 file in the archive is not in the CSV and is left out: ISIC_3.jpg.",
        "2 files that are no pictures were left out.",
    )


def test_the_names_that_r_gives_to_rows_are_no_people() -> None:
    table = '"","file","label","type"\n"1","a.jpg","benign","x"\n"2","b.jpg","malignant","x"\n'
    found = read(zipped(table, "a.jpg", "b.jpg"))
    assert list(found.table["person"]) == ["file a.jpg", "file b.jpg"]
    assert found.columns == ("type",)
