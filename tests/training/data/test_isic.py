from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.training.conftest import draw
from training import memory
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.data.split import split_validation

ISIC_2019 = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")


def pictures(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True)
    for i, name in enumerate(names):
        draw("benign", i, 64).save(folder / f"{name}.jpg")


def test_isic_2020_is_split_by_patient(tmp_path: Path) -> None:
    names = [f"ISIC_{i:07}" for i in range(60)]
    pictures(tmp_path / "train", names)
    rows = {
        "image_name": names, "patient_id": [f"IP_{i % 12}" for i in range(60)],
        "target": [int(i % 12 == 0) for i in range(60)],
    }  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "train.csv", index=False)
    data = read_folder(tmp_path)
    assert data.table["file"][3] == "train/ISIC_0000003.jpg"
    assert data.balance() == "5 malignant / 55 benign"
    train, validation = split_validation(data, 0, "lesion")
    assert len(validation.table)
    assert not set(train.table["patient_id"]) & set(validation.table["patient_id"])


def test_isic_2019s_columns_are_mapped_and_said_and_unknown_ones_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"ISIC_{name}" for name in ISIC_2019]
    pictures(tmp_path / "ISIC_2019_Training_Input", names)
    truth = pd.DataFrame({"image": names})
    for column in ISIC_2019:
        truth[column] = [float(name == f"ISIC_{column}") for name in names]
    truth.to_csv(tmp_path / "ISIC_2019_Training_GroundTruth.csv", index=False)
    about = {"image": names, "lesion_id": ["L1", "L1", *names[2:]], "sex": "female"}
    pd.DataFrame(about).to_csv(tmp_path / "ISIC_2019_Training_Metadata.csv", index=False)
    table = read_folder(tmp_path).table
    malignant = set(table["dx"][table["label"] == 1])
    assert malignant == {"mel", "bcc", "ak", "scc"}
    assert set(table["dx"]) - malignant == {"nv", "bkl", "df", "vasc"}
    assert table["group"][0] == table["group"][1] == "L1"
    said = capsys.readouterr().out
    assert "malignant: mel 1, bcc 1, ak 1, scc 1" in said
    assert "left out, of unknown diagnosis: 1" in said


def test_ham10000s_dx_is_mapped_from_its_two_folders(tmp_path: Path) -> None:
    dx = ["nv", "mel", "akiec", "df"]
    names = [f"ISIC_{i}" for i in range(4)]
    pictures(tmp_path / "HAM10000_images_part_1", names[:2])
    pictures(tmp_path / "HAM10000_images_part_2", names[2:])
    rows = {"lesion_id": ["A", "B", "C", "D"], "image_id": names, "dx": dx}
    pd.DataFrame(rows).to_csv(tmp_path / "HAM10000_metadata.csv", index=False)
    table = read_folder(tmp_path).table
    assert table["label"].tolist() == [0, 1, 1, 0]
    assert table["file"][2] == "HAM10000_images_part_2/ISIC_2.jpg"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"target": [0, 2]}, "neither 0 nor 1"),
        ({"dx": ["nv", "wart"]}, "'wart'"),
        ({"MEL": [1, 0], "NV": [0, 0]}, "no diagnosis"),
        ({"target": [0, 1], "image_name": ["a", "a"]}, "listed twice: a"),
        ({"target": [0, 1], "image_name": ["a", "c"]}, "not there: c"),
    ],
)
def test_a_table_that_can_not_be_is_refused_with_a_sentence(
    tmp_path: Path, columns: dict[str, list[object]], said: str
) -> None:
    pictures(tmp_path / "train", ["a", "b"])
    pd.DataFrame({"image_name": ["a", "b"], **columns}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataRejected, match=said):
        read_folder(tmp_path)


def test_repeated_pictures_make_isic_2020s_layout(training_set: Path, tmp_path: Path) -> None:
    memory.repeated(training_set, tmp_path / "many", 200)
    data = read_folder(tmp_path / "many")
    assert data.balance() == "4 malignant / 196 benign"
    assert data.table["patient_id"].nunique() == 200 // 16 + 1
    row = memory.one(tmp_path / "many", 16)
    assert row["pictures"] == 200
    assert row["shown_malignant"] == pytest.approx(0.5, abs=0.1)
