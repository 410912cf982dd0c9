"""Scoring with a model of one's own: where it is, what it has learned from, one at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.results.card import CARD, LabelRule, read_card, write_card
from tests.training.conftest import LABELS, write_listed
from tests.training.scored_sets import LISTED_LABELS, MODEL, listed_set, tree
from training import evaluate
from training.data import learned
from training.data.file_lock import writing
from training.data.folders import read_folder

Models = Callable[..., Path]
LEARNED, CHOSEN_BY = 5, 3


def learned_from(root: Path, folder: Path, of: Path | None = None) -> None:
    """Keep that MODEL learned from the first pictures of a folder and was chosen by the next."""
    whole = read_folder(of or folder)
    rows, last = np.arange(len(whole.table)), LEARNED + CHOSEN_BY
    chosen_by = whole.only((rows >= LEARNED) & (rows < last))
    learned.write(
        root / MODEL, whole.only(rows < LEARNED), chosen_by, read_card(root / MODEL / CARD)
    )


def test_pictures_that_the_model_knows_are_counted_and_not_put_on_its_card(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, _ = listed_set(tmp_path)
    learned_from(root, folder)
    before = tree(root)
    asked = ["--model", MODEL, "--data", str(folder)]
    assert evaluate.main(asked) == 0
    said = capsys.readouterr()
    told = (f"Of these 24 pictures {MODEL} knows 5 that it has learned from and 3 that it was "
            "chosen by: figures on them say little.")  # fmt: skip
    assert told in said.err
    assert json.loads(said.out.splitlines()[-1])["known"] == {"learned": 5, "chosen_by": 3}
    assert evaluate.main([*asked, "--save"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{told} Nothing is saved." in said.err
    assert tree(root) == before


def test_pictures_that_the_model_does_not_know_are_saved_without_a_word(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    other, _ = listed_set(tmp_path / "other")
    rows = [{"file": f"{i}.png", "label": LABELS[i % 2]} for i in range(12)]
    learned_from(root, other, write_listed(tmp_path / "learned", rows))
    assert evaluate.main(["--model", MODEL, "--data", str(other), "--save"]) == 0
    said = capsys.readouterr()
    assert "knows" not in said.err
    assert "known" not in json.loads(said.out.splitlines()[-1])
    assert "some_set" in read_card(root / MODEL / CARD).evaluations


def test_what_was_learned_by_other_weights_is_refused_with_the_command(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, _ = listed_set(tmp_path)
    learned_from(root, folder)
    path = root / MODEL / learned.FILE
    path.write_text(
        path.read_text().replace(read_card(root / MODEL / CARD).weights.sha256, "0" * 64)
    )
    assert evaluate.main(["--model", MODEL, "--data", str(folder)]) == 2
    assert "learned.csv is of other weights: run `python -m training.rescore" in (
        capsys.readouterr().err
    )


def test_a_model_in_a_folder_of_ones_own_is_scored_there_and_nowhere_else(
    tiny_checkpoints: Path, models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    before = tree(root)
    own = tmp_path / "own"
    (own / "mine").mkdir(parents=True)
    for path in (root / MODEL).iterdir():
        (own / "mine" / path.name).write_bytes(path.read_bytes())
    card = json.loads((own / "mine" / CARD).read_text())
    (own / "mine" / CARD).write_text(json.dumps(card | {"name": "mine"}))
    folder, _ = listed_set(tmp_path)
    asked = ["--model", "mine", "--data", str(folder), "--save"]
    assert evaluate.main(asked) == 2
    assert "There is no model called 'mine'" in capsys.readouterr().err
    assert evaluate.main([*asked, "--checkpoints", str(own)]) == 0
    assert read_card(own / "mine" / CARD).evaluations["some_set"].figures.n == 24
    assert (own / "mine/predictions/some_set.csv").is_file()
    assert tree(root) == before
    assert evaluate.main([*asked, "--checkpoints", str(tmp_path / "nowhere")]) == 2
    assert f"There is no folder {tmp_path / 'nowhere'}" in capsys.readouterr().err


def test_two_that_save_figures_of_one_model_at_once_are_refused_with_a_sentence(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    folder, _ = listed_set(tmp_path)
    before = tree(root)
    with writing(root / MODEL):
        assert evaluate.main(["--model", MODEL, "--data", str(folder), "--save"]) == 2
    assert "is being written by another command: wait for it to end" in capsys.readouterr().err
    assert tree(root) == before
    assert evaluate.main(["--model", MODEL, "--data", str(folder), "--save"]) == 0
    assert not (root / MODEL / ".lock").exists()


def test_a_test_of_ones_own_is_never_taken_for_the_reports(models: Models, tmp_path: Path) -> None:
    root = models()
    rows = [{"file": f"{i}.png", "label": LABELS[i % 2], "split": "test" if i < 8 else "train"}
            for i in range(12)]  # fmt: skip
    folder = write_listed(tmp_path / "my moles", rows)
    assert evaluate.main(["--model", MODEL, "--data", str(folder), "--save"]) == 0
    found = read_card(root / MODEL / CARD).evaluations
    assert found["my moles"].figures.n == 8
    assert found["my moles"].title == "my moles"
    assert "official_test" not in found
    assert not (root / MODEL / "predictions/official_test.csv").exists()


def test_labels_are_read_as_they_were_for_training(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models()
    dx = ["MEL " if label else "nv" for label in LISTED_LABELS]
    folder, _ = listed_set(tmp_path, dx=dx)
    asked = ["--model", MODEL, "--data", str(folder)]
    assert evaluate.main(asked) == 0
    plain = capsys.readouterr().out.splitlines()[-1]
    table = pd.read_csv(folder / "metadata.csv").drop(columns="label")
    table.to_csv(folder / "metadata.csv", index=False)
    assert evaluate.main([*asked, "--label-column", "dx", "--positive", "mel"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == json.loads(plain)


def taught_mel_and_nv(root: Path) -> None:
    """Have MODEL's card say that it learned mel as malignant and nv as benign, in a column dx."""
    path = root / MODEL / CARD
    card = read_card(path)
    by = LabelRule("dx", ("mel",), ("nv",))
    write_card(replace(card, training=replace(card.training, label_rule=by)), path)


