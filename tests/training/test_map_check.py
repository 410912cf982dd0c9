"""Maps before and after weights are drawn afresh: how alike, of which pictures, what is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import torch

from core import checkpoints
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.results import map_check
from core.results.card import CARD, read_card
from core.results.json_files import ResultsRejected
from core.results.of_weights import COLUMN, stamped
from tests.training.conftest import draw, write_kaggle, write_listed
from tests.training.scoring.test_fresh_weights import settled
from training.data import learned
from training.data.folders import read_folder
from training.map_check import check, correlation, main, mean_by_group, of_collections, ranked


def test_the_correlation_is_spearmans() -> None:
    random = np.random.default_rng(0)
    one, other = random.random((2, 15, 15)).astype(np.float32)
    one[:5] = 0  # ties
    expected = scipy.stats.spearmanr(one.ravel(), other.ravel()).statistic
    found = correlation(ranked(one), ranked(other))
    assert found == pytest.approx(expected)
    assert np.isnan(correlation(ranked(np.zeros_like(one)),
                                          ranked(other)))  # fmt: skip


def test_a_mean_leaves_empty_maps_out_by_hand() -> None:
    values = np.array([[0.2, np.nan, 0.6], [0.4, np.nan, np.nan]])
    found = mean_by_group(values, np.array(["a", "b", "c"]))
    assert found is not None
    assert found.value == pytest.approx((0.2 + 0.4 + 0.6) / 3)
    assert mean_by_group(np.full((2, 3), np.nan), np.arange(3)) is None


def test_the_baselines_maps_forget_what_was_thrown_away() -> None:
    views = torch.stack([to_tensor(draw_lesion(224, 224, seed=seed)) for seed in range(3)])
    network = settled("baseline_cnn", views)
    found = check(network, views, np.arange(len(views)), [0, 1, 0], 2)
    assert [stage.layer for stage in found.stages] == ["fc3", "fc2", "fc1", "conv2", "conv1"]
    assert all(stage.n <= 2 * len(views) for stage in found.stages)
    for stage in found.stages:
        if stage.likeness is not None:
            assert -1 <= stage.likeness.low <= stage.likeness.value <= stage.likeness.high <= 1


@pytest.fixture
def checked(
    kaggle: Callable[..., Path], tiny_checkpoints: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Path, Path]:  # fmt: skip
    """A checkpoint folder with the tiny baseline, validated on three pictures of ``data``."""
    data = kaggle()
    folder = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints / "baseline_cnn", folder / "baseline_cnn")
    lines = ["file,label,group,logit,probability"]
    lines += [f"train/benign/{i}.png,benign,{i},0.0,0.5" for i in range(3)]
    (folder / "baseline_cnn/predictions").mkdir()
    sha256 = checkpoints.card("baseline_cnn", folder).weights.sha256
    lines = [
        f"{line},{mark}"
        for line, mark in zip(lines, [COLUMN, *[sha256] * (len(lines) - 1)], strict=True)
    ]
    (folder / "baseline_cnn/predictions/validation.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    return data, folder


def test_the_command_writes_what_the_page_reads(
    checked: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = checked
    command = ["--model", "baseline_cnn", "--data", str(data), "--draws", "1"]
    assert main(command) == 0
    card = checkpoints.card("baseline_cnn")
    found = map_check.read_map_check(card, checkpoints.FOLDER)
    assert found is not None
    assert (found.pictures, found.draws, found.data) == (3, 1, data.name)
    assert found.command == "python -m training.map_check --model baseline_cnn --data set --draws 1"
    assert "down to conv1" in capsys.readouterr().out
    # the same again is the same, and of other weights it is told, not shown
    text = (folder / "baseline_cnn" / map_check.FILE).read_text()
    assert main(command) == 0
    assert (folder / "baseline_cnn" / map_check.FILE).read_text() == text
    path = folder / "baseline_cnn" / CARD
    raw = json.loads(path.read_text())
    raw["weights"]["sha256"] = "0" * 64
    path.write_text(json.dumps(raw))
    with pytest.raises(ResultsRejected, match=r"is of other weights: run `python -m training"):
        map_check.read_map_check(read_card(path), checkpoints.FOLDER)


def test_a_damaged_file_is_refused(checked: tuple[Path, Path]) -> None:
    _, folder = checked
    card = checkpoints.card("baseline_cnn")
    assert map_check.read_map_check(card, checkpoints.FOLDER) is None
    (folder / "baseline_cnn" / map_check.FILE).write_text("{")
    with pytest.raises(ResultsRejected, match="damaged"):
        map_check.read_map_check(card, checkpoints.FOLDER)


def test_a_folder_without_the_validation_pictures_is_refused_with_a_sentence(
    checked: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = checked
    (data / "train/benign/2.png").unlink()
    assert main(["--model", "baseline_cnn", "--data", str(data)]) == 2
    assert "lacks validation pictures" in capsys.readouterr().err
    assert not (folder / "baseline_cnn" / map_check.FILE).exists()


TRAINED = ("malignant_vs_benign", "pad_ufes_20_half", "isic2017")


@pytest.fixture
def pooled(tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Collections, and in ``checkpoints`` beside them the tiny baseline as if trained on three.

    Its folds held out six pictures of each. It learned from those of the report's set and from one
    of PAD-UFES-20 afterwards. ISIC 2018's half and two pictures of NCI are foreign to it.
    """
    root = tmp_path / "data"
    write_kaggle(root / TRAINED[0], (8, 8), (2, 2))
    people = ["patient_id", "lesion_group"]
    for seed, name in enumerate((*TRAINED[1:], "isic2018_test_half", "nci_moles_to_melanoma")):
        rows = [{"file": f"{i}.png", "label": ["benign", "malignant"][i % 2],
                 people[seed % 2]: f"{seed}-{i // 2}"}
                for i in range(20 * seed, 20 * seed + (2 if "nci" in name else 12))]  # fmt: skip
        write_listed(root / name, rows)
        for row in rows:  # no two collections share a picture
            draw(str(row["label"]), 5000 + 100 * seed + int(str(row["file"])[:-4])).save(
                root / name / str(row["file"])
            )
    folder = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints / "baseline_cnn", folder / "baseline_cnn")
    path = folder / "baseline_cnn" / CARD
    raw = json.loads(path.read_text())
    raw["training"]["data"] = " + ".join(TRAINED)
    path.write_text(json.dumps(raw))
    sha256 = raw["weights"]["sha256"]
    held, parts = [], []
    for name in TRAINED:
        table = read_folder(root / name, both_classes=False).table
        if "split" in table:
            table = table[table["split"] == "train"]
        mine = table.iloc[:6]
        prefix = "" if name == TRAINED[0] else f"{name}/"
        held += [(f"{prefix}{file}", group)
                 for file, group in zip(mine["file"], mine["group"], strict=True)]  # fmt: skip
        kept = set(mine["content"][{TRAINED[0]: 6, TRAINED[1]: 1}.get(name, 0) :])
        parts += [(content[: learned.DIGITS], "validation" if content in kept else "train")
                  for content in table["content"]]  # fmt: skip
    (folder / "baseline_cnn/predictions").mkdir()
    pd.DataFrame(
        [(file, "benign", group, 0.0, 0.5) for file, group in held],
        columns=["file", "label", "group", "logit", "probability"],
    ).pipe(stamped, sha256).to_csv(folder / "baseline_cnn/predictions/validation.csv", index=False)
    pd.DataFrame(parts, columns=["content", "part"]).pipe(stamped, sha256).to_csv(
        folder / "baseline_cnn" / learned.FILE, index=False
    )
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    return root


