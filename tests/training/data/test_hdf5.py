"""ISIC 2024's layout: a table of isic_id and target, and one HDF5 file of JPEGs."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.training.conftest import draw
from training.data.folders import read_folder
from training.data.hdf5 import Hdf5Picture, read_picture
from training.data.labelled_set import DataRejected
from training.data.pixels import in_memory

NAMES = [f"ISIC_{i:07}" for i in range(6)]


def encoded(seed: int) -> bytes:
    data = io.BytesIO()
    draw("malignant" if seed % 3 == 0 else "benign", seed).save(data, "JPEG", quality=95)
    return data.getvalue()


@pytest.fixture
def isic_2024(tmp_path: Path) -> Path:
    rows = {
        "isic_id": NAMES, "target": [int(i % 3 == 0) for i in range(6)],
        "patient_id": [f"IP_{i // 2}" for i in range(6)], "age_approx": [60] * 6,
    }  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "train-metadata.csv", index=False)
    with h5py.File(tmp_path / "train-image.hdf5", "w") as file:
        for i, name in enumerate(NAMES):
            file[name] = np.void(encoded(i))  # as ISIC 2024 keeps them
    return tmp_path


def test_isic_2024_is_read_from_its_one_file(isic_2024: Path) -> None:
    data = read_folder(isic_2024)
    assert data.balance() == "2 malignant / 4 benign"
    assert data.table["file"].tolist() == [f"train-image.hdf5/{name}" for name in NAMES]
    assert data.table["group"].tolist() == ["IP_0", "IP_0", "IP_1", "IP_1", "IP_2", "IP_2"]
    assert data.table["path"][0].read_bytes() == encoded(0)
    pixels = in_memory(data).float()
    assert [bool(p[0].mean() > p[2].mean()) for p in pixels] == data.labels.bool().tolist()


def test_what_the_table_lists_and_the_file_lacks_is_named(isic_2024: Path) -> None:
    with h5py.File(isic_2024 / "train-image.hdf5", "a") as file:
        del file[NAMES[2]]
        del file[NAMES[4]]
    with pytest.raises(
        DataRejected, match=f"2 pictures that are not there: {NAMES[2]}; {NAMES[4]}"
    ):
        read_folder(isic_2024)


def test_a_file_that_is_no_hdf5_is_refused_by_name(isic_2024: Path) -> None:
    (isic_2024 / "train-image.hdf5").write_bytes(b"no file of pictures")
    with pytest.raises(DataRejected, match=r"train-image\.hdf5"):
        read_folder(isic_2024)


def test_one_picture_is_decoded_as_any_other(isic_2024: Path) -> None:
    picture = read_picture(Hdf5Picture(isic_2024 / "train-image.hdf5", NAMES[0]))
    assert (picture.size, picture.mode) == ((64, 64), "RGB")
