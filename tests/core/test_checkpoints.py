"""What is stored comes back as it was, and which models are there."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import pytest
import torch

from core import checkpoints
from core.checkpoints import available, load_network, write_weights
from core.networks import lesion_network
from core.results import card
from core.results.card import CARD, WEIGHTS
from core.runtime import memory
from tests.core.test_checkpoints_refused import NAME, edit_card

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints"))


@torch.inference_mode()
def test_a_network_comes_back_with_the_logits_it_was_saved_with(
    folder: Path, drawing: torch.Tensor
) -> None:
    for name in ("resnet18", "baseline_cnn"):
        network = lesion_network.build(name).eval()
        state = {
            key: value.half().float() if value.ndim > 1 else value
            for key, value in network.backbone.state_dict().items()
        }
        network.backbone.load_state_dict(state)
        sha256 = write_weights(state, folder / name / WEIGHTS)
        edit_card(folder, lambda raw, s=sha256: raw["weights"].update(sha256=s), name)
        loaded = load_network(name, folder)
        network.to(memory_format=torch.channels_last)  # the layout decides the order of sums
        assert torch.equal(loaded(drawing[None]), network(drawing[None]))


def test_a_loaded_network_is_frozen_float32_and_in_eval_mode(tiny_checkpoints: Path) -> None:
    network = load_network("resnet18", tiny_checkpoints)
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())
    values = [*network.parameters(), *network.buffers()]
    assert {v.dtype for v in values if v.is_floating_point()} == {torch.float32}
    assert {v.device.type for v in values} == {"cpu"}


def test_loading_leaves_the_random_numbers_alone(tiny_checkpoints: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_network(NAME, tiny_checkpoints)
    assert torch.equal(torch.rand(3), expected)


def test_an_interrupted_write_leaves_the_old_weights(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object) -> None:
        raise OSError("No space left on device")

    path = folder / NAME / WEIGHTS
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            write_weights({"a": torch.zeros(2, 2)}, path)
    assert path.read_bytes() == before
    load_network(NAME, folder)


def test_only_sound_models_are_listed(folder: Path) -> None:
    assert available(folder) == ["baseline_cnn", "resnet18"]
    for name in ("no_weights", "no_card", "future", "unknown", "torn"):
        shutil.copytree(folder / NAME, folder / name)
    (folder / "no_weights" / WEIGHTS).unlink()
    (folder / "no_card" / CARD).unlink()
    edit_card(folder, lambda raw: raw.update(schema=99), "future")
    edit_card(folder, lambda raw: raw.update(architecture="vgg16"), "unknown")
    (folder / "torn" / CARD).write_text("{", encoding="utf-8")
    (folder / "a_file").write_text("", encoding="utf-8")
    assert available(folder) == ["baseline_cnn", "resnet18"]


def test_the_default_is_the_most_general_model_at_hand(folder: Path) -> None:
    assert checkpoints.default(folder) == "resnet18"
    shutil.copytree(folder / NAME, folder / "general")
    assert checkpoints.default(folder) == "general"
    shutil.rmtree(folder / "general")
    shutil.rmtree(folder / "resnet18")
    assert checkpoints.default(folder) == "baseline_cnn"


@pytest.mark.parametrize(("mib", "first"), [(690, "general"), (512, "general_light")])
def test_where_there_is_little_room_the_light_model_comes_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mib: float, first: str
) -> None:
    for name in ("general", "general_light"):
        shutil.copytree(folder / NAME, folder / name)
    monkeypatch.setattr(memory, "allowed", lambda: mib)
    assert checkpoints.default(folder) == first
    names = checkpoints.in_order(available(folder))
    assert names == [first, *sorted({*names} - {first})]


def test_the_room_that_weights_take_is_known_before_they_are_read(folder: Path) -> None:
    network = checkpoints.load_network(NAME, folder)
    read = sum(value.nbytes for value in network.backbone.state_dict().values()) / 2**20
    assert checkpoints.size(NAME, folder) == pytest.approx(read, rel=0.05)
    assert checkpoints.size("none", folder) == 0


def test_the_folder_is_the_projects_unless_another_is_named(
    tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch, full_card: card.Card
) -> None:
    assert checkpoints.FOLDER == ROOT / "checkpoints"
    monkeypatch.setattr(checkpoints, "FOLDER", tiny_checkpoints)
    assert available() == ["baseline_cnn", "resnet18"]
    card = checkpoints.card("resnet18")
    assert dataclasses.replace(
        card, name="", title="", architecture="", geometry="", weights=full_card.weights
    ) == dataclasses.replace(full_card, name="", title="", architecture="", geometry="")
    assert card.weights.parameters == 11_689_512 - 998 * 513
