"""Weights drawn afresh, from the head downwards: what changes, what stays, what is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch

from core import checkpoints
from core.networks import lesion_network, registry
from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.results import map_check
from core.results.card import CARD, read_card
from core.results.json_files import ResultsRejected
from core.results.of_weights import COLUMN
from tests.conftest import settle
from training.map_check import check, correlation, main, mean_by_group, randomised, ranked, stages


@pytest.fixture(scope="module")
def views() -> torch.Tensor:
    return torch.stack([to_tensor(draw_lesion(224, 224, seed=seed)) for seed in range(3)])


def _network(name: str, views: torch.Tensor) -> LesionNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        network = lesion_network.build(name)
    settle(network, views)
    return network


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("baseline_cnn", [["fc3"], ["fc2"], ["fc1"], ["conv2"], ["conv1"]]),
        ("resnet18", [["fc"], ["layer4"], ["layer3"], ["layer2"], ["layer1"], ["conv1", "bn1"]]),
        (
            "efficientnet_lite0",
            [
                ["_fc"],
                ["_conv_head", "_bn1"],
                *([f"_blocks.{i}"] for i in range(15, -1, -1)),
                ["_conv_stem", "_bn0"],
            ],
        ),
    ],
)
def test_stages_go_from_the_head_to_the_picture(name: str, expected: list[list[str]]) -> None:
    with torch.device("meta"):
        assert stages(lesion_network.build(name).backbone) == expected


@pytest.mark.parametrize("name", list(registry.ARCHITECTURES))
def test_every_weight_is_in_exactly_one_stage(name: str) -> None:
    with torch.device("meta"):
        backbone = lesion_network.build(name).backbone
    found = [layer for stage in stages(backbone) for layer in stage]
    covered = [
        f"{layer}.{inner}"
        for layer in found
        for inner, _ in backbone.get_submodule(layer).named_parameters()
    ]
    assert sorted(covered) == sorted(name for name, _ in backbone.named_parameters())


def test_each_stage_changes_its_own_weights_and_keeps_those_below(views: torch.Tensor) -> None:
    network = _network("resnet18", views)
    before = {key: value.clone() for key, value in network.backbone.state_dict().items()}
    names = stages(network.backbone)
    for s, fresh in enumerate(randomised(network, views, 0)):
        below = [name for stage in names[s + 1 :] for name in stage]
        state = fresh.backbone.state_dict()
        for key, value in state.items():
            kept = key.split(".")[0] in below
            if value.ndim > 1:
                assert torch.equal(value, before[key]) == kept, (s, key)
            elif kept:  # what lies below is never in training mode
                assert torch.equal(value, before[key]), (s, key)
        assert not fresh.training
        assert not any(layer.training for layer in fresh.modules())
    after = network.backbone.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_fresh_layers_take_their_statistics_from_the_pictures(views: torch.Tensor) -> None:
    network = _network("resnet18", views)
    *_, last = randomised(network, views, 0)
    norm = last.backbone.bn1
    with torch.inference_mode():
        out = norm(last.backbone.conv1(last.normalise(views)))
    assert out.mean(dim=(0, 2, 3)).abs().max() < 1e-3  # gamma is 1, beta is 0
    assert (out.std(dim=(0, 2, 3)) - 1).abs().max() < 1e-2


def test_the_correlation_is_spearmans() -> None:
    random = np.random.default_rng(0)
    one, other = random.random((2, 15, 15)).astype(np.float32)
    one[:5] = 0  # ties
    expected = scipy.stats.spearmanr(one.ravel(), other.ravel()).statistic
    found = correlation(ranked(one), ranked(other))
    assert found == pytest.approx(expected)
    assert np.isnan(correlation(ranked(np.zeros_like(one)),
                                          ranked(other)))  # fmt: skip


def test_a_mean_leaves_empty_maps_out_by_hand() -> None:
    values = np.array([[0.2, np.nan, 0.6], [0.4, np.nan, np.nan]])
    found = mean_by_group(values, np.array(["a", "b", "c"]))
    assert found is not None
    assert found.value == pytest.approx((0.2 + 0.4 + 0.6) / 3)
    assert mean_by_group(np.full((2, 3), np.nan), np.arange(3)) is None


def test_the_baselines_maps_forget_what_was_thrown_away(
    views: torch.Tensor,
) -> None:
    found = check(_network("baseline_cnn", views), views, np.arange(len(views)), 2)
    assert [stage.layer for stage in found.stages] == ["fc3", "fc2", "fc1", "conv2", "conv1"]
    assert all(stage.n <= 2 * len(views) for stage in found.stages)
    for stage in found.stages:
        if stage.likeness is not None:
            assert -1 <= stage.likeness.low <= stage.likeness.value <= stage.likeness.high <= 1


@pytest.fixture
def checked(
    kaggle: Callable[..., Path], tiny_checkpoints: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Path, Path]:  # fmt: skip
    """A checkpoint folder with the tiny baseline, validated on three pictures of ``data``."""
    data = kaggle()
    folder = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints / "baseline_cnn", folder / "baseline_cnn")
    lines = ["file,label,group,logit,probability"]
    lines += [f"train/benign/{i}.png,benign,{i},0.0,0.5" for i in range(3)]
    (folder / "baseline_cnn/predictions").mkdir()
    sha256 = checkpoints.card("baseline_cnn", folder).weights.sha256
    lines = [
        f"{line},{mark}"
        for line, mark in zip(lines, [COLUMN, *[sha256] * (len(lines) - 1)], strict=True)
    ]
    (folder / "baseline_cnn/predictions/validation.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    return data, folder


def test_the_command_writes_what_the_page_reads(
    checked: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = checked
    command = ["--model", "baseline_cnn", "--data", str(data), "--draws", "1"]
    assert main(command) == 0
    card = checkpoints.card("baseline_cnn")
    found = map_check.read_map_check(card, checkpoints.FOLDER)
    assert found is not None
    assert (found.pictures, found.draws, found.data) == (3, 1, data.name)
    assert found.command == "python -m training.map_check --model baseline_cnn --data set --draws 1"
    assert "down to conv1" in capsys.readouterr().out
    # the same again is the same, and of other weights it is told, not shown
    text = (folder / "baseline_cnn" / map_check.FILE).read_text()
    assert main(command) == 0
    assert (folder / "baseline_cnn" / map_check.FILE).read_text() == text
    path = folder / "baseline_cnn" / CARD
    raw = json.loads(path.read_text())
    raw["weights"]["sha256"] = "0" * 64
    path.write_text(json.dumps(raw))
    with pytest.raises(ResultsRejected, match=r"is of other weights: run `python -m training"):
        map_check.read_map_check(read_card(path), checkpoints.FOLDER)


def test_a_damaged_file_is_refused(checked: tuple[Path, Path]) -> None:
    _, folder = checked
    card = checkpoints.card("baseline_cnn")
    assert map_check.read_map_check(card, checkpoints.FOLDER) is None
    (folder / "baseline_cnn" / map_check.FILE).write_text("{")
    with pytest.raises(ResultsRejected, match="damaged"):
        map_check.read_map_check(card, checkpoints.FOLDER)


def test_a_folder_without_the_validation_pictures_is_refused_with_a_sentence(
    checked: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = checked
    (data / "train/benign/2.png").unlink()
    assert main(["--model", "baseline_cnn", "--data", str(data)]) == 2
    assert "lacks validation pictures" in capsys.readouterr().err
    assert not (folder / "baseline_cnn" / map_check.FILE).exists()
