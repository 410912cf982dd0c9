"""What is no set of labelled pictures is refused by name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.data.pixels import in_memory

Folder = Callable[..., Path]


def refusal(folder: Path) -> str:
    with pytest.raises(DataRejected) as refused:
        read_folder(folder)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_missing_folder_is_refused_by_name(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in refusal(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(b"PK")
    assert str(tmp_path / "data.zip") in refusal(tmp_path / "data.zip")


def test_a_folder_of_neither_layout_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()  # without test/ it is not Kaggle's layout
    sentence = refusal(tmp_path)
    assert str(tmp_path) in sentence
    assert "metadata.csv" in sentence


@pytest.mark.parametrize("gone", ["train/benign", "train/malignant", "test/malignant"])
def test_an_empty_class_is_refused_by_name(kaggle: Folder, gone: str) -> None:
    folder = kaggle()
    shutil.rmtree(folder / gone)
    assert str(folder / gone) in refusal(folder)
    (folder / gone).mkdir()
    (folder / gone / "readme.txt").write_text("no picture")
    assert str(folder / gone) in refusal(folder)


def test_a_listed_folder_without_a_class_is_refused_unless_one_will_do(listed: Folder) -> None:
    folder = listed([{"file": f"{i}.png", "label": "benign"} for i in range(3)])
    sentence = refusal(folder)
    assert str(folder) in sentence
    assert "malignant" in sentence
    assert read_folder(folder, both_classes=False).labels.tolist() == [0, 0, 0]


def test_a_name_that_no_text_can_hold_is_refused_with_what_can_be_read_of_it(
    kaggle: Folder,
) -> None:
    folder = kaggle()
    picture = next((folder / "train" / "benign").iterdir())
    try:
        picture.rename(os.fsdecode(os.fsencode(picture.parent) + b"/L\xe4sion.png"))
    except OSError:
        pytest.skip("this system has names of text alone")
    assert "1 files whose names are not UTF-8: L\ufffdsion.png" in refusal(folder)


def test_a_class_folder_that_is_neither_is_refused_by_name(kaggle: Folder) -> None:
    folder = kaggle()
    (folder / "test" / "unknown").mkdir()
    assert str(folder / "test" / "unknown") in refusal(folder)


@pytest.mark.parametrize("label", ["melanoma", "1", ""])
def test_a_listed_label_that_is_neither_is_refused_by_file(listed: Folder, label: str) -> None:
    folder = listed(
        [{"file": "fine.png", "label": "benign"}, {"file": "odd.png", "label": "malignant"}]
    )
    (folder / "metadata.csv").write_text(f"file,label\nfine.png,benign\nodd.png,{label}\n")
    sentence = refusal(folder)
    assert str(folder / "metadata.csv") in sentence
    assert "odd.png" in sentence
    assert "fine.png" not in sentence


def test_a_listed_file_that_is_not_there_is_refused_by_name(listed: Folder) -> None:
    folder = listed([{"file": "a.png", "label": "benign"}, {"file": "b.png", "label": "malignant"}])
    (folder / "b.png").unlink()
    sentence = refusal(folder)
    assert "b.png" in sentence
    assert str(folder / "metadata.csv") in sentence


def test_a_file_listed_twice_is_refused_by_name(listed: Folder) -> None:
    folder = listed([{"file": "a.png", "label": "benign"}, {"file": "b.png", "label": "malignant"}])
    with (folder / "metadata.csv").open("a") as file:
        file.write("b.png,malignant\n")
    sentence = refusal(folder)
    assert "b.png" in sentence
    assert "a.png" not in sentence


@pytest.mark.parametrize("column", ["file", "label"])
def test_metadata_without_a_needed_column_are_refused_by_its_name(
    listed: Folder, column: str
) -> None:
    folder = listed([{"file": "a.png", "label": "benign"}, {"file": "b.png", "label": "malignant"}])
    metadata = folder / "metadata.csv"
    metadata.write_text(metadata.read_text().replace(column, "other", 1))
    sentence = refusal(folder)
    assert str(metadata) in sentence
    assert repr(column) in sentence


@pytest.mark.parametrize(
    "content",
    [b"", b"file,label\n", b"\xff\xfe\x00 no table", b'file,label\n"a.png,benign\n'],
    ids=["empty", "header only", "no text", "open quote"],
)
def test_metadata_that_are_no_table_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metadata.csv").write_bytes(content)
    assert str(tmp_path / "metadata.csv") in refusal(tmp_path)


def test_metadata_beside_kaggles_layout_without_file_names_are_refused(kaggle: Folder) -> None:
    folder = kaggle()
    (folder / "metadata.csv").write_text("file,label\n,benign\n")
    assert str(folder / "metadata.csv") in refusal(folder)


def test_file_names_of_digits_keep_their_zeros(listed: Folder) -> None:
    folder = listed([{"file": "0012", "label": "benign"}, {"file": "0013", "label": "malignant"}])
    assert read_folder(folder).table["file"].tolist() == ["0012", "0013"]


def test_an_unreadable_picture_is_refused_by_name(kaggle: Folder) -> None:
    folder = kaggle()
    broken = folder / "train/benign/2.png"
    broken.write_bytes(broken.read_bytes()[:500])
    data = read_folder(folder)
    with pytest.raises(DataRejected) as refused:
        in_memory(data)
    assert str(refused.value).startswith(f"{broken}: ")
    assert str(refused.value).endswith(".")
