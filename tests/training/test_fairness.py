"""``python -m training.fairness`` on tiny collections: whose scores and maps it tells of what."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core import checkpoints
from core.calibration import calibrated
from core.classifier import load
from core.fairness.review import Review, read_review
from core.images import read_image
from tests.training.conftest import first_stage, tiny_stages, write_kaggle, write_listed
from training import fairness, people
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.pooled import held_out, pool
from training.pooled.recipes import Recipe

TESTS = ("isic2018_test_half", "official_test")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five collections, ``general`` trained on four of them, and its run folder."""
    root = tmp_path_factory.mktemp("fair")
    write_kaggle(root / "data" / pool.REPORT, (12, 12), (3, 3))
    for seed, name in enumerate((*pool.TRAINED_ON[1:], "isic2018_test_half")):
        rows = [{"file": f"{i}.png", "label": ["benign", "malignant"][i % 2],
                 "patient_id": f"P{seed}{i // 2}", "fitzpatrick": 1 + i // 2 % 6,
                 "mask": f"{i}.png"} for i in range(24)]  # fmt: skip
        write_listed(root / "data" / name, rows)
    masks = root / "data" / "pad_ufes_20_half" / "masks"
    masks.mkdir()
    for i in range(24):
        mask = np.zeros((64, 64), np.uint8)
        mask[8 : 24 + i, 16:48] = 255
        Image.fromarray(mask).save(masks / f"{i}.png")
    people.write(
        root / "data",
        [*pool.TRAINED_ON, "isic2018_test_half"],
        root / "checkpoints/collections",
        "c",
    )
    stages = tiny_stages(side=64, recipes=(Recipe("alone", 1),), folds=2, scored=2)
    general = first_stage(root / "data", root / "runs", stages)
    shutil.copytree(general, root / "checkpoints/general")
    return root


