"""A checkpoint whose card or weights are not what they say is refused with a sentence."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from core import checkpoints
from core.checkpoints import CheckpointRejected, available, load_network
from core.results.card import CARD, WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
NAME = "baseline_cnn"


@pytest.fixture
def folder(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints"))


def refusal(folder: Path, name: str = NAME) -> str:
    with pytest.raises(CheckpointRejected) as caught:
        load_network(name, folder)
    sentence = str(caught.value)
    assert repr(name) in sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert str(folder.parent) not in sentence  # visitors read it
    return sentence


def edit_card(folder: Path, change: Callable[[dict], None], name: str = NAME) -> None:
    path = folder / name / CARD
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


def put_weights(folder: Path, data: bytes) -> None:
    """Weights with a card that vouches for them."""
    (folder / NAME / WEIGHTS).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    edit_card(folder, lambda raw: raw["weights"].update(sha256=sha256))


@pytest.mark.parametrize("place", [3, 100, 5000, -1])
def test_one_flipped_bit_is_refused_with_a_sentence(folder: Path, place: int) -> None:
    path = folder / NAME / WEIGHTS
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert "SHA-256 differs" in refusal(folder)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_truncated_weights_are_refused_with_a_sentence(folder: Path, share: float) -> None:
    path = folder / NAME / WEIGHTS
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "cut short" in refusal(folder)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_truncated_weights_are_refused_even_where_the_card_vouches_for_them(
    folder: Path, share: float
) -> None:
    data = (folder / NAME / WEIGHTS).read_bytes()
    put_weights(folder, data[: int(len(data) * share)])
    assert "not safetensors" in refusal(folder)


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def test_a_pickle_is_never_unpickled_even_where_the_card_vouches_for_it(
    folder: Path, tmp_path: Path
) -> None:
    sprung = tmp_path / "sprung"
    plain = pickle.dumps(Trap(sprung))
    torch.save({"fc3.weight": Trap(sprung)}, tmp_path / "zipped.pt")
    for data in (plain, (tmp_path / "zipped.pt").read_bytes()):
        put_weights(folder, data)
        assert "not safetensors" in refusal(folder)
        assert not sprung.exists()
    pickle.loads(plain)  # noqa: S301  the trap does spring
    assert sprung.exists()


def test_foreign_tensors_are_refused_even_where_the_card_vouches_for_them(folder: Path) -> None:
    put_weights(folder, save({"encoder.weight": torch.zeros(3, 3)}))
    assert "do not fit a baseline_cnn network" in refusal(folder)


def test_another_networks_weights_are_refused(folder: Path) -> None:
    put_weights(folder, (folder / "resnet18" / WEIGHTS).read_bytes())
    assert "do not fit a baseline_cnn network" in refusal(folder)


@pytest.mark.parametrize("change", ["shape", "missing", "extra", "whole numbers"])
def test_tensors_that_do_not_fit_are_refused(folder: Path, change: str) -> None:
    state = load_file(folder / NAME / WEIGHTS)
    if change == "shape":
        state["fc3.weight"] = torch.zeros(7, 84)  # HAM10000's seven classes
    elif change == "missing":
        del state["fc3.bias"]
    elif change == "extra":
        state["fc4.bias"] = torch.zeros(2)
    else:
        state["fc3.bias"] = torch.zeros(2, dtype=torch.int64)
    put_weights(folder, save(state))
    assert "do not fit a baseline_cnn network" in refusal(folder)


def test_missing_weights_are_refused(folder: Path) -> None:
    (folder / NAME / WEIGHTS).unlink()
    assert "cannot be read" in refusal(folder)


def test_a_card_of_a_future_schema_is_refused(folder: Path) -> None:
    edit_card(folder, lambda raw: raw.update(schema=2))
    assert "schema 2; this version reads schema 1" in refusal(folder)


def test_a_card_that_is_not_json_is_refused(folder: Path) -> None:
    (folder / NAME / CARD).write_text("{", encoding="utf-8")
    assert "damaged" in refusal(folder)


def test_a_card_with_a_list_for_a_table_is_refused(folder: Path) -> None:
    edit_card(folder, lambda raw: raw.update(evaluations=[]))
    assert "does not fit the schema" in refusal(folder)
    assert NAME not in available(folder)


def test_a_card_of_an_unknown_network_is_refused(folder: Path) -> None:
    edit_card(folder, lambda raw: raw.update(architecture="vgg16"))
    assert "'vgg16'" in refusal(folder)


def test_a_card_of_an_unknown_geometry_is_refused_and_not_served_squeezed(folder: Path) -> None:
    edit_card(folder, lambda raw: raw.update(geometry="stretch"))
    assert "'stretch'" in refusal(folder)


def test_a_card_whose_threshold_no_probability_can_part_at_is_refused(folder: Path) -> None:
    edit_card(folder, lambda raw: raw.update(threshold=1.0))
    assert "threshold" in refusal(folder)


def test_a_card_whose_calibration_turns_the_order_round_is_refused(folder: Path) -> None:
    edit_card(folder, lambda raw: raw["calibration"].update(slope=-1.0))
    assert "slope" in refusal(folder)


@pytest.mark.parametrize(
    "name", ["../secret", "resnet18/../resnet18", "/etc", ".", "..", "", "no_such", "resnet18/"]
)
def test_a_name_that_is_not_a_models_is_refused_and_never_followed(folder: Path, name: str) -> None:
    shutil.copytree(folder / "resnet18", folder.parent / "secret")
    with pytest.raises(CheckpointRejected, match="There is no model called") as caught:
        load_network(name, folder)
    assert repr(name) in str(caught.value)
    assert "At hand: baseline_cnn, resnet18." in str(caught.value)


def test_without_any_model_the_sentence_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CheckpointRejected, match=r"none yet; python -m training\.train"):
        load_network("resnet18", tmp_path)
    with pytest.raises(CheckpointRejected, match=r"no folder .* python -m training\.train makes"):
        load_network("resnet18", tmp_path / "nowhere")
    assert available(tmp_path / "nowhere") == []
    assert checkpoints.default(tmp_path / "nowhere") is None
