from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests.training.conftest import made
from training.data import (
    DataRejected,
    LabelledSet,
    read_folder,
    split_validation,
)
from training.pixel_cache import in_memory

Folder = Callable[..., Path]


# Reading a folder


def test_kaggles_layout_is_read_without_metadata(kaggle: Folder) -> None:
    folder = kaggle(train=(4, 3), test=(2, 1))
    data = read_folder(folder)
    found = {row.file: (row.split, row.label, row.path) for row in data.table.itertuples()}
    expected = {
        f"{split}/{name}/{i}.png": (split, label, folder / split / name / f"{i}.png")
        for split, counts in (("train", (4, 3)), ("test", (2, 1)))
        for label, name in enumerate(("benign", "malignant"))
        for i in range(counts[label])
    }
    assert found == expected
    assert data.name == "set"
    assert data.has_official_split
    assert data.balance() == "4 malignant / 6 benign"
    assert data.labels.dtype == torch.int64
    assert data.labels.tolist() == [int("malignant" in file) for file in data.table["file"]]


def test_metadata_beside_kaggles_layout_add_columns_and_lesions(kaggle: Folder) -> None:
    folder = kaggle(train=(4, 3))
    pd.DataFrame(
        {
            "file": ["train/malignant/1.png", "train/malignant/0.png", "train/benign/2.png"],
            "label": ["malignant", "malignant", "benign"],
            "split": ["train", "train", "train"],
            "lesion_id": ["HAM_7", "HAM_7", "HAM_8"],
            "age": [60, 61, 30],
        }
    ).to_csv(folder / "metadata.csv", index=False)
    table = read_folder(folder).table.set_index("file")
    assert len(table) == 10
    assert table.loc["train/malignant/0.png", "age"] == 61
    assert table.loc["train/malignant/1.png", "age"] == 60
    assert np.isnan(table.loc["train/malignant/2.png", "age"])
    assert table.loc["train/malignant/0.png", "group"] == "HAM_7"
    assert table.loc["train/malignant/1.png", "group"] == "HAM_7"
    assert table.loc["train/benign/2.png", "group"] == "HAM_8"
    # pictures without a lesion of record are each their own
    assert table["group"].nunique() == 9
    assert table["label"].sum() == 4


@pytest.mark.parametrize("images", ["", "images"])
def test_a_listed_folder_is_read_beside_or_in_images(listed: Folder, images: str) -> None:
    rows = [
        {"file": "b.png", "label": "malignant", "patient_id": "P1"},
        {"file": "a.png", "label": "benign", "patient_id": "P2"},
        {"file": "c.png", "label": "malignant", "patient_id": "P1"},
    ]
    folder = listed(rows, images)
    data = read_folder(folder)
    assert data.table["path"].tolist() == [folder / images / row["file"] for row in rows]
    assert data.labels.tolist() == [1, 0, 1]
    assert data.table["group"].tolist() == ["P1", "P2", "P1"]
    assert not data.has_official_split


def test_the_lesion_names_the_group_before_the_patient(listed: Folder) -> None:
    rows = [
        {"file": "a.png", "label": "benign", "patient_id": "P", "lesion_id": "L1"},
        {"file": "b.png", "label": "malignant", "patient_id": "P", "lesion_id": "L2"},
    ]
    assert read_folder(listed(rows)).table["group"].tolist() == ["L1", "L2"]


def test_the_class_balance_is_told_with_thousands() -> None:
    data = made([1] * 1497 + [0] * 1800, ["x"] * 3297)
    assert data.balance() == "1,497 malignant / 1,800 benign"


def test_a_file_that_occurs_twice_is_one_group(kaggle: Folder) -> None:
    folder = kaggle(train=(4, 3))
    shutil.copy(folder / "train/malignant/0.png", folder / "train/malignant/again.png")
    table = read_folder(folder).table.set_index("file")
    assert table["group"].nunique() == len(table) - 1
    twins = table.loc[["train/malignant/0.png", "train/malignant/again.png"], "group"]
    assert twins.nunique() == 1