def test_of_several_collections_each_gives_its_share_of_what_was_not_learned(pooled: Path) -> None:
    card = checkpoints.card("baseline_cnn")
    folder = checkpoints.FOLDER / "baseline_cnn"
    found = of_collections(card, folder, pooled, 14)
    counts = {"isic2017": 4, "isic2018_test_half": 4, "nci_moles_to_melanoma": 2,
              "pad_ufes_20_half": 4}  # fmt: skip
    assert found.groupby("collection").size().to_dict() == counts  # NCI has but two
    part = learned.parts(folder, card)
    assert part is not None
    assert "train" not in set(found["content"].str[: learned.DIGITS].map(part))
    assert found["collection"].iloc[:4].nunique() == 4  # by turns
    assert all(row.path.parent.name == row.collection for row in found.itertuples())
    assert found["group"].str.startswith(tuple(f"{name}/" for name in counts)).all()
    again = of_collections(card, folder, pooled, 14)
    assert list(again["path"]) == list(found["path"])
    most = of_collections(card, folder, pooled, 1000)  # 5 of PAD-UFES-20, 6, 12 and 2
    assert most.groupby("collection").size().to_dict() == {
        **counts, "pad_ufes_20_half": 5, "isic2017": 6, "isic2018_test_half": 12,
    }  # fmt: skip


def test_the_command_takes_the_folder_with_the_collections(
    pooled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--model", "baseline_cnn", "--data", str(pooled), "--draws", "1", "--pictures", "5"]
    assert main(command) == 0
    found = map_check.read_map_check(checkpoints.card("baseline_cnn"), checkpoints.FOLDER)
    assert found is not None
    assert found.collections == {
        "isic2017": 1, "isic2018_test_half": 2, "nci_moles_to_melanoma": 1, "pad_ufes_20_half": 1,
    }  # fmt: skip
    assert found.pictures == 5  # the odd one is of the first in the table of collections
    shutil.rmtree(pooled / "pad_ufes_20_half")
    capsys.readouterr()
    assert main(command) == 2
    assert "pad_ufes_20_half" in capsys.readouterr().err


def test_what_nobody_kept_of_its_learning_is_told(
    pooled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkpoints.FOLDER / "baseline_cnn" / learned.FILE).unlink()
    assert main(["--model", "baseline_cnn", "--data", str(pooled)]) == 2
    assert "nobody knows what it learned from" in capsys.readouterr().err
