from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import checkpoints, classifier
from core.labels import DERMOSCOPIC, PHOTO
from core.networks.lesion_network import LesionNetwork, build
from core.results.collections import ISIC_2017, REPORT
from tests.training.taught import one_epoch, rows_of, shown_as_they_are
from training import broaden
from training.data import learned
from training.data.folders import read_folder
from training.pooled import broad_checkpoint, broad_pool, held_out, two_ways
from training.pooled.broad_module import Broadening, BroadModule, freeze_early
from training.pooled.broad_pool import HELD, LEARNED, NEW, TAUGHT, UNUSED


def table() -> pd.DataFrame:
    """Forty known pictures, half of them held out before, and forty new ones, in lots of two."""
    known, new = rows_of("pad_ufes_20_half", False, 0), rows_of(ISIC_2017, True, 100)
    return pd.concat([known, new], ignore_index=True)


def used(rows: pd.DataFrame) -> pd.DataFrame:
    held_before = rows.iloc[:20][["collection", "file"]]
    return rows.assign(use=broad_pool.uses(rows, held_before, 0))


def test_nothing_is_learned_of_a_lesion_that_is_held_out() -> None:
    rows = table()
    rows.loc[45, "together"] = 3  # a new picture of a lesion that a fold held out
    rows.loc[46, "together"] = 15  # one of a lesion that the first training saw
    found = used(rows)
    taught_of = found.groupby("together")["use"].agg(set)
    assert not any({HELD} < uses and uses & {LEARNED, TAUGHT} for uses in taught_of)
    assert (found["use"][:20] == HELD).all()
    assert set(found["use"][20:40]) <= {TAUGHT, UNUSED}
    assert found["use"][45] != LEARNED
    new = found[found["older"]]
    assert 8 <= (new["use"] == HELD).sum() <= 12  # a quarter of forty
    assert found["use"][46] != HELD  # what was seen would flatter


def test_no_figure_is_of_a_lesion_that_its_folds_network_has_learned() -> None:
    rows = table()  # lots of two: of the known ones 0 to 19 were held out before
    before = rows.iloc[:20][["collection", "file"]].assign(fold=np.arange(20) // 10, logit=0.0)
    rows.loc[3, "together"] = rows.loc[25, "together"]  # the other was learned by every network
    rows.loc[9, "together"] = rows.loc[12, "together"]  # by the network of the other's fold
    found = used(rows)
    told = broad_checkpoint.figures_of(found, before)
    assert sorted(set(range(20)) - set(np.flatnonzero(told))) == [3, 9, 12, 13]
    assert (told[40:] == (found["use"][40:] == HELD)).all()
    # a network that scores all by itself has no folds
    assert broad_checkpoint.figures_of(found, before.iloc[:0])[:20].all()


def test_half_is_learned_half_taught_and_classes_come_as_often() -> None:
    found = used(table())
    weight = pd.Series(broad_pool.weights(found).numpy())
    assert weight.sum() == pytest.approx(1)
    assert (weight[found["use"].isin([HELD, UNUSED])] == 0).all()
    for use in (LEARNED, TAUGHT):
        for label in (0, 1):
            rows = (found["use"] == use) & (found["label"] == label)
            assert weight[rows].sum() == pytest.approx(0.25)


def test_a_known_picture_keeps_what_its_fold_said_and_a_new_one_is_looked_at() -> None:
    held = pd.DataFrame({"collection": [ISIC_2017, "a", ISIC_2017], "file": ["x", "x", "y"]})
    before = pd.DataFrame({"collection": ["a"], "file": ["x"], "fold": [3], "logit": [0.5]})
    asked = []

    def margins(rows: pd.DataFrame) -> np.ndarray:
        asked.extend(rows["file"])
        return np.array([-1.0, 2.0])

    found = broad_checkpoint.unseen(held, before, margins)
    assert found["logit"].tolist() == [-1.0, 0.5, 2.0]
    assert found["fold"].tolist() == [-1, 3, -1]
    assert asked == ["x", "y"]


def test_no_chance_is_by_a_calibration_that_has_seen_its_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    n = 400
    label = np.arange(n) % 2
    held = pd.DataFrame({
        "collection": np.where(np.arange(n) < n // 2, ISIC_2017, "pad_ufes_20_half"),
        "label": label, "together": np.arange(n),
    })  # fmt: skip
    logit = random.normal(2.0 * label - 1, 1.5)
    part = np.arange(n) // 2 % broad_checkpoint.PARTS  # as if drawn so, whatever the labels
    monkeypatch.setattr(broad_checkpoint, "parted", lambda *_: part)
    before = broad_checkpoint.nested_chances(held, logit, 0)
    mine = part == 2
    turned = held.assign(label=np.where(mine, 1 - label, label))
    after = broad_checkpoint.nested_chances(turned, logit, 0)
    assert after[mine] == pytest.approx(before[mine], abs=1e-12)
    assert np.median(np.abs(after[~mine] - before[~mine])) > 0.01  # two sigmoids cross somewhere


def test_the_way_of_a_kind_is_told_by_what_parts_it() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 6))
    features[:, 5] = 3.0  # a dead channel
    true = features[:, 2] > 0.3
    weight, bias = two_ways.told_apart(features, true)
    assert np.isfinite(weight).all()
    assert np.abs(weight).argmax() == 2
    assert ((features @ weight + bias > 0) == true).mean() > 0.95