def test_a_file_that_occurs_twice_is_one_group_though_one_copy_has_no_lesion(
    listed: Folder,
) -> None:
    rows = [
        {"file": "a.png", "label": "malignant", "lesion_id": "L1"},
        {"file": "b.png", "label": "malignant", "lesion_id": None},
        {"file": "c.png", "label": "benign", "lesion_id": "L2"},
    ]
    folder = listed(rows)
    shutil.copy(folder / "a.png", folder / "b.png")
    group = read_folder(folder).table["group"]
    assert group[0] == group[1] != group[2]


def test_notes_and_hidden_files_between_the_pictures_are_no_pictures(kaggle: Folder) -> None:
    folder = kaggle(train=(4, 3), test=(2, 1))
    for name in ("notes.txt", ".DS_Store", "README.md", ".hidden.png"):
        (folder / "train/benign" / name).write_text("not a picture")
    assert len(read_folder(folder).table) == 10


# Refusals


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


def test_a_class_folder_that_is_neither_is_refused_by_name(kaggle: Folder) -> None:
    folder = kaggle()
    (folder / "test" / "unknown").mkdir()
    assert str(folder / "test" / "unknown") in refusal(folder)


@pytest.mark.parametrize("label", ["melanoma", "Benign", "1", ""])
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


# Pixels


def test_pixels_are_the_pictures_in_the_tables_order(listed: Folder) -> None:
    rows = [
        {"file": "b.png", "label": "malignant"},
        {"file": "a.png", "label": "benign"},
    ]
    folder = listed(rows)
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    for row, picture in zip(rows, pictures, strict=True):
        Image.fromarray(picture).save(folder / row["file"])
    pixels = in_memory(read_folder(folder))
    assert pixels.dtype == torch.uint8
    np.testing.assert_array_equal(pixels.numpy(), pictures.transpose(0, 3, 1, 2))


def test_squeezing_keeps_the_ends_that_cropping_loses(listed: Folder) -> None:
    folder = listed([{"file": "a.png", "label": "benign"}, {"file": "b.png", "label": "malignant"}])
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, :60] = wide[:, 240:] = 255  # the middle square is black
    for name in ("a.png", "b.png"):
        Image.fromarray(wide).save(folder / name)
    data = read_folder(folder)
    assert in_memory(data, "crop").max() == 0
    squeezed = in_memory(data, "squeeze").float()
    assert in_memory(data, side=80).shape == (2, 3, 80, 80)
    assert float(squeezed.mean()) == pytest.approx(255 * 120 / 300, abs=1)


# The hash that says which data it was


def test_the_hash_knows_content_label_and_name_and_no_order() -> None:
    table = made([0, 1, 1], ["a", "b", "c"]).table
    before = LabelledSet("made", table).sha256()
    assert LabelledSet("other", table.iloc[[2, 0, 1]]).sha256() == before
    changes = [("content", "changed"), ("label", 0), ("file", "renamed.jpg")]
    after = {before}
    for column, value in changes:
        changed = table.copy()
        changed.loc[1, column] = value
        after.add(LabelledSet("made", changed).sha256())
    assert len(after) == 4


def test_the_hash_of_a_folder_follows_its_bytes(kaggle: Folder) -> None:
    folder = kaggle()
    before = read_folder(folder).sha256()
    assert read_folder(folder).sha256() == before
    with (folder / "test/benign/0.png").open("ab") as file:
        file.write(b"\0")
    assert read_folder(folder).sha256() != before


# The real set, where it is at hand


def test_the_reports_set_has_the_reports_sizes_and_keeps_lesions_apart(real_data: Path) -> None:
    whole = read_folder(real_data / "malignant_vs_benign")
    assert len(whole.table) == 3297
    assert whole.balance() == "1,497 malignant / 1,800 benign"
    assert int((whole.table["split"] == "test").sum()) == 660
    assert whole.table.groupby("content")["group"].nunique().max() == 1
    table = whole.table.set_index("file")
    twins = table.loc[["train/malignant/768.jpg", "train/malignant/769.jpg"], "group"]
    assert twins.nunique() == 1
    training = whole.only(whole.table["split"] == "train")
    for how in ("lesion", "report"):
        train, validation = split_validation(training, 0, how)
        assert (len(train.table), len(validation.table)) == (2373, 264)
        shared = set(train.table["group"]) & set(validation.table["group"])
        assert bool(shared) == (how == "report")
        if how == "lesion":
            assert not set(train.table["lesion_id"].dropna()) & set(validation.table["lesion_id"])
            assert not set(train.table["content"]) & set(validation.table["content"])
