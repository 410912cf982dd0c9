"""The first stage of ``general`` on tiny collections: folds, parts, means and what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import checkpoints
from core.networks import lesion_network
from core.results.card import CARD
from tests.training.conftest import first_stage, tiny_stages
from training.data import same_lesion
from training.data.labelled_set import DataRejected
from training.fitting import augmentation
from training.pooled import pool
from training.pooled.module import Columns, GeneralModule, known_only
from training.pooled.recipe_runs import RecipeRuns
from training.pooled.recipes import STAGES, Recipe

STAGES_OF_TWO = tiny_stages(
    network="small",
    recipes=(Recipe("named", 1, diagnoses=0.5), Recipe("plain", 1)),
    folds=3,
    scored=2,
)


def _table(n: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(0)
    table = pd.DataFrame({
        "collection": np.where(np.arange(n) < n * 3 // 4, "large", "small"),
        "label": (random.random(n) < 0.3).astype(int),
        "fitzpatrick": random.choice(["I-II", "III-IV"], n),
        "together": np.arange(n) // 3,
    })  # fmt: skip
    return table.assign(group=pool.counted_groups(table))


def test_no_two_folds_share_what_belongs_together_and_all_are_filled_alike() -> None:
    table = _table(120)
    fold = pool.folds(table, 4, seed=1)
    assert (pd.Series(fold).groupby(table["together"]).nunique() == 1).all()
    assert np.ptp(np.bincount(fold, minlength=4)) <= 9


def test_classes_and_skin_types_are_drawn_alike_and_collections_by_the_root_of_their_size() -> None:
    table = _table()
    drawn = pd.Series(pool.weights(table).numpy())
    cells = drawn.groupby([table["collection"], table["label"]]).sum()
    large, small = 45**0.5, 15**0.5
    shares = np.array([large, large, small, small]) / (2 * (large + small))
    assert cells.to_numpy() == pytest.approx(shares)
    within = drawn.groupby([table["collection"], table["label"], table["group"]]).sum()
    for _, shares in within.groupby(level=[0, 1]):
        assert np.ptp(shares) == pytest.approx(0)


def test_a_copy_a_dimmed_copy_and_nothing_else_is_a_near_duplicate() -> None:
    pixels = torch.randint(0, 256, (40, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    pixels = pixels.to(torch.uint8)
    pixels[7] = pixels[3]
    pixels[9] = (pixels[4].float() * 0.8).to(torch.uint8)
    assert pool.near_duplicates(pixels).tolist() == [[3, 7], [4, 9]]


def test_pictures_that_were_matched_by_local_features_are_never_parted(collections: Path) -> None:
    alone = pool.read_pool(collections, same_lesion.NONE).table
    one = alone.iloc[-1]
    other = alone[alone["together"] != one["together"]].iloc[0]
    row = [one["collection"], one["file"], other["collection"], other["file"], 20]
    elsewhere = [*row[:2], "isic2017", "0.png", 30]
    pairs = same_lesion.Pairs(pd.DataFrame([row, elsewhere], columns=list(same_lesion.COLUMNS)))
    table = pool.read_pool(collections, pairs).table
    assert one["collection"] != other["collection"]
    assert table["together"][one.name] == table["together"][other.name]
    assert table["together"].nunique() == alone["together"].nunique() - 1


@pytest.mark.parametrize("name", ["moved", "relit", "recompressed"])
def test_changed_batches_stay_pictures_and_do_change(name: str) -> None:
    torch.manual_seed(0)
    x = torch.rand(8, 3, 64, 64)
    y = getattr(augmentation, name)(x)
    assert y.shape == x.shape
    assert y.min() >= 0
    assert y.max() <= 1
    assert not torch.equal(x, y)


def test_naming_the_diagnosis_counts_where_it_is_recorded_and_nowhere_else() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [5.0, -5.0]])
    by_hand = (np.log1p(np.exp(-2.0)) + np.log(2.0)) / 2  # the third has no diagnosis
    assert float(known_only(logits, torch.tensor([0, 1, -1]))) == pytest.approx(by_hand)
    assert float(known_only(logits, torch.full((3,), -1))) == 0


def test_only_a_network_that_ends_in_pooling_can_name_diagnoses() -> None:
    columns = Columns(torch.zeros(1, 3, 32, 32), torch.zeros(1), torch.tensor([4]))
    same = {"columns": columns, "side": 32}
    names = GeneralModule(
        lesion_network.build("resnet18"), STAGES.preset, 0, frozenset(), diagnoses=0.5, **same
    )
    assert names.namer is not None
    assert names.namer.out_features == 5
    with pytest.raises(DataRejected, match="end in pooling"):
        GeneralModule(
            lesion_network.build("baseline_cnn"), STAGES.preset, 0, frozenset(), diagnoses=0.5,
            **same,
        )  # fmt: skip


def learned(path: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(path / "last.ckpt", weights_only=True)["state_dict"]
    return {k: v for k, v in state.items() if k.startswith("network.") and v.is_floating_point()}


def assert_mean(found: Path, one: Path, other: Path) -> None:
    mean, a, b = map(learned, (found, one, other))
    for key, value in mean.items():
        same = torch.allclose(value, (a[key] + b[key]) / 2, atol=1e-6)
        assert same == ("running_" not in key), key


def test_the_mean_of_a_folds_networks_has_the_word_on_what_neither_has_seen(
    collections: Path, small_networks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = []
    fit = RecipeRuns.fit_statistics
    monkeypatch.setattr(
        RecipeRuns, "fit_statistics",
        lambda runs, network, held: (spared.append(held), fit(runs, network, held)),
    )  # fmt: skip
    folder = first_stage(collections, tmp_path, STAGES_OF_TWO)
    runs = tmp_path / "general"
    card = checkpoints.card("general", folder.parent)
    assert card.training.split.startswith("2 of 3 folds held out")
    assert card.training.seconds > 0
    table = pool.read_pool(collections, same_lesion.NONE).table
    fold = pool.folds(table, 3, 0)
    out = pd.read_csv(folder / "out_of_fold.csv")
    pictures = ["collection", "file"]
    assert out[pictures].to_numpy().tolist() == table[fold < 2][pictures].to_numpy().tolist()
    assert out["fold"].tolist() == fold[fold < 2].tolist()
    assert not out["file"].str.startswith("test/").any()  # no official test picture
    assert card.training.n_validation == len(out) < card.training.n_train == 16 + 3 * 12
    for k in range(2):
        part = runs / f"averaged/fold{k}"
        assert_mean(part, runs / f"named/fold{k}", runs / f"plain/fold{k}")
        kept = np.frombuffer((part / "scores32.npy").read_bytes())
        assert out["logit"][out["fold"] == k].to_numpy() == pytest.approx(kept, abs=1e-6)
        # what is scored has no part in the statistics either
        assert (spared[k] == (fold == k)).all()
    assert not spared[2].any()
    everything = runs / "averaged/everything"
    assert_mean(everything, runs / "named/everything", runs / "plain/everything")
    shipped = checkpoints.load_network("general", folder.parent).backbone.state_dict()
    for key, value in learned(everything).items():
        at = key.removeprefix("network.backbone.")
        if at in shipped:
            assert torch.allclose(shipped[at], value, rtol=1e-3, atol=1e-5), at

    before = (everything / "last.ckpt").read_bytes(), (folder / CARD).read_bytes()
    (runs / "averaged/fold1/scores32.npy").unlink()
    first_stage(collections, tmp_path, STAGES_OF_TWO)
    assert ((everything / "last.ckpt").read_bytes(), (folder / CARD).read_bytes()) == before
    again = pd.read_csv(folder / "out_of_fold.csv")
    assert again["logit"].to_numpy() == pytest.approx(out["logit"].to_numpy(), abs=1e-5)
    with pytest.raises(DataRejected, match="seed 1, the run has 0"):
        first_stage(collections, tmp_path, STAGES_OF_TWO, seed=1)
