from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from core.checkpoints import SHIPPED
from core.results.card import CARD, read_card
from core.results.collections import COLLECTIONS, REPORT
from core.results.test_sets import OFFICIAL
from tests.training.conftest import made
from training.data.folders import read_folder
from training.data.labelled_set import LabelledSet
from training.data.pixels import in_memory
from training.data.split import split_validation

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


@pytest.mark.parametrize(
    ("column", "parts", "told"),
    [("Subset", ["Train", "test"], True), ("split", ["train", "test"], False),
     ("Subset", ["train", "mole"], False), ("Subset", ["train", "val"], False)],
)  # fmt: skip
def test_a_split_under_another_name_is_told(
    listed: Folder, capsys: pytest.CaptureFixture[str], column: str, parts: list[str], told: bool
) -> None:
    words = ("benign", "malignant")
    rows = [{"file": f"{i}.png", "label": words[i % 2], column: parts[i // 2]} for i in range(4)]
    read_folder(listed(rows))
    said = "'Subset' looks like a split and is not heeded"
    assert (said in capsys.readouterr().out) == told


def test_a_collection_is_known_by_its_test_whatever_its_folder_is_called(
    kaggle: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kaggle(train=(4, 3))
    data = read_folder(folder)
    test = data.only(data.table["split"] == "test").sha256()
    entry = dataclasses.replace(COLLECTIONS[REPORT], test_sha256=test)
    monkeypatch.setitem(COLLECTIONS, REPORT, entry)
    assert read_folder(folder).name == REPORT
    (folder / "train/benign/0.png").unlink()  # it is the test that is asked for by that name
    assert read_folder(folder).name == REPORT
    (folder / "test/benign/0.png").unlink()
    assert read_folder(folder).name == "set"


@pytest.mark.parametrize("model", ["resnet18", "baseline_cnn", "general"])
def test_the_reports_test_is_the_one_that_the_shipped_models_were_scored_on(model: str) -> None:
    scored = read_card(SHIPPED / model / CARD).evaluations[OFFICIAL]
    assert scored.data_sha256 == COLLECTIONS[REPORT].test_sha256


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
