"""A model of one's own: nothing is written over, nothing is mixed, and mistakes get sentences."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from core import checkpoints
from core.results.card import CARD, LabelRule, read_card, write_card
from tests.training.conftest import Run, TrainAgain, card, draw, write_listed
from training import train
from training.data.file_lock import writing
from training.data.labelled_set import DataRejected
from training.fitting import run_folder

DIAGNOSES = ("mel", "nv", "bkl")


def own_set(folder: Path, count: int = 60, **more: list[object]) -> Path:
    """A metadata.csv with diagnoses, a third of each, and reddish melanomas."""
    (folder / "images").mkdir(parents=True)
    dx = [DIAGNOSES[i % 3] for i in range(count)]
    rows = {"file": [f"{i}.png" for i in range(count)], "dx": dx, **more}
    pd.DataFrame(rows).to_csv(folder / "metadata.csv", index=False)
    for i, name in enumerate(dx):
        draw("malignant" if name == "mel" else "benign", i).save(folder / "images" / f"{i}.png")
    return folder


def copy_of(run: Run, to: Path) -> Path:
    """What an unbroken run left, where ``train_again`` will look."""
    import shutil

    shutil.copytree(run.checkpoint, to / "checkpoints" / "baseline_cnn")
    return to / "checkpoints" / "baseline_cnn"


def last_line(run: Run) -> str:
    return run.said.strip().splitlines()[-1]


# Nothing is written over


def test_a_checkpoint_of_other_data_is_not_written_over_and_another_name_is_named(
    finished: Run, train_again: TrainAgain, tmp_path: Path
) -> None:
    before = copy_of(finished, tmp_path)
    kept = {p.name: p.read_bytes() for p in before.glob("*.*")}
    run = train_again(own_set(tmp_path / "my moles"), "--label-column", "dx", "--positive", "mel")
    assert run.status == 2
    assert "holds another model: it learned from colours" in last_line(run)
    assert "--replace" in last_line(run)
    assert "--name, as baseline_cnn-my_moles" in last_line(run)
    assert {p.name: p.read_bytes() for p in before.glob("*.*")} == kept
    assert not run.runs.exists()


def test_other_settings_are_named_with_what_they_were(
    finished: Run, train_again: TrainAgain, training_set: Path, tmp_path: Path
) -> None:
    copy_of(finished, tmp_path)
    run = train_again(training_set, "--epochs", "6")
    assert run.status == 2
    assert "holds another model: epochs 3, asked for 6." in last_line(run)


def test_a_start_is_told_by_what_is_in_its_file_and_not_by_its_name(
    train_again: TrainAgain, training_set: Path, finished: Run, tmp_path: Path
) -> None:
    files = [tmp_path / name / "start.safetensors" for name in ("one", "other")]
    state = load_file(finished.checkpoint / "weights.safetensors")
    for change, path in enumerate(files):
        path.parent.mkdir()
        save_file({k: v.float() + change for k, v in state.items()}, path)
    asked = (training_set, "--epochs", "1", "--name", "mine", "--init-from")
    assert train_again(*asked, str(files[0])).status == 0
    run = train_again(*asked, str(files[1]))
    assert run.status == 2
    told = "holds another model: start start.safetensors, asked for start.safetensors (another"
    assert told in last_line(run)
    run = train_again(*asked, str(files[1]), "--replace")
    assert run.status == 2
    assert "holds a run with other settings: start: another file of that name" in last_line(run)
    moved = files[0].rename(tmp_path / "moved.safetensors")
    assert "holds another model" not in train_again(*asked, str(moved)).said


def test_replace_writes_over_it_and_forgets_what_was_found_about_the_other_weights(
    finished: Run, train_again: TrainAgain, training_set: Path, tmp_path: Path
) -> None:
    folder = copy_of(finished, tmp_path)
    (folder / "fairness").mkdir()
    foreign = ["robustness.csv", "map_check.json", "limits.safetensors", "fairness/some_set.json",
               "gate_contents.csv", "look_alikes.json", "look_alikes.safetensors",
               "stressed_example.json", "predictions/some_set.csv"]  # fmt: skip
    for name in foreign:
        (folder / name).write_text("of the other weights")
    run = train_again(training_set, "--seed", "5", "--epochs", "1", "--replace")
    assert run.status == 0
    assert not [name for name in foreign if (folder / name).exists()]
    assert card(run).training.seed == 5
    assert (folder / "predictions/validation.csv").is_file()


def test_the_same_command_again_keeps_what_was_found_about_the_same_weights(
    training_set: Path, train_again: TrainAgain
) -> None:
    first = train_again(training_set, "--epochs", "1")
    path = first.checkpoint / CARD
    found = read_card(path)
    scored = dataclasses.replace(found.evaluations["validation"], title="A test")
    write_card(
        dataclasses.replace(found, evaluations={**found.evaluations, "a_test": scored}), path
    )
    (first.checkpoint / "robustness.csv").write_text("kept")
    again = train_again(training_set, "--epochs", "1")
    assert again.status == 0
    assert card(again).evaluations["a_test"] == scored
    assert (first.checkpoint / "robustness.csv").read_text() == "kept"


def test_without_a_name_a_model_is_called_by_network_and_data() -> None:
    assert train.default_name("resnet18", Path("my moles (2)")) == "resnet18-my_moles_2_"


# One at a time


def test_two_runs_of_one_name_at_once_are_refused_with_a_sentence(
    training_set: Path, train_again: TrainAgain, tmp_path: Path
) -> None:
    with writing(tmp_path / "checkpoints" / "baseline_cnn"):
        run = train_again(training_set, "--epochs", "1")
    assert run.status == 2
    assert "baseline_cnn is being written by another command: wait for it to end" in last_line(run)
    assert not (tmp_path / "runs" / "baseline_cnn" / "last.ckpt").exists()


def test_a_folder_is_free_again_after_its_writer_and_an_empty_one_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints" / "mine"
    with writing(folder), pytest.raises(DataRejected, match="another command"), writing(folder):
        pass
    assert not folder.parent.exists()
    with writing(folder):
        (folder / "card.json").write_text("{}")
    assert [path.name for path in folder.iterdir()] == ["card.json"]


# What the card says


def test_labels_licence_and_description_come_from_the_data_and_options(
    train_again: TrainAgain, tmp_path: Path
) -> None:
    licences: list[object] = ["CC BY 4.0" if i % 2 else "CC0" for i in range(60)]
    folder = own_set(tmp_path / "mine", licence=licences)
    run = train_again(folder, "--label-column", "dx", "--positive", "MEL", "--epochs", "1",
                      "--description", "Moles of my practice.", "--name", "mine")  # fmt: skip
    assert run.status == 0
    found = checkpoints.card("mine", run.checkpoints)
    assert found.training.labels == "malignant: mel 20; benign: nv 20, bkl 20"
    assert found.training.label_rule == LabelRule("dx", ("mel",), ("nv", "bkl"))
    assert f"mine: {found.training.labels}" in run.said
    assert found.description == "Moles of my practice."
    assert found.licence.startswith("For research and teaching, not for diagnosis. It has learned")
    assert "mine: CC" in found.licence
    assert "HAM10000" not in found.licence
    learned = pd.read_csv(run.checkpoints / "mine" / "learned.csv")
    assert learned["part"].value_counts().to_dict() == {"train": 54, "validation": 6}
    assert learned["content"].is_monotonic_increasing


def test_a_picture_that_is_marked_as_test_is_never_learned_from(
    train_again: TrainAgain, tmp_path: Path
) -> None:
    parts: list[object] = ["test" if i < 12 else "val" if i < 24 else "train" for i in range(60)]
    folder = own_set(tmp_path / "mine", split=parts)
    run = train_again(folder, "--label-column", "dx", "--positive", "mel", "--epochs", "1")
    assert run.status == 0
    found = card(run).training
    assert (found.n_train, found.n_validation, found.split) == (36, 12, "as the data say")
    table = pd.read_csv(run.checkpoint / "predictions/validation.csv")
    assert table["file"].tolist() == [f"{i}.png" for i in range(12, 24)]


# Mistakes get sentences


@pytest.mark.parametrize("option", [("--epochs", "0"), ("--side", "-1"), ("--epochs", "many")])
def test_a_number_that_can_not_be_is_refused_at_once(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        train.main(["--model", "resnet18", "--data", "nowhere", *option])
    assert end.value.code == 2
    assert f"a whole number from 1 up is needed, not {option[1]}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["best.ckpt", "last.ckpt"])
@pytest.mark.parametrize("what", ["another network", "no checkpoint", "a list"])
def test_a_foreign_file_of_an_unfinished_run_is_told_before_anything_is_trained(
    training_set: Path, train_again: TrainAgain, name: str, what: str, finished: Run, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(finished.folder, tmp_path / "runs" / "baseline_cnn")
    path = tmp_path / "runs" / "baseline_cnn" / name
    if what == "no checkpoint":
        path.write_bytes(b"no checkpoint")
    else:
        other = {"state_dict": {"network.fc.weight": torch.zeros(2)}}
        torch.save(other if what == "another network" else [1, 2], path)
    run = train_again(training_set)
    assert run.status == 2
    assert str(path) in last_line(run)
    assert "Give --restart" in last_line(run)
    assert not run.checkpoints.exists()


def test_a_disk_without_room_for_an_epoch_is_told_before_one_is_trained(
    training_set: Path, train_again: TrainAgain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shutil
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50_000_000))
    run = train_again(training_set)
    assert run.status == 2
    assert "needs 108 MB for a run of baseline_cnn, and the disk has 50 MB left" in last_line(run)
    assert str(tmp_path / "runs" / "baseline_cnn") in last_line(run)
    assert not run.runs.exists()


def test_an_epoch_is_one_line_and_no_library_speaks(finished: Run) -> None:
    lines = finished.said.strip().splitlines()
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert len(epochs) == 3
    assert epochs[0].startswith("epoch 1 of 3: loss ")
    assert "deprecated" not in finished.said.lower()
    assert "warning" not in finished.said.lower()
    bars = [line for line in lines if "pictures/s]" in line or not line.strip()]
    assert len(lines) - len(bars) <= 9


def test_help_explains_presets_layouts_gpus_and_output(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.main(["--help"])
    said = capsys.readouterr().out
    for word in (*train.PRESETS, "metadata.csv", "--strategy ddp", "learned.csv", "2024 (HDF5)"):
        assert word in said


def test_what_a_full_disk_had_no_room_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left on device: .*last\.ckpt"):
        run_folder.write_bytes(tmp_path / "last.ckpt", b"weights")


def test_both_classes_are_asked_of_what_is_left_to_train_on(
    train_again: TrainAgain, tmp_path: Path
) -> None:
    rows = [
        {"file": f"{i}.png", "label": ("benign", "malignant")[i % 2],
         "split": "test" if i % 2 else "train"}
        for i in range(12)
    ]  # fmt: skip
    run = train_again(write_listed(tmp_path / "mine", rows))
    assert run.status == 2
    assert "has no malignant pictures" in last_line(run)