def relabelled(folder: Path, **columns: list[str]) -> None:
    """Give a listed set other columns of labels."""
    path = folder / "metadata.csv"
    pd.read_csv(path).drop(columns=["label", "dx"], errors="ignore").assign(**columns).to_csv(
        path, index=False
    )


def test_labels_are_read_by_the_rule_on_the_card_and_that_is_told(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taught_mel_and_nv(models())
    folder, _ = listed_set(tmp_path)
    words = ["malignant" if label else "benign" for label in LISTED_LABELS]
    asked = ["--model", MODEL, "--data", str(folder)]
    assert evaluate.main(asked) == 0  # the column label has the two words, and there is no dx
    plain = capsys.readouterr().out
    assert "learned them" not in plain
    relabelled(folder, dx=["Mel " if label else "nv" for label in LISTED_LABELS])
    assert evaluate.main(asked) == 0
    said = capsys.readouterr().out
    assert (
        f"Labels are read as {MODEL} learned them: column dx, malignant mel, benign nv. "
        "--label-column, --positive and --negative say otherwise."
    ) in said
    assert json.loads(said.splitlines()[-1]) == json.loads(plain.splitlines()[-1])
    relabelled(folder, other=words)
    assert evaluate.main([*asked, "--label-column", "other"]) == 0  # the two words, where asked
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == json.loads(
        plain.splitlines()[-1]
    )


def test_a_label_that_the_model_was_not_taught_is_refused_until_it_is_said_what_it_is(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taught_mel_and_nv(models())
    folder, _ = listed_set(tmp_path)
    dx = ["mel" if label else "nv" for label in LISTED_LABELS]
    relabelled(folder, dx=[*dx[:-1], "bcc"])
    asked = ["--model", MODEL, "--data", str(folder)]
    assert evaluate.main(asked) == 2
    assert "23.png is labelled 'bcc', neither benign nor malignant" in capsys.readouterr().err
    assert evaluate.main([*asked, "--positive", "mel,bcc"]) == 0
    said = capsys.readouterr().out
    assert f"malignant: mel {sum(LISTED_LABELS) - 1}, bcc 1; benign: nv" in said
    assert "learned them" not in said
    relabelled(folder, dx=["nv"] * len(dx))  # a set of one kind of its labels is no typing error
    assert evaluate.main(asked) == 0


def test_what_the_network_that_a_run_started_from_had_learned_counts_too(
    models: Models, tmp_path: Path
) -> None:
    root = models()
    folder, _ = listed_set(tmp_path)
    learned_from(root, folder)  # 0 to 4 learned from, 5 to 7 chosen by
    whole, card = read_folder(folder), read_card(root / "resnet18" / CARD)
    rows = np.arange(len(whole.table))
    learned.write(
        root / "resnet18", whole.only(rows > 15), whole.only((rows > 2) & (rows < 7)), card
    )
    assert learned.known(root / "resnet18", whole, card) == learned.Known(24, 8, 4)
    learned.inherit(root / "resnet18", Path("random"), card)
    assert learned.known(root / "resnet18", whole, card) == learned.Known(24, 8, 4)
    learned.inherit(root / "resnet18", root / MODEL / "weights.safetensors", card)
    # 3 and 4 choose here what was learned there: they are learned from
    assert learned.known(root / "resnet18", whole, card) == learned.Known(24, 13, 3)
