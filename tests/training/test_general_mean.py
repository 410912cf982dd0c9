from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

from core import checkpoints
from core.results import recipes
from training import general, general_mean
from training.data.demographics import FOLDER
from training.pooled import recipe_choice
from training.pooled.pool import Pool, folds, read_pool

SIDES = ["--side", "32", "--train-side", "32"]


@pytest.fixture(scope="module")
def runs(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recipes, one learned on two folds of which one is left out, the other on three."""
    folder = tmp_path_factory.mktemp("runs")
    for name, count, scored in (("balanced", "2", "1"), ("group-balanced", "3", "3")):
        arguments = [
            "--data", str(collections), *SIDES, "--folds", count, "--epochs", "1", "--recipes",
            name, "--compared", "1", "--scored", scored, "--runs", str(folder), "--accelerator",
            "cpu", "--checkpoints", str(collections / "checkpoints"), "--name", "alone",
        ]  # fmt: skip
        assert general.main(arguments) == 0
    return folder


def arguments(collections: Path, runs: Path, root: Path, second: str = "3") -> list[str]:
    return [
        "--data", str(collections), *SIDES, "--of", str(runs / "alone/balanced"), "2",
        "--of", str(runs / "alone/group-balanced"), second, "--runs", str(runs),
        "--checkpoints", str(root),
    ]  # fmt: skip


@pytest.fixture
def root(collections: Path, tmp_path: Path) -> Path:
    """Checkpoints that hold what is recorded of people, and no model."""
    (tmp_path / FOLDER).symlink_to(collections / "checkpoints" / FOLDER)
    return tmp_path


def learned(path: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(path / "last.ckpt", weights_only=True)["state_dict"]
    return {k: v for k, v in state.items() if k.startswith("network.") and v.is_floating_point()}


def prefer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them is better is chance with pictures of noise."""
    monkeypatch.setattr(recipe_choice, "chosen", lambda *_: name)


def test_where_folds_overlap_the_mean_of_both_networks_has_the_word(
    collections: Path, runs: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefer("averaged", monkeypatch)
    spared = []
    drawn_by = general_mean.drawn_by

    def told(pool: Pool, held: NDArray[np.bool_], sampling: str) -> torch.Tensor:
        spared.append(held)
        return drawn_by(pool, held, sampling)

    monkeypatch.setattr(general_mean, "drawn_by", told)
    assert general_mean.main(arguments(collections, runs, root)) == 0
    card = checkpoints.card("general", root)
    assert card.training.split.startswith("3 of 6 parts held out")
    table = read_pool(collections).table
    two, three = (folds(table, count, 0) for count in (2, 3))
    out = pd.read_csv(root / "general/out_of_fold.csv")
    pictures = ["collection", "file"]
    assert out[pictures].to_numpy().tolist() == table[two == 0][pictures].to_numpy().tolist()
    for k in range(3):
        folder = runs / "general/averaged" / f"fold{k}"
        assert_mean(folder, runs / "alone/balanced/fold0", runs / f"alone/group-balanced/fold{k}")
        kept = np.frombuffer((folder / "scores32.npy").read_bytes())
        assert out["logit"][out["fold"] == k].to_numpy() == pytest.approx(kept, abs=1e-6)
        # what one of the two was scored on has no part in the statistics either
        assert (spared[k] == ((two == 0) | (three == k))).all()
    everything = runs / "general/averaged/everything"
    assert_mean(everything, runs / "alone/balanced/everything",
                runs / "alone/group-balanced/everything")  # fmt: skip
    tried = recipes.read_recipes("general", root)
    assert tried is not None
    assert [one.recipe for one in tried.tried] == ["averaged", "balanced", "group-balanced"]
    assert {(one.folds, one.scored) for one in tried.tried} == {(6, 3)}

    before = (everything / "last.ckpt").read_bytes(), (root / "general/card.json").read_bytes()
    assert general_mean.main(arguments(collections, runs, root)) == 0
    after = (everything / "last.ckpt").read_bytes(), (root / "general/card.json").read_bytes()
    assert after == before


def assert_mean(found: Path, one: Path, other: Path) -> None:
    mean, first, second = map(learned, (found, one, other))
    for key, value in mean.items():
        same = torch.allclose(value, (first[key] + second[key]) / 2, atol=1e-6)
        assert same == ("running_" not in key), key


def test_a_mean_that_is_not_best_ships_nothing_and_its_figures_are_kept(
    collections: Path, runs: Path, root: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    prefer("balanced", monkeypatch)
    assert general_mean.main(arguments(collections, runs, root)) == 1
    assert "balanced alone is better" in capsys.readouterr().err
    assert [path.name for path in (root / "general").iterdir()] == [recipes.FILE]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: [*a[:-7], *a[-4:]], "Give --of twice"),
        (lambda a: ["4" if x == "3" else x for x in a], "another network, seed, data or folds"),
        (lambda a: [x.replace("/balanced", "/nothing") for x in a], "holds no recipe"),
        (lambda a: [*a, "--side", "64"], "scores64.npy is missing"),
        (lambda a: ["some" if x == "3" else x for x in a], "'some' is no number of folds"),
        (lambda a: [*a, "--seed", "1"], "another network, seed, data or folds"),
    ],
)
def test_runs_that_do_not_fit_are_refused_with_a_sentence(
    change: Callable[[list[str]], list[str]], sentence: str, collections: Path, runs: Path,
    root: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert general_mean.main(change(arguments(collections, runs, root))) == 2
    assert sentence in capsys.readouterr().err
    assert not (root / "general").exists()
