"""Reference pictures are placed by what the network computes of their originals, and voted with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import classifier
from core.classifier import Classifier
from core.images import open_image
from core.pictures.reference import ReferencePicture
from core.results.of_weights import stamped
from core.statistics import metrics
from tests.training.conftest import LABELS, draw
from training import look_alikes
from training.data import learned
from training.data.labelled_set import DataRejected


@pytest.fixture
def model(models: Callable[..., Path]) -> Classifier:
    models()
    return classifier.load("resnet18")


@pytest.fixture
def pictures(tmp_path: Path) -> list[ReferencePicture]:
    """28 pictures of a collection, of which every other one is malignant."""
    found = []
    for number in range(28):
        path = tmp_path / "data" / "somewhere" / "images" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(LABELS[number % 2], number).save(path)
        label = LABELS[number % 2]
        found.append(
            ReferencePicture(Path(f"{number}.jpg"), "photo", label, "nv", "somewhere", path.name)
        )
    return found


def test_features_are_the_means_of_the_network_s_last_maps(
    model: Classifier, pictures: list[ReferencePicture], tmp_path: Path
) -> None:
    found = look_alikes.place(model, pictures, tmp_path / "data")
    picture = open_image((tmp_path / "data/somewhere/images/3.png").read_bytes())
    with torch.inference_mode():
        late = model.network.features(model.network_input(picture)[None]).mean((2, 3))[0]
    assert np.allclose(found.features[3], late, atol=1e-3, rtol=1e-3)  # half precision is kept
    assert found.record.malignant == 14
    assert found.record.weights_sha256 == model.card.weights.sha256
    nearest = found.likest(model.look(model.network_input(picture)[None])[0].summary).nearest
    assert nearest[0].original == "3.png"


def test_only_what_the_model_has_learned_from_stands_there(
    model: Classifier, pictures: list[ReferencePicture], tmp_path: Path
) -> None:
    from core import checkpoints

    rows = []
    for number, one in enumerate(pictures):
        data = (tmp_path / "data/somewhere/images" / one.original).read_bytes()
        part = learned.TRAIN if number < 22 else learned.VALIDATION
        rows.append((hashlib.sha256(data).hexdigest()[: learned.DIGITS], part))
    table = stamped(pd.DataFrame(rows, columns=learned.COLUMNS), model.card.weights.sha256)
    table.to_csv(checkpoints.FOLDER / "resnet18" / learned.FILE, index=False)
    found = look_alikes.place(model, pictures, tmp_path / "data")
    assert found.record.files == tuple(f"{number}.jpg" for number in range(22))
    table["part"] = learned.VALIDATION
    table.to_csv(checkpoints.FOLDER / "resnet18" / learned.FILE, index=False)
    with pytest.raises(DataRejected, match="has learned from 0 reference pictures"):
        look_alikes.place(model, pictures, tmp_path / "data")


def test_a_missing_original_is_named(model: Classifier, tmp_path: Path) -> None:
    one = ReferencePicture(Path("a.jpg"), "photo", "benign", "nv", "somewhere", "gone.png")
    with pytest.raises(DataRejected, match=r"somewhere has no picture gone\.png"):
        look_alikes.place(model, [one], tmp_path)


def test_the_vote_is_the_share_of_malignant_among_the_nearest(
    model: Classifier, pictures: list[ReferencePicture], tmp_path: Path
) -> None:
    found = look_alikes.place(model, pictures, tmp_path / "data")
    paths = []
    for number in range(10):
        paths.append(tmp_path / f"{number}.png")
        draw(LABELS[number % 2], 100 + number).save(paths[-1])
    labels = [0, 1] * 5
    table = pd.DataFrame({"path": paths, "label": labels, "group": range(10)})
    check = look_alikes.vote(model, found, "ten drawings", table)
    votes = []
    for path in paths:
        shown = model.network_input(open_image(path.read_bytes()))[None]
        alike = found.likest(model.look(shown)[0].summary)
        votes.append(alike.malignant / alike.of)
    assert (check.n, check.malignant) == (10, 5)
    assert check.vote.value == pytest.approx(metrics.auc(labels, votes))
    chances = model.probabilities([open_image(path.read_bytes()) for path in paths])
    assert check.network.value == pytest.approx(metrics.auc(labels, chances))
