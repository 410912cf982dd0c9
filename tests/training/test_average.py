"""Averages of weights: the mean itself, when it is written, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from core import checkpoints
from core.results.card import WEIGHTS
from tests.training.conftest import Run
from training import average
from training.data.file_lock import writing
from training.data.labelled_set import DataRejected
from training.fitting import weight_average


def test_the_mean_is_of_every_weight_and_statistic_and_counters_stay() -> None:
    one = {"w": torch.tensor([1.0, 2.0]), "seen": torch.tensor(7)}
    other = {"w": torch.tensor([3.0, -2.0]), "seen": torch.tensor(9)}
    found = weight_average.average([one, other])
    assert found["w"].tolist() == [2.0, 0.0]
    assert found["seen"] == 7


def test_networks_of_two_architectures_have_no_mean() -> None:
    with pytest.raises(DataRejected, match="one architecture"):
        weight_average.average([{"w": torch.zeros(2)}, {"w": torch.zeros(3)}])


def moved(run: Run, to: Path, sign: float) -> Path:
    """The finished run's checkpoint with every matrix pushed off it, one way or the other."""
    shutil.copytree(run.checkpoint, to)
    state = checkpoints.read_state(run.checkpoint / WEIGHTS)
    random = torch.Generator().manual_seed(0)
    for value in state.values():
        if value.is_floating_point() and value.dim() > 1:
            value.add_(sign * 0.6 * value.std() * torch.randn(value.shape, generator=random))
    checkpoints.write_weights(state, to / WEIGHTS, f"pushed by {sign}")
    return to


def test_the_mean_of_two_that_lie_on_either_side_is_written_with_where_it_comes_from(
    finished: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [str(moved(finished, tmp_path / name, sign)) for name, sign in (("a", 1), ("b", -1))]
    root = tmp_path / "checkpoints"
    arguments = [
        "--model", "baseline_cnn", "--name", "mean", "--preset", "tuned", "--seed", "3",
        "--data", str(finished.data), "--checkpoints", str(root), "--of",
    ]  # fmt: skip
    assert average.main([*arguments, *members]) == 0
    card = checkpoints.card("mean", root)
    assert card.initialisation.source == "mean of a and b"
    assert card.initialisation.lineage == "pushed by 1; pushed by -1"
    assert sorted(path.name for path in (root / "mean").iterdir()) == [
        "card.json", "history.csv", "learned.csv", "predictions", "weights.safetensors",
    ]  # fmt: skip
    # the same command again may write there, another one only where it is told to
    other = [*arguments[:4], "--preset", "report-baseline", *arguments[6:], *members]
    assert average.main(other) == 2
    said = capsys.readouterr().err
    assert f"{root / 'mean'} holds another model, made by `python -m training.average" in said
    assert checkpoints.card("mean", root) == card
    with writing(root / "mean"):
        assert average.main([*arguments, *members]) == 2
    assert average.main([*arguments, *members]) == 0
    assert average.main(["--replace", *other]) in (0, 1)  # by that preset it may not be the best
    whole = checkpoints.read_state(finished.checkpoint / WEIGHTS)
    for key, value in checkpoints.read_state(root / "mean" / WEIGHTS).items():
        assert torch.allclose(value.float(), whole[key].float(), atol=2e-3), key


def test_a_mean_that_is_no_better_is_not_written(
    finished: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = moved(finished, tmp_path / "worse", 20)
    arguments = [
        "--model", "baseline_cnn", "--name", "mean", "--preset", "tuned", "--seed", "3",
        "--data", str(finished.data), "--checkpoints", str(tmp_path / "checkpoints"),
        "--of", str(finished.checkpoint), str(worse),
    ]  # fmt: skip
    assert average.main(arguments) == 1
    assert "baseline_cnn alone is better" in capsys.readouterr().err
    assert not (tmp_path / "checkpoints").exists()


def test_a_folder_without_weights_is_refused_by_name(
    finished: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--model", "baseline_cnn", "--name", "mean", "--preset", "tuned",
        "--data", str(finished.data), "--of", str(tmp_path / "nothing"),
    ]  # fmt: skip
    assert average.main(arguments) == 2
    assert f"{tmp_path / 'nothing'} is no checkpoint." in capsys.readouterr().err


def test_a_member_that_learned_from_what_would_choose_is_refused(
    finished: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--model", "baseline_cnn", "--name", "mean", "--preset", "tuned", "--seed", "4",
        "--data", str(finished.data), "--checkpoints", str(tmp_path / "checkpoints"),
        "--of", str(finished.checkpoint), str(finished.checkpoint),
    ]  # fmt: skip
    assert average.main(arguments) == 2
    assert "baseline_cnn has learned from " in (said := capsys.readouterr().err)
    assert "of the 8 pictures that would choose the average" in said
    assert not (tmp_path / "checkpoints").exists()
