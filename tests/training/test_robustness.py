from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import checkpoints, classifier
from core.calibration import calibrated
from core.images import read_image
from core.probes import attacks
from core.results import robustness
from core.results.json_files import ResultsRejected
from core.statistics import metrics
from tests.training.conftest import write_kaggle
from training import evaluate
from training import robustness as sweep
from training.data.folders import read_folder
from training.robustness import UNITS
from training.scoring.stress_table import Unit, sample

FEW = ["fgsm", "sign noise", "gaussian", "gaussian normalised", "defocus"]


@pytest.fixture
def scored(
    tiny_checkpoints: Path, tmp_path: Path, kaggle: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Path, list[str]]:  # fmt: skip
    """A checkpoint folder with a baseline, and the arguments that score it on three pictures."""
    root = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints / "baseline_cnn", root / "baseline_cnn")
    monkeypatch.setattr(checkpoints, "FOLDER", root)
    monkeypatch.setattr(checkpoints.available, "__defaults__", (root,))
    for function in (checkpoints.card, checkpoints.load_network):
        monkeypatch.setattr(function, "__defaults__", (root,))
    data = kaggle((2, 2), (2, 1))
    runs = str(tmp_path / "runs")
    return root, ["--model", "baseline_cnn", "--data", str(data), "--runs", runs]


def test_strengths_of_pgd_can_be_asked_for_one_by_one(scored: tuple[Path, list[str]]) -> None:
    root, arguments = scored
    assert sweep.main([*arguments, "--only", "pgd", "--epsilon", "0.003", "0.0078431"]) == 0
    table = robustness.read_robustness("baseline_cnn", root)
    assert table is not None
    assert list(table["perturbation"]) == ["none", "pgd", "pgd"]
    assert list(table["strength"]) == pytest.approx([0, 0.003, 2 / 255], rel=1e-4)


def test_a_run_of_the_benchmark_is_scored_from_where_its_weights_are(
    scored: tuple[Path, list[str]],
) -> None:
    root, arguments = scored
    runs = Path(arguments[5])
    shutil.copytree(root / "baseline_cnn", runs / "benchmark" / "report" / "baseline_cnn")
    own = root / "benchmark" / "report" / "baseline_cnn"
    own.mkdir(parents=True)
    shutil.copy(root / "baseline_cnn" / "card.json", own)
    asked = ["--model", "report/baseline_cnn", *arguments[2:], "--only", "sign noise"]
    assert sweep.main(asked) == 0
    table = robustness.read_robustness("baseline_cnn", root / "benchmark" / "report")
    assert table is not None
    assert len(table) == 8
    assert robustness.read_robustness("baseline_cnn", root) is None


def test_every_strength_is_taken_as_the_help_prints_it(scored: tuple[Path, list[str]]) -> None:
    printed = [f"{epsilon:.6g}" for epsilon in robustness.EPSILONS]
    assert sweep.main([*scored[1], "--only", "none", "--epsilon", *printed]) == 0


