"""Folders and tables as Jupyter, Windows, Google Drive, Excel and collections leave them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.data.metadata import places, read_table

Folder = Callable[..., Path]


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of small pictures, each of another colour, and a metadata.csv."""

    def write(table: str | bytes, *names: str) -> Path:
        folder = tmp_path / "own"
        for i, name in enumerate(names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (64, 64), (20 * i, 90, 90)).save(folder / name, "PNG")
        data = table.encode() if isinstance(table, str) else table
        (folder / "metadata.csv").write_bytes(data)
        return folder

    return write


PLAIN = "file,label,fitzpatrick,note\na.png,benign,2,x\nb.png,malignant,-1,\n"


@pytest.mark.parametrize(
    "table",
    [
        PLAIN, PLAIN.replace(",", ";"), PLAIN.replace(",", "\t").encode("utf-16"),
        "sep=;\n" + PLAIN.replace(",", ";"), PLAIN.replace("x\n", "x,,\n"),
        PLAIN.replace("benign", " Benign\u200b").replace("malignant", "MALIGNANT\u00a0"),
        PLAIN.replace("a.png", "A.PNG").replace("b.png", ".\\b.png"),
        PLAIN.replace("file,label", "File,Label"), "\ufeff" + PLAIN,
    ],
)  # fmt: skip
def test_a_table_that_a_page_reads_is_read_for_training_alike(
    pictures: Folder, table: str | bytes
) -> None:
    data = read_folder(pictures(table, "a.png", "b.png"))
    assert data.labels.tolist() == [0, 1]
    assert [path.name for path in data.table["path"]] == ["a.png", "b.png"]
    assert data.table["fitzpatrick"].isna().tolist() == [False, True]  # -1 is no type of skin
    assert data.mapping == ""


@pytest.mark.parametrize("name", ["metadata.tsv", "metadata.txt"])
def test_excels_unicode_text_is_read_where_there_is_no_csv(pictures: Folder, name: str) -> None:
    folder = pictures(PLAIN.replace(",", "\t").encode("utf-16"), "a.png", "b.png")
    (folder / "metadata.csv").rename(folder / name)
    assert read_folder(folder).labels.tolist() == [0, 1]
    (folder / "metadata.csv").write_text("file,label\na.png,malignant\nb.png,benign\n")
    assert read_folder(folder).labels.tolist() == [1, 0]


@pytest.mark.parametrize("other", ["./a.png", "x/../a.png", "images/../a.png"])
def test_a_picture_that_is_listed_in_two_ways_is_refused(pictures: Folder, other: str) -> None:
    table = f"file,label\na.png,benign\nb.png,malignant\n{other},malignant\n"
    folder = pictures(table, "a.png", "b.png", "x/c.png", "images/c.png")
    with pytest.raises(DataRejected, match=r"listed in two ways: a\.png; "):
        read_folder(folder)


def test_two_columns_for_one_thing_are_refused(pictures: Folder) -> None:
    folder = pictures("file,Label,label\na.png,benign,malignant\n", "a.png")
    with pytest.raises(DataRejected, match="has two columns called 'label'"):
        read_folder(folder)


def test_the_isic_archives_own_table_is_read_and_how_is_printed(
    pictures: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (
        "isic_id,attribution,diagnosis_1,lesion_id\nISIC_1,A,Benign,L1\nISIC_2,A,Malignant,L2\n"
        "ISIC_3,A,Indeterminate,L3\nISIC_4,A,Benign,L1\n"
    )
    data = read_folder(pictures(table, *(f"ISIC_{i}.jpg" for i in range(1, 5))))
    assert data.labels.tolist() == [0, 1, 0]
    assert data.table["group"].tolist() == ["L1", "L2", "L1"]
    said = capsys.readouterr().out
    assert "own: 'isic_id' names the picture, 'diagnosis_1' the label" in said
    assert "Left out, of unknown label: 1." in said


def test_pad_ufes_20s_own_table_is_read_and_how_is_printed(
    pictures: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (
        "patient_id,lesion_id,img_id,diagnostic,fitspatrick\nP1,0,1.png,NEV,2.0\n"
        "P2,1,2.png,MEL,\nP3,2,3.png,ACK,3.0\nP4,3,4.png,BCC,1.0\n"
    )
    data = read_folder(pictures(table, "1.png", "2.png", "3.png", "images/4.png"))
    assert data.labels.tolist() == [0, 1, 0, 1]
    assert "malignant: mel, bcc, scc, bod; benign: nev, ack, sek" in capsys.readouterr().out


def test_ones_own_table_without_a_label_is_asked_about(pictures: Folder) -> None:
    with pytest.raises(DataRejected, match=r"Its columns: file, dx.*--label-column"):
        read_folder(pictures("file,dx\na.png,nv\nb.png,mel\n", "a.png", "b.png"))


def test_a_table_that_names_no_pictures_is_told_what_would_do(pictures: Folder) -> None:
    with pytest.raises(DataRejected, match=r"no column 'file'.*isic_id and diagnosis_1"):
        read_folder(pictures("number,label\n1,benign\n", "a.png"))


def test_a_name_that_could_be_two_files_is_neither(pictures: Folder) -> None:
    folder = pictures(PLAIN, "a.png", "A.png", "b.png")
    assert places(folder, ["A.PNG", "b.png", "B.png", "c.png"]) == [
        None, folder / "b.png", None, None,
    ]  # fmt: skip


def test_a_name_of_digits_stays_text_and_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("isic_id;age;sure\n0012;45;True\n0013;;False\n")
    table = read_table(path)
    assert table["isic_id"].tolist() == ["0012", "0013"]
    assert table["age"].tolist()[0] == 45
    assert table["age"].isna().tolist() == [False, True]
    assert table["sure"].tolist() == [True, False]


def test_a_long_table_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = [f'{i}.jpg,{i / 7},"of {i}, ""x""",{"" if i % 3 else i}' for i in range(5000)]
    path.write_text("\n".join(["file,a,b,c", *rows]))
    pd.testing.assert_frame_equal(read_table(path), pd.read_csv(path, dtype={"file": str}))


def test_what_systems_leave_in_training_folders_is_no_picture(
    kaggle: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kaggle()
    before = read_folder(folder)
    inside = folder / "train" / "benign"
    picture = next(path for path in inside.iterdir() if path.suffix == ".png")
    for name in (
        ".ipynb_checkpoints/0-checkpoint.jpg", "Thumbs.db", "desktop.ini", "Icon\r", ".DS_Store",
        "@eaDir/0.jpg/SYNOPHOTO_THUMB_M.jpg", "some.folder/0.jpg", "LICENSE", "film.MOV",
    ):  # fmt: skip
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_bytes(b"no picture")
    (folder / "train" / ".ipynb_checkpoints").mkdir()
    (folder / "train" / "@eaDir").mkdir()
    capsys.readouterr()
    again = read_folder(folder)
    assert again.table["file"].tolist() == before.table["file"].tolist()
    assert again.sha256() == before.sha256()
    assert "6 files that are no pictures were left out." in capsys.readouterr().out
    (inside / "without_ending").write_bytes(picture.read_bytes())
    assert len(read_folder(folder).table) == len(before.table) + 1


def test_what_is_named_as_a_picture_and_is_none_is_told(kaggle: Folder) -> None:
    folder = kaggle()
    (folder / "train" / "benign" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(DataRejected, match=r"broken\.jpg"):
        read_folder(folder)
