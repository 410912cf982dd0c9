"""Pictures that were found to show one lesion are of one group, on one side of every split."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core import checkpoints
from core.results.collections import COLLECTIONS
from tests.training.conftest import files, write_kaggle
from training.data import same_lesion
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.data.same_lesion import LOOKED_AT, Pairs, merge_groups
from training.data.split import training_split

BESIDE = "test_file,train_file,sift_inliers\n"


@pytest.fixture
def report_set(tmp_path: Path) -> Path:
    return write_kaggle(tmp_path / "malignant_vs_benign", (30, 30), (3, 3))


def pairs(*rows: tuple[str, str]) -> Pairs:
    return Pairs(pd.DataFrame([(*pair, 20) for pair in rows], columns=list(same_lesion.COLUMNS)))


def test_a_chain_of_pairs_is_one_group_named_by_its_first_picture() -> None:
    names = pd.Series(["a", "b", "c", "d", "b"])
    listed = [("4.jpg", "2.jpg"), ("2.jpg", "3.jpg"), ("2.jpg", "elsewhere.jpg")]
    found = merge_groups(names, pd.Series([f"{i}.jpg" for i in range(5)]), listed)
    assert found.tolist() == ["a", "b", "b", "b", "b"]


def test_what_a_test_picture_joins_in_train_is_never_parted_by_a_split(report_set: Path) -> None:
    train = [f"train/malignant/{i}.png" for i in (3, 11, 19, 27)]
    rows = "".join(f"test/malignant/0.png,{file},40\n" for file in train)
    (report_set.parent / LOOKED_AT).write_text(BESIDE + rows)
    whole = read_folder(report_set)
    for seed in range(8):
        split = training_split(whole, seed, "lesion")
        held = set(train) & files(split.validation)
        assert len(held) in (0, len(train))
        assert len(files(split.train) | files(split.validation)) == 60


def test_pairs_beside_the_set_say_which_test_pictures_show_a_known_lesion(
    report_set: Path,
) -> None:
    rows = "test/malignant/0.png,train/malignant/5.png,40\n"
    (report_set.parent / LOOKED_AT).write_text(BESIDE + rows)
    table = read_folder(report_set).table
    test = table[table["split"] == "test"]
    assert test["file"][test["in_train"]].tolist() == ["test/malignant/0.png"]


def test_without_the_list_beside_it_the_kept_one_is_read(
    report_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (report_set.parent / LOOKED_AT).write_text(BESIDE + "test/benign/1.png,train/benign/2.png,31\n")
    root = tmp_path / "checkpoints"
    same_lesion.keep(report_set.parent, root)
    (report_set.parent / LOOKED_AT).unlink()
    monkeypatch.setattr(checkpoints, "FOLDER", root)
    table = read_folder(report_set).table.set_index("file")
    assert table["in_train"]["test/benign/1.png"]
    assert table["in_train"].loc[[f for f in table.index if f.startswith("test")]].sum() == 1


def test_pairs_that_a_program_found_keep_pictures_together_but_leave_the_test_as_it_is(
    report_set: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = tmp_path / "checkpoints"
    (root / "collections").mkdir(parents=True)
    name = "malignant_vs_benign"
    pairs((name, "test/benign/0.png", name, "train/benign/0.png")).table.to_csv(
        root / "collections" / same_lesion.FILE, index=False
    )
    monkeypatch.setattr(checkpoints, "FOLDER", root)
    table = read_folder(report_set).table.set_index("file")
    one, other = "test/benign/0.png", "train/benign/0.png"
    assert table["group"][one] == table["group"][other]
    assert not table["in_train"][one]


def test_pictures_of_other_collections_that_show_a_test_pictures_lesion_are_named() -> None:
    report = "malignant_vs_benign"
    listed = pairs(
        (report, "test/malignant/1.jpg", "isic2017", "a.jpg"),
        ("isic2017", "b.jpg", report, "train/malignant/1.jpg"),
        ("isic2017", "c.jpg", "isic2018_test_half", "d.jpg"),
    )
    assert listed.shown_in_tests("isic2017") == {"a.jpg", "c.jpg"}


@pytest.mark.parametrize("text", ["", "file,label\n1.jpg,benign\n", BESIDE + "a,b,many\n"])
def test_a_list_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / LOOKED_AT
    path.write_text(text)
    with pytest.raises(DataRejected, match=LOOKED_AT):
        same_lesion.read(path)


def test_the_kept_list_has_the_34_test_pictures_that_were_looked_at() -> None:
    kept = same_lesion.read(checkpoints.SHIPPED / same_lesion.FOLDER / LOOKED_AT)
    tests = {f for f, _ in kept.within("malignant_vs_benign") if f.startswith("test/malignant/")}
    assert (len(kept.table), len(tests)) == (88, 34)


def test_the_kept_pairs_that_a_program_found_are_lesions_of_two_pictures_taken_alike() -> None:
    kept = same_lesion.found(checkpoints.SHIPPED)
    assert kept.table["inliers"].min() >= 10
    keys = [frozenset(pair) for pair in kept.keys()]  # noqa: SIM118 (no mapping)
    assert len(set(keys)) == len(keys) == 1353
    for pair in keys:
        assert len(pair) == 2
        entries = {COLLECTIONS[name] for name, _ in pair}
        assert all(entry.lesions for entry in entries)
        assert len({entry.is_photo for entry in entries}) == 1


def test_the_official_test_has_529_pictures_of_no_known_lesion(real_data: Path) -> None:
    table = read_folder(real_data / "malignant_vs_benign").table
    test = table[table["split"] == "test"]
    assert (len(test), int((~test["in_train"]).sum())) == (660, 529)
