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
from core.networks.lesion_network import LesionNetwork
from core.results.collections import ISIC_2017, REPORT
from tests.training.taught import rows_of
from training import broaden
from training.data import learned
from training.data.folders import read_folder
from training.pooled import (
    broad_checkpoint,
    broad_pool,
    broadening,
    held_out,
    last_layer,
    two_heads,
)
from training.pooled.broad_pool import HELD, LEARNED, NEW, TAUGHT, UNUSED
from training.pooled.last_layer import Lead


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
    weight, bias = two_heads.told_apart(features, true)
    assert np.isfinite(weight).all()
    assert np.abs(weight).argmax() == 2
    assert ((features @ weight + bias > 0) == true).mean() > 0.95


def test_only_pictures_of_lesions_that_no_known_one_shows_are_strange() -> None:
    rows = table()
    rows.loc[45, "together"] = 3  # a new picture of a lesion that a fold held out
    rows.loc[46, "together"] = 15  # one of a lesion that every network learned
    found = broad_pool.strange(rows)
    assert not found[:40].any()
    assert sorted(set(range(40, 80)) - set(np.flatnonzero(found))) == [45, 46]


def arguments(root: Path, *more: str) -> list[str]:
    return [
        "--data", str(root / "data"), "--runs", str(root / "runs"),
        "--checkpoints", str(root / "data/checkpoints"), "--name", "broad", *more,
    ]  # fmt: skip


def test_a_model_is_broadened_and_its_older_pictures_are_scored_by_layers_that_never_saw_them(
    known: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = known / "data/checkpoints"
    before = checkpoints.load_network("general", root)
    assert broaden.main(arguments(known)) == 0
    assert "isic2017: 16 pictures, AUC" in capsys.readouterr().out
    card = checkpoints.card("broad", root)
    assert set(card.calibration_by_kind) == {PHOTO}
    assert card.calibration.prevalence == 0.20
    assert card.calibration_by_kind[PHOTO].prevalence == 0.43
    assert {"validation", "pad_ufes_20_half", *NEW} <= set(card.evaluations)
    assert REPORT not in card.evaluations
    assert card.training.data.split(" + ")[-2:] == list(NEW)
    after = checkpoints.load_network("broad", root).backbone.state_dict()
    layers = {k: v for k, v in before.backbone.state_dict().items() if k.startswith("features.")}
    assert layers
    assert all(torch.equal(after[key], value) for key, value in layers.items())
    width = before.backbone.classifier.weight.shape[1]  # type: ignore[union-attr]
    old = before.backbone.classifier.weight.half().float()  # type: ignore[union-attr,operator]
    assert torch.equal(after["classifier.weight"][:, :width], old)  # photos are answered as before
    assert not torch.allclose(after["classifier.weight"][:, width:], old, atol=1e-3)
    scored = held_out.read(root / "broad")
    assert scored is not None
    for name in NEW:
        data = read_folder(known / "data" / name)
        table = scored.part_of(data).table
        assert len(table) == len(data.table)  # all of them, each by a fold
        assert len(set(scored.folds(data))) > 1
        met = learned.known(root / "broad", data, card)
        assert met is not None
        assert met.learned == len(data.table)  # the layer that is served learned all
    # a second time nothing is shown to the network
    monkeypatch.setattr(LesionNetwork, "features", None)
    monkeypatch.setattr(broad_checkpoint, "ship", lambda made, *_: made.card)
    assert broaden.main(arguments(known)) == 0


def test_no_older_picture_is_scored_by_a_layer_that_saw_its_lesion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = rows_of(ISIC_2017, True, 100)
    kept = rows_of(broadening.KEPT, False, 0)
    rows = pd.concat([kept, new], ignore_index=True)
    random = np.random.default_rng(0)
    features = random.normal(size=(len(rows), 3))
    fitted: list[tuple[set[int], Lead]] = []
    fit = last_layer.fit

    def recorded(x: np.ndarray, *given: object) -> Lead:
        lead = fit(x, *given)  # type: ignore[arg-type]
        row = {tuple(one): i for i, one in enumerate(features)}
        fitted.append(({row[tuple(one)] for one in x}, lead))
        return lead

    monkeypatch.setattr(last_layer, "fit", recorded)
    old = Lead(np.array([1.0, 0.0, 0.0]), 0.2)
    found = broadening.broadened(rows, lambda some: features[some.index], old, 0)
    last = fitted[0][1]
    assert fitted[0][0] == set(range(len(rows)))
    assert len(found.held) == len(new)
    lots = rows["together"]
    for row, one in found.held.iterrows():
        seen, lead = fitted[1 + one["fold"] - broadening.FIRST_FOLD]
        assert lots[row] not in set(lots[list(seen)])
        # as the network says it, whose bias is the old one
        assert one["logit"] == pytest.approx(
            float(lead.of(features[[row]])[0]) - last.bias + old.bias
        )


def test_the_network_says_what_its_last_layer_was_fitted_to_say(known: Path) -> None:
    root = known / "data/checkpoints"
    if not (root / "broad").exists():
        assert broaden.main(arguments(known)) == 0
    card = checkpoints.card("broad", root)
    assert DERMOSCOPIC not in card.calibration_by_kind
    network = checkpoints.load_network("broad", root)
    (features,) = (known / "runs/broad/broadened").glob(f"features-*/{ISIC_2017}-*.npy")
    lead = last_layer.lead_of(network)  # over a photo's features, then a dermoscopic picture's
    half = len(lead.weight) // 2
    expected = np.load(features) @ lead.weight[half:] + lead.bias
    model = classifier.Classifier(card, network)
    from core.images import open_image

    for row, own in zip(
        read_folder(known / "data" / ISIC_2017).table["path"], expected, strict=True
    ):
        image = open_image(Path(str(row)).read_bytes())
        assert model.margins([image])[0] == pytest.approx(own, abs=2e-3)


def test_a_model_without_folds_is_refused(
    known: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = known / "data/checkpoints"
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
    assert (found.figures.n, found.data) == (16, ISIC_2017)
    assert after == replace(
        before, evaluations={**before.evaluations, f"left_out_{ISIC_2017}": found}
    )
    assert broaden.main(arguments(known, "--leave-out", ISIC_2017, "--name", "none")) == 2
    assert "none" in capsys.readouterr().err


def test_of_a_collection_that_is_left_out_nothing_is_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = (rows_of(name, True, lot) for name, lot in zip(NEW, (100, 200), strict=True))
    rows = pd.concat([rows_of(broadening.KEPT, False, 0), one, other], ignore_index=True)
    rows.loc[85, "together"] = 103  # of the other collection, of a lesion that is left out
    features = np.arange(len(rows))[:, None] + np.random.default_rng(0).random((len(rows), 1))
    seen: set[int] = set()
    fit = last_layer.fit
    monkeypatch.setattr(
        last_layer, "fit", lambda x, *given: (seen.update(x[:, 0].astype(int)), fit(x, *given))[1]
    )
    found = broadening.broadened(
        rows, lambda some: features[some.index], Lead(np.array([1.0]), 0.0), 0, NEW[0]
    )
    assert seen == {*range(40), *range(80, 120)} - {85}
    assert set(found.held["collection"]) == {NEW[1]}


def test_a_network_without_such_a_variant_is_refused_before_anything_is_read(
    models: Callable[..., Path], known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = models()
    (folder / "resnet18" / held_out.FILE).write_text("collection,file,fold,logit\n")
    given = arguments(known, "--model", "resnet18", "--checkpoints", str(folder))
    assert broaden.main(given) == 2
    assert "has no variant with a last layer for each kind" in capsys.readouterr().err
