from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import checkpoints
from core.results import recipes
from core.statistics.estimates import Rate
from tests.training.conftest import write_listed
from training import general, people
from training.data import demographics
from training.data.demographics import FOLDER
from training.data.folders import read_folder
from training.fitting import augmentation
from training.pooled import pool, recipe_choice


def _table(n: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame({
        "collection": np.where(np.arange(n) < n * 3 // 4, "large", "small"),
        "label": (random.random(n) < 0.3).astype(int),
        "fitzpatrick": random.choice(["I-II", "III-IV"], n),
        "together": np.arange(n) // 3,
    })  # fmt: skip


def test_no_two_folds_share_what_belongs_together_and_all_are_filled_alike() -> None:
    table = _table(120)
    table["group"] = pool.counted_groups(table)
    fold = pool.folds(table, 4, seed=1)
    assert (pd.Series(fold).groupby(table["together"]).nunique() == 1).all()
    assert np.ptp(np.bincount(fold, minlength=4)) <= 9


@pytest.mark.parametrize("by", ["collection", "group"])
def test_classes_are_drawn_alike_and_collections_by_the_root_of_their_size(by: str) -> None:
    table = _table()
    table["group"] = pool.counted_groups(table)
    drawn = pd.Series(pool.weights(table, by).numpy())
    cells = drawn.groupby([table["collection"], table["label"]]).sum()
    large, small = 45**0.5, 15**0.5
    shares = np.array([large, large, small, small]) / (2 * (large + small))
    assert cells.to_numpy() == pytest.approx(shares)
    if by == "group":
        within = drawn.groupby([table["collection"], table["label"], table["group"]]).sum()
        for _, shares in within.groupby(level=[0, 1]):
            assert np.ptp(shares) == pytest.approx(0)


def test_a_copy_a_dimmed_copy_and_nothing_else_is_a_near_duplicate() -> None:
    pixels = torch.randint(0, 256, (40, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    pixels = pixels.to(torch.uint8)
    pixels[7] = pixels[3]
    pixels[9] = (pixels[4].float() * 0.8).to(torch.uint8)
    assert pool.near_duplicates(pixels).tolist() == [[3, 7], [4, 9]]


@pytest.mark.parametrize("name", ["moved", "relit", "recompressed"])
def test_changed_batches_stay_pictures_and_do_change(name: str) -> None:
    torch.manual_seed(0)
    x = torch.rand(8, 3, 64, 64)
    y = getattr(augmentation, name)(x)
    assert y.shape == x.shape
    assert y.min() >= 0
    assert y.max() <= 1
    assert not torch.equal(x, y)


def test_a_whole_run_leaves_a_model_scored_on_held_out_folds_and_goes_on_when_stopped(
    collections: Path, tmp_path: Path
) -> None:
    root = collections / "checkpoints"
    arguments = [
        "--data", str(collections), "--side", "64", "--train-side", "32", "--folds", "2",
        "--epochs", "1", "--recipes", "balanced", "re-toned", "--runs", str(tmp_path / "runs"),
        "--checkpoints", str(root), "--accelerator", "cpu",
        "--precision", "bf16-mixed",
    ]  # fmt: skip
    assert general.main(arguments) == 0
    card = checkpoints.card("general", root)
    assert set(card.evaluations) == {"validation", *pool.TRAINED_ON[1:]}
    assert card.evaluations["validation"].figures.n == 16 + 3 * 12  # no official test picture
    out = pd.read_csv(root / "general" / "out_of_fold.csv")
    assert not out["file"].str.startswith("test/").any()
    before = checkpoints.load_network("general", root).state_dict()
    (tmp_path / "runs/general/balanced/fold1/scores64.npy").unlink()
    took = card.training.seconds
    assert general.main(arguments) == 0
    after = checkpoints.load_network("general", root).state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    # what is on the card is how long it was learned, not how long the last command took
    assert checkpoints.card("general", root).training.seconds == took > 0
    tried = recipes.read_recipes("general", root)
    assert tried is not None
    assert [one.recipe for one in tried.tried] == ["balanced", "re-toned"]
    assert len(tried.fold_scored_by) == tried.compared_on == 2
    again = pd.read_csv(root / "general" / "out_of_fold.csv")
    assert again["logit"].to_numpy() == pytest.approx(out["logit"].to_numpy(), abs=1e-5)

    # more recipes are compared later, and what is shipped stays
    shipped = (root / "general" / "card.json").read_bytes()
    arguments[arguments.index("re-toned")] = "group-dro"
    assert general.main([*arguments, "--compare-only"]) == 0
    assert (root / "general" / "card.json").read_bytes() == shipped
    more = recipes.read_recipes("general", root)
    assert more is not None
    assert [one.recipe for one in more.tried] == ["re-toned", "balanced", "group-dro"]
    assert dataclasses.replace(more, tried=()) == dataclasses.replace(tried, tried=())
    assert ["--compare-only" in one.command for one in more.tried] == [False, True, True]


def test_a_recipe_taught_by_others_trains_them_first_and_all_are_compared(
    collections: Path, tmp_path: Path
) -> None:
    root = collections / "checkpoints"
    names = ["balanced", "diagnosed", "distilled"]
    arguments = [
        "--data", str(collections), "--side", "32", "--train-side", "32", "--folds", "2",
        "--epochs", "1", "--recipes", *names, "--name", "made", "--compared", "1", "--scored", "1",
        "--runs", str(tmp_path / "runs"), "--checkpoints", str(root), "--accelerator", "cpu",
    ]  # fmt: skip
    assert general.main(arguments) == 0
    assert {one.recipe for one in recipes.read_recipes("made", root).tried} == set(names)  # type: ignore[union-attr]


def test_recipes_that_are_made_of_others_need_some(
    collections: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(collections), "--recipes", "distilled", "--runs", str(tmp_path),
                 "--checkpoints", str(collections / "checkpoints")]  # fmt: skip
    assert general.main(arguments) == 2
    assert "could be made of" in capsys.readouterr().err


def test_the_recipe_whose_worst_group_is_best_is_chosen_without_the_fold_it_will_score() -> None:
    labels = np.tile([0, 1], 40)
    collection = np.repeat(["a", "b"], 40)
    table = pd.DataFrame({"label": labels, "collection": collection, "fitzpatrick": "I-II"})
    fold = np.tile([0, 0, 1, 1], 20)
    right, guess = labels * 2.0 - 1, np.zeros(80)
    scores = {
        "even": np.where(fold == 0, right, guess),  # perfect on fold 0, a coin on fold 1
        "uneven": np.where((collection == "a") | (fold == 1), right, guess),  # a coin on 0's b
    }
    assert recipe_choice.chosen(table, fold, scores, 1) == "even"
    assert recipe_choice.chosen(table, fold, scores, 2, left=0) == "uneven"
    assert recipe_choice.chosen(table, fold, scores, 1, left=0) == "even"  # the first named


def test_what_another_network_had_tried_stays_in_the_file(tmp_path: Path) -> None:
    group = recipes.GroupAuc("a", 20, 10, Rate(0.8, 0.7, 0.9))
    for network, value in (("resnet18", 0.8), ("densenet169", 0.9), ("resnet18", 0.7)):
        auc = dataclasses.replace(group, auc=Rate(value, 0.6, 0.95))
        one = recipes.TriedRecipe(network, "balanced", "about", 3, (auc,))
        found = recipes.Recipes(
            1, "command", "2026-01-01", network, "balanced", 3, 1, ("balanced",), (one,)
        )
        recipe_choice.write(tmp_path / "general", found)
    whole = recipes.read_recipes("general", tmp_path)
    assert whole is not None
    assert [(one.network, one.groups[0].auc.value) for one in whole.tried] == [
        ("densenet169", 0.9), ("resnet18", 0.7),
    ]  # fmt: skip
    assert whole.tried[0].worst == whole.tried[0].groups[0]


def test_missing_collections_end_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert general.main(["--data", str(tmp_path)]) == 2
    assert "has no folder malignant_vs_benign" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--side", "0"], ["--train-side", "0"], ["--seed", "-1"]])
def test_numbers_that_nothing_is_trained_with_end_in_a_sentence(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert general.main(["--data", str(tmp_path), *wrong]) == 2
    assert capsys.readouterr().err.startswith(f"{wrong[0]}: a whole number from ")


def test_recorded_groups_are_words(collections: Path) -> None:
    table = demographics.recorded(read_folder(collections / "pad_ufes_20_half"))
    assert list(table["fitzpatrick"][:6]) == ["I-II", "I-II", "III-IV", "III-IV", "V-VI", "V-VI"]
    assert set(table["sex"]) == {"not recorded"}


def test_diagnoses_are_words_whatever_a_collection_calls_them(tmp_path: Path) -> None:
    named = ["ACK", "akiec", "malignant melanoma", "MEL", "NEV", "prurigo nodularis", ""]
    label = ["benign", "malignant", "malignant", "malignant", "benign", "benign", "benign"]
    rows = [{"file": f"{i}.png", "label": label[i], "dx": dx} for i, dx in enumerate(named)]
    table = demographics.recorded(read_folder(write_listed(tmp_path / "named", rows)))
    assert list(table["diagnosis"]) == [
        "actinic keratosis", "actinic keratosis or Bowen's disease", "melanoma", "melanoma",
        "naevus", "prurigo nodularis", "not recorded",
    ]  # fmt: skip


def test_folds_that_are_not_scored_are_left_out_of_every_figure(
    collections: Path, tmp_path: Path
) -> None:
    root = tmp_path / "checkpoints"
    people.write(collections, list(pool.TRAINED_ON), root / FOLDER, "command")
    assert general.main([
        "--data", str(collections), "--side", "32", "--train-side", "32", "--folds", "2",
        "--scored", "1", "--compared", "1", "--epochs", "1", "--recipes", "balanced",
        "--runs", str(tmp_path / "runs"), "--checkpoints", str(root), "--accelerator", "cpu",
    ]) == 0  # fmt: skip
    out = pd.read_csv(root / "general" / "out_of_fold.csv")
    assert set(out["fold"]) == {0}
    card = checkpoints.card("general", root)
    figures = card.evaluations["validation"].figures
    assert figures.n == len(out) == card.training.n_validation < card.training.n_train
    kept = pd.read_csv(root / "general/predictions/pad_ufes_20_half.csv")
    mine = out[out["collection"] == "pad_ufes_20_half"]
    assert kept["logit"].to_numpy() == pytest.approx(
        mine.set_index("file").loc[kept["file"], "logit"].to_numpy(), abs=1e-5
    )