def tiny() -> LesionNetwork:
    torch.manual_seed(0)
    return build("resnet18").to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def test_only_what_is_behind_the_middle_is_learned() -> None:
    network = tiny()
    freeze_early(network)
    open_ = {name.split(".")[1] for name, p in network.named_parameters() if p.requires_grad}
    assert open_ == {"layer3", "layer4", "fc"}
    assert not any(p.grad is not None for p in network.parameters())


def test_a_taught_picture_costs_nothing_but_the_teachers_own_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, teacher = tiny(), tiny()
    module = BroadModule(network.eval(), teacher.eval(), Broadening(side=64), 0)
    pixels, x = shown_as_they_are(module, monkeypatch)
    label, taught = torch.tensor([0, 1, 0, 1]), torch.zeros(4, dtype=torch.bool)
    p = teacher(x).detach().softmax(1)
    doubt = float(-(p * p.log()).sum(1).mean())
    assert module.training_step((pixels, label, taught), 0).item() == pytest.approx(doubt, abs=1e-5)
    by_label = module.training_step((pixels, label, ~taught), 0).item()
    target = torch.nn.functional.one_hot(label, 2) * 0.95 + 0.025
    by_hand = float(-(target * p.log()).sum(1).mean())
    assert by_label == pytest.approx(by_hand, abs=1e-5)


def upper_half(state: dict[str, torch.Tensor], way: str) -> dict[str, torch.Tensor]:
    """A way's weights without its name."""
    return {k.removeprefix(f"{way}."): v for k, v in state.items() if k.startswith(f"{way}.")}


def arguments(root: Path, *more: str) -> list[str]:
    return one_epoch(root, "--name", "broad", *more)


