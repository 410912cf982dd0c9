from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.results.collections import ISIC_2017, PAD_UFES, REPORT, UDA_1
from tests.training.conftest import textured
from training import same_lesion
from training.data.same_lesion import FILE, FOLDER, found


def write_collection(folder: Path, pictures: dict[str, Image.Image]) -> None:
    folder.mkdir(parents=True)
    for name, picture in pictures.items():
        picture.save(folder / name, quality=92)
    rows = [f"{name},{'malignant' if i % 2 else 'benign'}" for i, name in enumerate(pictures)]
    (folder / "metadata.csv").write_text("\n".join(["file,label", *rows]) + "\n")


def run(data: Path, to: Path, *more: str) -> int:
    return same_lesion.main(
        ["--data", str(data), "--runs", str(to / "runs"), "--checkpoints", str(to), *more]
    )


def test_a_lesion_that_two_collections_show_is_found_and_kept_for_splits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesion = textured(0)
    turned = lesion.rotate(25, Image.Resampling.BICUBIC).crop((60, 60, 340, 340))
    data = tmp_path / "data"
    write_collection(data / ISIC_2017, {"one.jpg": lesion, "two.jpg": textured(1)})
    write_collection(data / UDA_1, {"three.jpg": textured(2), "four.jpg": turned})
    # a photo is not compared with what a dermatoscope took, however alike they are
    write_collection(data / PAD_UFES, {"five.jpg": lesion, "six.jpg": textured(3)})
    write_collection(data / "not_lesion", {"seven.jpg": lesion})
    assert run(data, tmp_path / "checkpoints") == 0
    assert f"1 pairs: {FOLDER}/{FILE}" in capsys.readouterr().out
    pairs = found(tmp_path / "checkpoints")
    assert list(pairs.keys()) == [((ISIC_2017, "one.jpg"), (UDA_1, "four.jpg"))]
    assert pairs.table["inliers"].iloc[0] >= same_lesion.LEAST_INLIERS


def test_a_folder_without_collections_is_refused_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    assert run(tmp_path / "data", tmp_path / "checkpoints") == 2
    assert f"holds none of {REPORT}, " in capsys.readouterr().err
    assert not (tmp_path / "checkpoints").exists()


def test_weights_that_cannot_be_read_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_collection(tmp_path / "data" / UDA_1, {"a.jpg": textured(0), "b.jpg": textured(1)})
    weights = str(tmp_path / "none.safetensors")
    assert run(tmp_path / "data", tmp_path / "checkpoints", "--init-from", weights) == 2
    assert "none.safetensors" in capsys.readouterr().err
    assert not (tmp_path / "checkpoints" / FOLDER).exists()