@pytest.fixture
def root(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that may be written to, but for its runs, whose checkpoints the program looks at."""
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy, ignore=shutil.ignore_patterns("runs"))
    (copy / "runs").symlink_to(trained / "runs")
    monkeypatch.setattr(checkpoints, "FOLDER", copy / "checkpoints")
    return copy


def reviewed(root: Path, *more: str) -> dict[str, Review]:
    arguments = ["--model", "general", "--data", str(root / "data"), *more]
    assert fairness.main(arguments) == 0
    folder = root / "checkpoints" / "general" / "fairness"
    return {path.stem: read_review(path) for path in folder.glob("*.json")}


def test_trained_on_collections_are_scored_by_held_out_folds_and_test_sets_by_the_model(
    root: Path,
) -> None:
    found = reviewed(root)
    assert set(found) == {*pool.TRAINED_ON, *TESTS}
    model = load("general")
    out = pd.read_csv(root / "checkpoints/general/out_of_fold.csv", dtype={"file": str})
    for name in pool.TRAINED_ON:
        assert found[name].scores == fairness.OUT_OF_FOLD
        mine = out[out["collection"] == name].set_index("file")["logit"]
        kept = _predictions(root, name)
        assert kept["logit"].to_numpy() == pytest.approx(mine[kept.index].to_numpy(), abs=1e-6)
        everybody = found[name].groups[0]
        p = calibrated(mine.to_numpy(), model.card.calibration)
        assert everybody.n == len(mine) == 24  # of the report's set its train folder alone
        assert everybody.predicted is not None
        assert everybody.predicted.value == pytest.approx(p.mean(), abs=1e-5)
    for name in TESTS:
        assert found[name].scores == fairness.UNSEEN
        kept = _predictions(root, name)
        folder = root / "data" / fairness.SOURCES[name][0]
        assert len(kept) == (6 if name == "official_test" else 24)
        pictures = [read_image(folder / file) for file in kept.index]
        assert kept["logit"].to_numpy() == pytest.approx(model.margins(pictures), abs=1e-5)


def test_without_the_run_folder_maps_are_left_out_and_the_file_says_so(root: Path) -> None:
    found = reviewed(root)["pad_ufes_20_half"]
    assert found.shares == ()
    assert found.retoning is None
    assert found.probed_by == fairness.LEFT_OUT


def test_with_the_run_folder_each_map_is_of_the_network_that_never_saw_the_picture(
    root: Path,
) -> None:
    run = root / "runs/general/averaged"
    review = reviewed(root, "--runs", str(run))["pad_ufes_20_half"]
    assert review.probed_by == fairness.BY_FOLDS
    assert review.shares[0].n == 24
    assert review.retoning is not None
    shares = pd.read_csv(root / "checkpoints/general/fairness/shares_pad_ufes_20_half.csv",
                         dtype={"file": str}).set_index("file")  # fmt: skip
    assert sorted(shares.index) == sorted(f"{i}.png" for i in range(24))
    # A fold's network gives its own pictures the scores that out_of_fold.csv has, and no other
    # network does.
    data = read_folder(root / "data/pad_ufes_20_half")
    scored = held_out.read(root / "checkpoints/general")
    assert scored is not None
    model = load("general")

    def margins(network: object, part: object) -> pd.DataFrame:
        one = type(model)(model.card, network)  # type: ignore[arg-type]
        files = list(part.table["file"])  # type: ignore[attr-defined]
        pictures = [read_image(path) for path in part.table["path"]]  # type: ignore[attr-defined]
        return pd.DataFrame({"file": files, "logit": one.margins(pictures)})

    again = held_out.by_fold(run, model.card, scored, data.sha256(), data, margins)
    again = again.set_index("file")["logit"][data.table["file"]].to_numpy()
    assert again == pytest.approx(scored.logits(data), abs=1e-4)
    shipped = margins(model.network, data)["logit"].to_numpy()
    assert np.abs(shipped - scored.logits(data)).max() > 1e-2


def test_an_unfinished_or_other_run_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = root / "another"
    for fold in ("fold0", "fold1"):
        kept = root / "runs/general/averaged" / fold
        shutil.copytree(kept, run / fold, ignore=shutil.ignore_patterns("*.ckpt"))
        (run / fold / "last.ckpt").symlink_to(kept / "last.ckpt")
    (run / "fold1/scores64.npy").rename(run / "fold1/elsewhere")
    arguments = ["--model", "general", "--data", str(root / "data"), "--runs", str(run)]
    assert fairness.main(arguments) == 2
    assert "no fold that was learned to its end" in capsys.readouterr().err
    (run / "fold1/elsewhere").rename(run / "fold1/scores64.npy")
    settings = run / "fold1/settings.json"
    settings.write_text(settings.read_text().replace('"held": ', '"held": 9'))
    assert fairness.main(arguments) == 2
    assert "held out other pictures" in capsys.readouterr().err
    settings.write_text(settings.read_text().replace('"held": 9', '"held": '))
    (run / "fold0/last.ckpt").unlink()
    (run / "fold0/last.ckpt").write_bytes(b"no checkpoint")
    assert fairness.main(arguments) == 2
    assert "holds no resnet18" in capsys.readouterr().err


def test_pictures_without_a_held_out_score_are_left_out_not_scored(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "checkpoints/general/out_of_fold.csv"
    table = pd.read_csv(path, dtype={"file": str})
    gone = (table["collection"] == "pad_ufes_20_half") & (table["file"] == "7.png")
    table[~gone].to_csv(path, index=False)
    found = reviewed(root)
    assert found["pad_ufes_20_half"].groups[0].n == 23  # of 24
    shutil.rmtree(root / "checkpoints/general/fairness")
    capsys.readouterr()
    path.unlink()
    found = reviewed(root)
    assert set(found) == set(TESTS)
    assert "left out" in capsys.readouterr().out


def test_scores_of_other_weights_are_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "checkpoints/general/predictions/official_test.csv"
    reviewed(root)
    table = pd.read_csv(path)
    table.assign(probability=1 - table["probability"]).to_csv(path, index=False)
    assert fairness.main(["--model", "general", "--data", str(root / "data")]) == 2
    assert "before the card's" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "collection,file\na,b\n", "collection,file,fold,logit\na,b,,\n"]
)
def test_a_damaged_table_of_folds_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / held_out.FILE).write_text(text)
    with pytest.raises(DataRejected, match="out_of_fold"):
        held_out.read(tmp_path)


def _predictions(root: Path, name: str) -> pd.DataFrame:
    path = root / "checkpoints/general/predictions" / f"{name}.csv"
    return pd.read_csv(path, dtype={"file": str}).set_index("file")
