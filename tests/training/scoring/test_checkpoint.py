from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from sklearn.metrics import roc_auc_score

from core import checkpoints
from core.calibration import calibrated
from core.classifier import Classifier
from core.images import read_image
from core.networks import lesion_network
from core.preprocessing import to_bytes, to_tensor
from core.results.card import CARD, WEIGHTS, Calibration, read_card
from tests.training.conftest import Run
from training.command import command_line
from training.data.labelled_set import LabelledSet
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_predictions


@pytest.fixture(scope="module")
def exported(finished: Run) -> Classifier:
    assert finished.status == 0, finished.said
    root = finished.checkpoints
    return Classifier(
        checkpoints.card("baseline_cnn", root), checkpoints.load_network("baseline_cnn", root)
    )


@pytest.fixture(scope="module")
def predictions(finished: Run) -> pd.DataFrame:
    return pd.read_csv(finished.checkpoint / "predictions" / "validation.csv")


def test_matrices_are_kept_in_16_bits_and_vectors_in_32(finished: Run) -> None:
    path = finished.checkpoint / WEIGHTS
    with safe_open(path, "pt") as file:
        stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    expected = lesion_network.build("baseline_cnn").backbone.state_dict()
    assert {key: value.shape for key, value in stored.items()} == {
        key: value.shape for key, value in expected.items()
    }
    kinds = {1: torch.float32, 2: torch.float16, 4: torch.float16}
    assert all(value.dtype == kinds[value.ndim] for value in stored.values())
    card = read_card(finished.checkpoint / CARD)
    assert card.weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card.weights.parameters == sum(value.numel() for value in stored.values())


def test_predictions_are_what_the_shipped_model_says_of_the_same_files(
    finished: Run, exported: Classifier, predictions: pd.DataFrame
) -> None:
    images = [read_image(finished.data / file) for file in predictions["file"]]
    np.testing.assert_allclose(
        predictions["probability"], exported.probabilities(images), atol=1e-5
    )
    np.testing.assert_allclose(predictions["logit"], exported.margins(images), atol=1e-5)
    assert predictions["label"].tolist() == [f.split("/")[1] for f in predictions["file"]]


def test_the_cards_validation_figures_follow_from_the_predictions(
    exported: Classifier, predictions: pd.DataFrame
) -> None:
    figures = exported.card.evaluations["validation"].figures
    sick = (predictions["label"] == "malignant").to_numpy()
    p = predictions["probability"].to_numpy()
    assert figures.n == len(predictions)
    assert figures.accuracy.value == ((p >= exported.card.threshold) == sick).mean()
    assert figures.auc is not None
    assert figures.auc.value == pytest.approx(roc_auc_score(sick, p))
    assert figures.sensitivity is not None
    assert figures.sensitivity.value == (p[sick] >= exported.card.threshold).mean()


def test_the_change_from_float32_is_the_largest_of_a_validation_probability(
    finished: Run, exported: Classifier, predictions: pd.DataFrame
) -> None:
    best = torch.load(finished.folder / "best.ckpt", weights_only=True)["state_dict"]
    exact = lesion_network.build("baseline_cnn")
    exact.load_state_dict({k.removeprefix("network."): v for k, v in best.items()
                           if k.startswith("network.")})  # fmt: skip
    exact.eval()
    batch = torch.stack([to_tensor(read_image(finished.data / f)) for f in predictions["file"]])
    with torch.no_grad():
        p = [
            calibrated((logits[:, 1] - logits[:, 0]).double().numpy(), exported.card.calibration)
            for logits in (exact(batch), exported.network(batch))
        ]
    change = np.abs(p[0] - p[1]).max()
    assert change > 0
    assert exported.card.weights.change_from_float32 == pytest.approx(change, rel=0.02, abs=1e-7)


def test_margins_are_each_pictures_own_and_in_order(exported: Classifier) -> None:
    random = np.random.default_rng(0)
    pixels = torch.from_numpy(random.integers(0, 256, (35, 3, 224, 224), dtype=np.uint8))
    together = margins_of_pixels(exported.network, pixels)
    assert together.shape == (35,)
    for i in (0, 31, 32, 34):  # 32 are scored at a time
        with torch.no_grad():
            benign, malignant = exported.network(pixels[i : i + 1].float() / 255)[0].tolist()
        assert together[i] == pytest.approx(malignant - benign, abs=1e-4)


def test_training_and_serving_see_the_same_pixels(finished: Run, predictions: pd.DataFrame) -> None:
    picture = read_image(finished.data / predictions["file"][0])
    torch.testing.assert_close(to_bytes(picture).float() / 255, to_tensor(picture))


def test_predictions_have_the_agreed_columns_and_calibrated_probabilities(tmp_path: Path) -> None:
    table = pd.DataFrame({"file": ["x/b.png", "a,1.png"], "label": [1, 0], "group": ["P1", "P2"]})
    table["age"] = [50, 60]
    found = np.array([0.5, -1.25])
    fitted, sha256 = Calibration("", 2, 0.5), "7" * 64
    write_predictions(tmp_path, "made", LabelledSet("made", table), found, fitted, sha256)
    assert (tmp_path / "predictions" / "made.csv").read_text() == (
        "file,label,group,logit,probability,weights_sha256\n"
        f"x/b.png,malignant,P1,0.500000,{1 / (1 + np.exp(-1.5)):.6f},{sha256}\n"
        f'"a,1.png",benign,P2,-1.250000,{1 / (1 + np.exp(2)):.6f},\n'
    )


def test_a_recorded_command_keeps_only_the_last_part_of_paths(tmp_path: Path) -> None:
    (tmp_path / "set with space").mkdir()
    arguments = ["--model", "resnet18", "--data", f"{tmp_path}/set with space/", "--seed", "1"]
    assert command_line("training.train", arguments) == (
        "python -m training.train --model resnet18 --data 'set with space' --seed 1"
    )


@pytest.mark.parametrize(
    ("arguments", "recorded"),
    [
        (["--runs", "/home/someone/not/there/yet"], "--runs yet"),
        (["--data=/home/someone/malignant_vs_benign"], "--data=malignant_vs_benign"),
        (["--init-from", "../weights/resnet18.safetensors"], "--init-from resnet18.safetensors"),
        (["--only", "best-start/resnet18"], "--only best-start/resnet18"),
    ],
)
def test_a_recorded_command_has_no_folder_of_this_machine(
    arguments: list[str], recorded: str
) -> None:
    assert command_line("training.train", arguments) == f"python -m training.train {recorded}"