def test_a_strength_that_the_table_has_not_is_refused(
    scored: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    root, arguments = scored
    assert sweep.main([*arguments, "--only", "pgd", "--epsilon", "0.5"]) == 2
    assert capsys.readouterr().err == "--epsilon 0.5 is none of the table's.\n"
    assert robustness.read_robustness("baseline_cnn", root) is None


def test_the_table_holds_every_strength_and_what_a_second_way_finds(
    scored: tuple[Path, list[str]],
) -> None:
    root, arguments = scored
    assert sweep.main([*arguments, "--only", *FEW]) == 0
    table = robustness.read_robustness("baseline_cnn", root)
    assert table is not None
    rows = [(unit.change, s) for unit in UNITS if unit.change in [*FEW, "none"]
            for s in unit.strengths]  # fmt: skip
    assert list(zip(table["perturbation"], table["strength"].round(6), strict=True)) == [
        (change, pytest.approx(strength, abs=1e-5)) for change, strength in rows
    ]
    assert (table["n"] == 3).all()
    assert table["flips"][0] == 0
    # by hand, picture by picture, without the sweep's batches
    data = read_folder(Path(arguments[3]))
    data = data.only(data.table["split"] == "test")
    model = classifier.load("baseline_cnn")
    x = torch.stack([model.network_input(read_image(path)) for path in data.table["path"]])
    eight = table[(table["perturbation"] == "fgsm") & (table["strength"] > 0.03)]
    moved = attacks.fgsm(model.network, x, data.labels, 8 / 255)
    logits = model.network(moved).double()
    p = calibrated((logits[:, 1] - logits[:, 0]).numpy(), model.card.calibration)
    said = p >= model.card.threshold
    assert eight["accuracy"].item() == pytest.approx(float((said == data.labels.numpy()).mean()),
                                                     abs=1e-5)  # fmt: skip
    assert eight["auc"].item() == pytest.approx(metrics.auc(data.labels, p), abs=1e-5)


@pytest.mark.parametrize("change", ["fgsm", "pgd", "sign noise", "gaussian normalised", "hair"])
def test_batches_of_any_size_give_the_same(
    scored: tuple[Path, list[str]], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "best_precision", lambda: "32-true")
    data = read_folder(Path(scored[1][3]))
    model = classifier.load("baseline_cnn")
    unit = Unit(change, (0.01,))
    one, all_at_once = (sweep.margins(model, data, unit, size) for size in (1, 7))
    assert one == pytest.approx(all_at_once, abs=1e-4)
    assert np.abs(one - sweep.margins(model, data, UNITS[0], 7)).max() > 1e-4


def test_what_is_scored_is_not_scored_again_and_the_rest_is_added(
    scored: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, arguments = scored
    assert sweep.main([*arguments, "--only", "sign noise"]) == 0
    scoring = sweep.margins
    done: list[str] = []

    def noted(model: object, data: object, unit: Unit, *more: object) -> object:
        done.append(unit.change)
        return scoring(model, data, unit, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(sweep, "margins", noted)
    assert sweep.main([*arguments, "--only", "gaussian"]) == 0
    assert done == ["gaussian"]
    table = robustness.read_robustness("baseline_cnn", root)
    assert table is not None
    assert set(table["perturbation"]) == {"none", "sign noise", "gaussian"}


@pytest.fixture
def larger(scored: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """The same model, with twelve pictures to test it on."""
    root, arguments = scored
    data = write_kaggle(tmp_path / "larger", (2, 2), (7, 5))
    return root, [*arguments[:3], str(data), *arguments[4:]]


def read(root: Path) -> pd.DataFrame:
    found = robustness.read_robustness("baseline_cnn", root)
    assert found is not None
    return found


def test_a_sample_s_rows_are_compared_with_the_same_pictures(
    larger: tuple[Path, list[str]],
) -> None:
    root, arguments = larger
    assert sweep.main([*arguments, "--only", "sign noise", "--pictures", "6"]) == 0
    found = read(root)
    assert list(zip(found["perturbation"], found["n"], strict=True)) == [
        ("none", 12), ("none", 6), *[("sign noise", 6)] * len(robustness.EPSILONS),
    ]  # fmt: skip
    # by hand: each picture's noise is that of its row among all, whatever was drawn beside it
    data = read_folder(Path(arguments[3]))
    data = data.only(data.table["split"] == "test")
    rows = sample(12, 6)
    assert rows.tolist() != list(range(6))
    assert set(sample(12, 3)) < set(rows)
    model = classifier.load("baseline_cnn")
    x = torch.stack([model.network_input(read_image(data.table["path"][row])) for row in rows])
    truth = data.labels[rows].numpy()

    def chances(shown: torch.Tensor) -> np.ndarray:
        logits = model.network(shown).double()
        return calibrated((logits[:, 1] - logits[:, 0]).numpy(), model.card.calibration)

    moved = attacks.along(x, attacks.signs(x, rows.tolist()), 8 / 255)
    clean, after = (chances(shown) >= model.card.threshold for shown in (x, moved))
    last = found.iloc[-1]
    assert last["strength"] == pytest.approx(8 / 255, rel=1e-4)
    assert last["accuracy"] == pytest.approx(float((after == truth).mean()), abs=1e-5)
    assert last["auc"] == pytest.approx(metrics.auc(truth, chances(moved)), abs=1e-5)
    assert last["flips"] == pytest.approx(float((after != clean).mean()), abs=1e-5)
    assert found["accuracy"][1] == pytest.approx(float((clean == truth).mean()), abs=1e-5)
    # the whole holds the same for these pictures
    whole = sweep.margins(model, data, Unit("sign noise", (8 / 255,)), 5)
    part = sweep.margins(model, data, Unit("sign noise", (8 / 255,)), 4, rows)
    assert part == pytest.approx(whole[:, rows], abs=1e-5)


def test_a_row_of_all_takes_the_place_of_a_sample_s_and_never_gives_way(
    larger: tuple[Path, list[str]],
) -> None:
    root, arguments = larger
    few = [*arguments, "--only", "gaussian normalised", "--pictures", "6"]
    assert sweep.main(few) == 0
    assert read(root)["n"].tolist() == [12, 6, 6]
    assert sweep.main(few[:-2]) == 0
    whole = read(root)
    assert list(zip(whole["perturbation"], whole["n"], strict=True)) == [
        ("none", 12), ("gaussian normalised", 12),
    ]  # fmt: skip
    assert sweep.main(few) == 0
    assert read(root).equals(whole)
    # nor where the margins of all are gone, and only the file has them
    for path in (root.parent / "runs/robustness").glob("*/gaussian*"):
        path.unlink()
    assert sweep.main([*few, "--batch-size", "5"]) == 0
    assert read(root).equals(whole)


def test_rows_by_another_calibration_are_not_kept_beside_new_ones(
    larger: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    root, arguments = larger
    assert sweep.main([*arguments, "--only", "gaussian normalised"]) == 0
    shutil.rmtree(root.parent / "runs/robustness")
    path = root / "baseline_cnn" / robustness.FILE
    table = pd.read_csv(path)
    table.loc[0, "auc"] += 0.0005
    table.to_csv(path, index=False)
    assert sweep.main([*arguments, "--only", "gaussian"]) == 0
    assert "another calibration or gate" in capsys.readouterr().out
    assert set(read(root)["perturbation"]) == {"none", "gaussian"}


def test_a_sample_of_one_class_is_refused(
    larger: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    root, arguments = larger
    monkeypatch.setattr(sweep, "sample", lambda _, few: np.arange(few))  # the benign come first
    assert sweep.main([*arguments, "--pictures", "3"]) == 2
    assert "3 pictures are too few" in capsys.readouterr().err
    assert not (root / "baseline_cnn" / robustness.FILE).exists()


def test_a_model_whose_kinds_no_gate_tells_yet_is_refused(
    scored: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    root, arguments = scored
    path = root / "baseline_cnn" / "card.json"
    raw = json.loads(path.read_text())
    raw["calibration_by_kind"] = {"photo": raw["calibration"]}
    raw["limits"] = None
    path.write_text(json.dumps(raw))
    assert sweep.main(arguments) == 2
    assert "`python -m training.limits` comes first" in capsys.readouterr().err
    assert evaluate.main([*arguments[:4], "--save"]) == 2
    assert "`python -m training.limits` comes first" in capsys.readouterr().err
    assert evaluate.main(arguments[:4]) == 0  # what is not kept may be looked at


def test_the_normalised_reading_is_a_quarter_of_the_other(scored: tuple[Path, list[str]]) -> None:
    data = read_folder(Path(scored[1][3]))
    model = classifier.load("baseline_cnn")
    images = [read_image(data.table["path"].iloc[0])]
    labels = data.labels[:1]
    whole, scaled = (
        next(sweep.changed(model, images, labels, [0], Unit(change, (0.003,))))
        for change in ("fgsm", "fgsm normalised")
    )
    clean = sweep.batch(model, images, labels.device)
    std = model.network.normalise.std.flatten()
    inside = ((clean > 0.01) & (clean < 0.99)).all(dim=0)
    ratio = ((scaled - clean).abs() / (whole - clean).abs())[0].flatten(1)
    moved = inside[0].flatten() & ((whole - clean).abs()[0].flatten(1) > 0.002).all(dim=0)
    assert ratio[:, moved].mean(dim=1).numpy() == pytest.approx(std.numpy(), rel=0.01)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is damaged"),
        ("perturbation,strength\nfgsm,1\n", "lacks n, accuracy"),
        (",".join(robustness.COLUMNS) + "\nfgsm,0.1,3,x,0,1,1,0,0,1\n", "no number"),
        (",".join(robustness.COLUMNS) + "\nfgsm,0.1,3,1.5,0,1,1,0,0,1\n", "can't be"),
        (",".join(robustness.COLUMNS) + "\nfgsm,0.1,3,,0,1,1,0,0,1\n", "can't be"),
    ],
)
def test_a_damaged_table_is_refused_with_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / robustness.FILE).write_text(text)
    with pytest.raises(ResultsRejected, match=says):
        robustness.read_robustness("m", tmp_path)
    assert robustness.read_robustness("another", tmp_path) is None


def test_a_model_that_is_not_there_ends_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep.main(["--model", "nobody", "--data", str(tmp_path)]) == 2
    assert "nobody" in capsys.readouterr().err
