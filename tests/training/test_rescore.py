"""Figures that are written anew from kept margins are those that scoring again would give."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.results.card import CARD, read_card, write_card
from core.results.of_weights import COLUMN, stamped
from tests.training.scored_sets import MODEL, kaggle_set, tree
from training import evaluate, rescore
from training.data import learned
from training.data.folders import read_folder
from training.data.same_lesion import LOOKED_AT

Models = Callable[..., Path]
PAIR = "test_file,train_file,sift_inliers\ntest/malignant/7.png,train/malignant/0.png,33\n"


def scored_then_found(models: Models, tmp_path: Path) -> tuple[Path, Path]:
    """A model that was scored before a further pair was found, and the set."""
    root = models()
    folder, _ = kaggle_set(tmp_path)
    assert evaluate.main(["--model", MODEL, "--data", str(folder), "--save"]) == 0
    (tmp_path / LOOKED_AT).write_text(PAIR)
    return root, folder


def test_a_pair_found_later_leaves_its_picture_out_as_scoring_again_would(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, folder = scored_then_found(models, tmp_path)
    path = root / MODEL / CARD
    before = read_card(path)
    assert before.evaluations["leak_free"].figures.n == 14
    assert rescore.main(["--data", str(folder), "--checkpoints", str(root)]) == 0
    found = read_card(path).evaluations
    assert list(found) == list(before.evaluations)
    assert found["official_test"] == before.evaluations["official_test"]
    assert f"{MODEL}: Its pictures of no known lesion, 13 pictures" in capsys.readouterr().out

    assert evaluate.main(["--model", MODEL, "--data", str(folder), "--save"]) == 0
    again = read_card(path).evaluations["leak_free"]
    assert again.data_sha256 == found["leak_free"].data_sha256
    assert again.title == found["leak_free"].title
    for name in ("accuracy", "auc", "sensitivity", "specificity"):
        one, other = (getattr(e.figures, name) for e in (again, found["leak_free"]))
        assert one.value == pytest.approx(other.value, abs=1e-6)


def test_a_second_time_changes_nothing(models: Models, tmp_path: Path) -> None:
    root, folder = scored_then_found(models, tmp_path)
    arguments = ["--data", str(folder), "--checkpoints", str(root)]
    assert rescore.main(arguments) == 0
    before = tree(root)
    assert rescore.main(arguments) == 0
    assert tree(root) == before


def test_margins_of_another_official_test_are_refused(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, folder = scored_then_found(models, tmp_path)
    (folder / "test/benign/0.png").rename(folder / "test/benign/other.png")
    (folder / "metadata.csv").unlink()
    assert rescore.main(["--data", str(folder), "--checkpoints", str(root)]) == 2
    assert "another official test" in capsys.readouterr().err


def test_files_from_before_get_their_weights_where_they_agree_with_the_card(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, folder = scored_then_found(models, tmp_path)
    path = root / MODEL / "predictions/official_test.csv"
    other = root / MODEL / "predictions/some_set.csv"
    old = pd.read_csv(path).drop(columns=COLUMN)
    old.to_csv(path, index=False)
    old.assign(probability=1 - old["probability"]).to_csv(other, index=False)
    assert rescore.main(["--data", str(folder), "--checkpoints", str(root)]) == 0
    said = capsys.readouterr().out
    assert f"{MODEL}/predictions/official_test.csv: says of which weights it is" in said
    assert f"{MODEL}/predictions/some_set.csv: does not agree with the card, left alone" in said
    table = pd.read_csv(path)
    assert table[COLUMN].tolist()[0] == read_card(root / MODEL / CARD).weights.sha256
    assert table[COLUMN].isna().sum() == len(table) - 1
    pd.testing.assert_frame_equal(table.drop(columns=COLUMN), pd.read_csv(path, usecols=range(5)))
    assert COLUMN not in pd.read_csv(other)


def test_a_model_from_before_gets_the_hashes_of_what_it_learned(
    models: Models, tmp_path: Path
) -> None:
    root, folder = scored_then_found(models, tmp_path)
    path = root / MODEL / CARD
    card = read_card(path)
    training = dataclasses.replace(card.training, data=folder.name)
    write_card(dataclasses.replace(card, training=training), path)
    held = pd.DataFrame({"file": ["train/benign/0.png"], "label": ["benign"], "group": ["g"],
                         "logit": [0.0], "probability": [0.5]})  # fmt: skip
    stamped(held, card.weights.sha256).to_csv(
        root / MODEL / "predictions/validation.csv", index=False
    )
    assert rescore.main(["--data", str(folder), "--checkpoints", str(root)]) == 0
    found = learned.known(root / MODEL, read_folder(folder), read_card(path))
    assert found == learned.Known(of=20, learned=1, chosen_by=1)
    assert found.told(MODEL) == (
        f"Of these 20 pictures {MODEL} knows 1 that it has learned from and 1 that it was chosen "
        "by: figures on them say little."
    )