def test_a_model_is_broadened_scored_on_what_was_held_out_and_goes_on_when_stopped(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = known / "data/checkpoints"
    before = checkpoints.load_network("general", root).backbone.state_dict()
    assert broaden.main(arguments(known)) == 0
    assert "epoch 1 of 1: learned loss" in capsys.readouterr().out
    card = checkpoints.card("broad", root)
    assert set(card.calibration_by_kind) == {PHOTO}
    assert card.calibration.prevalence == 0.20
    assert card.calibration_by_kind[PHOTO].prevalence == 0.43
    assert {"validation", "pad_ufes_20_half", *NEW} <= set(card.evaluations)
    assert REPORT not in card.evaluations
    assert card.training.data.split(" + ")[-2:] == list(NEW)
    after = checkpoints.load_network("broad", root).backbone.state_dict()
    photo, dermoscopic = (upper_half(after, way) for way in ("photo", "dermoscopic"))
    expected = {f"features.{key}": value for key, value in photo.items()}
    assert expected
    assert all(torch.equal(before[key], value) for key, value in expected.items())
    assert any(not torch.equal(photo[key], dermoscopic[key]) for key in photo)
    # of the new pictures none that figures are of was learned, and all that was is told
    scored = held_out.read(root / "broad")
    assert scored is not None
    for name in NEW:
        data = read_folder(known / "data" / name)
        held = data.table["file"].isin(scored.part_of(data).table["file"])
        assert 0 < held.sum() < len(held)
        met = learned.known(root / "broad", data, card)
        assert met is not None
        assert (met.learned, met.chosen_by) == (int((~held).sum()), int(held.sum()))
    assert broaden.main(arguments(known)) == 0
    again = checkpoints.load_network("broad", root).backbone.state_dict()
    assert all(torch.equal(again[key], after[key]) for key in after)


def test_predictions_are_what_the_network_says_of_new_pictures(known: Path) -> None:
    root = known / "data/checkpoints"
    if not (root / "broad").exists():
        assert broaden.main(arguments(known)) == 0
    card = checkpoints.card("broad", root)
    model = classifier.Classifier(card, checkpoints.load_network("broad", root))
    data = read_folder(known / "data" / ISIC_2017)
    kept = pd.read_csv(root / "broad/predictions" / f"{ISIC_2017}.csv").set_index("file")
    from core.images import open_image

    for row in data.table[data.table["file"].isin(kept.index)].itertuples():
        image = open_image(Path(str(row.path)).read_bytes())
        assert model.margins([image])[0] == pytest.approx(kept["logit"][row.file], abs=1e-4)
    assert DERMOSCOPIC not in card.calibration_by_kind


def test_a_run_of_another_start_and_a_model_without_folds_are_refused(
    known: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = known / "data/checkpoints"
    if not (root / "broad").exists():
        assert broaden.main(arguments(known)) == 0
    assert broaden.main(arguments(known, "--seed", "1")) == 2
    assert "seed 1, the run has 0" in capsys.readouterr().err
    shutil.copytree(root / "general", root / "foldless")
    text = (root / "foldless/card.json").read_text().replace('"general"', '"foldless"', 1)
    (root / "foldless/card.json").write_text(text)
    (root / "foldless" / held_out.FILE).unlink()
    assert broaden.main(arguments(known, "--model", "foldless")) == 2
    assert held_out.FILE in capsys.readouterr().err


def test_a_collection_that_is_left_out_is_scored_whole_and_told_on_the_card(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = known / "data/checkpoints"
    if not (root / "broad").exists():
        assert broaden.main(arguments(known)) == 0
    before = checkpoints.card("broad", root)
    assert broaden.main(arguments(known, "--leave-out", ISIC_2017)) == 0
    assert "learned nothing of it: 16 pictures, AUC" in capsys.readouterr().out
    after = checkpoints.card("broad", root)
    found = after.evaluations[f"left_out_{ISIC_2017}"]
    assert (found.figures.n, found.data) == (16, ISIC_2017)  # a quarter is what the other way has
    assert after == replace(
        before, evaluations={**before.evaluations, f"left_out_{ISIC_2017}": found}
    )
    assert broaden.main(arguments(known, "--leave-out", ISIC_2017, "--name", "none")) == 2
    assert "none" in capsys.readouterr().err


def test_of_a_collection_that_is_left_out_nothing_is_learned() -> None:
    rows = table()
    rows.loc[46, "together"] = 15  # of a lesion that the first training saw: it would flatter
    held_before = rows.iloc[:20][["collection", "file"]]
    use = broad_pool.uses(rows, held_before, 0, ISIC_2017)
    mine = rows["collection"] == ISIC_2017
    assert set(use[mine & (rows.index != 46)]) == {HELD}
    assert use[46] == UNUSED
    assert set(use[20:40]) <= {TAUGHT, UNUSED}


def test_a_network_without_such_a_variant_is_refused_before_anything_is_read(
    models: Callable[..., Path], known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = models()
    (folder / "resnet18" / held_out.FILE).write_text("collection,file,fold,logit\n")
    given = arguments(known, "--model", "resnet18", "--checkpoints", str(folder))
    assert broaden.main(given) == 2
    assert "has no variant with an upper half for each kind" in capsys.readouterr().err
