"""Which reference pictures are nearest follows from hand-made features; foreign ones give none."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import statistics
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from core import checkpoints
from core.assessment import look_alikes
from core.pictures import reference
from core.pictures.reference import read_reference
from core.results.card import Card
from core.results.look_alikes import FEATURES, FILE, SCHEMA, LookAlikesRecord, VoteCheck
from core.statistics.estimates import Rate

PICTURES = 24


def _card() -> Card:
    return checkpoints.card("resnet18")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """24 reference pictures, every third malignant."""
    rows = [",".join(reference.COLUMNS)]
    for number in range(PICTURES):
        label, dx = ("malignant", "mel") if number % 3 == 0 else ("benign", "nv")
        rows.append(f"{number:02}.jpg,dermoscopic,{label},{dx},somewhere,{number}.jpg")
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / reference.METADATA).write_text("\n".join(rows), encoding="utf-8")
    return tmp_path / "reference"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Features that lie on a half circle, the later a picture the further round."""
    angles = np.linspace(0, np.pi, PICTURES)
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    data = look_alikes.to_bytes((10 * features).astype(np.float32))
    (tmp_path / "resnet18").mkdir()
    (tmp_path / "resnet18" / FEATURES).write_bytes(data)
    _record(tmp_path, data)
    return tmp_path


def _record(root: Path, data: bytes, **changes: object) -> None:
    record = LookAlikesRecord(
        schema=SCHEMA, command="a command", date="2026-01-01",
        weights_sha256=_card().weights.sha256, features_sha256=hashlib.sha256(data).hexdigest(),
        files=tuple(f"{number:02}.jpg" for number in range(PICTURES)), malignant=8, far_below=0.6,
        measured=100,
        checks={"a": VoteCheck("a", 9, 4, Rate(0.8, 0.7, 0.9), Rate(0.9, 0.8, 0.95))},
    )  # fmt: skip
    text = json.dumps(dataclasses.asdict(dataclasses.replace(record, **changes)))
    (root / "resnet18" / FILE).write_text(text, encoding="utf-8")


def _summary(angle: float) -> torch.Tensor:
    """As a network gives it: the features at its end come last."""
    return torch.tensor([5.0, -3.0, 10 * np.cos(angle), 10 * np.sin(angle)], dtype=torch.float32)


def test_the_nearest_come_first_and_twenty_vote(root: Path, folder: Path) -> None:
    found = look_alikes.read(_card(), root, folder)
    assert found is not None
    alike = found.likest(_summary(0.0))  # where the first one lies
    assert [one.file for one in alike.nearest] == [f"{number:02}.jpg" for number in range(6)]
    assert (alike.malignant, alike.of) == (7, 20)  # 0, 3, 6 and so on to 18
    assert not alike.far
    assert alike.nearest[0].truth == "Malignant: melanoma"


def test_what_is_far_from_all_is_told(root: Path, folder: Path) -> None:
    found = look_alikes.read(_card(), root, folder)
    assert found is not None
    mean = found.mean
    away = torch.tensor([0.0, 0.0, float(mean[0]), float(mean[1]) - 20.0])
    assert found.likest(away).far


@pytest.mark.parametrize(
    "changes",
    [{"weights_sha256": "0" * 64}, {"features_sha256": "0" * 64}, {"files": ("00.jpg",)},
     {"files": tuple(f"x{n}.jpg" for n in range(PICTURES))}, {"schema": 99}],
)  # fmt: skip
def test_features_of_other_weights_or_pictures_give_none(
    root: Path, folder: Path, changes: dict[str, object]
) -> None:
    data = (root / "resnet18" / FEATURES).read_bytes()
    _record(root, data, **changes)
    assert look_alikes.read(_card(), root, folder) is None


def test_no_features_no_pictures_nothing(tmp_path: Path, root: Path, folder: Path) -> None:
    assert look_alikes.read(_card(), tmp_path / "nowhere", folder) is None
    assert look_alikes.read(_card(), root, tmp_path / "nowhere") is None


def test_the_shipped_pictures_are_small_all_there_and_of_both_kinds() -> None:
    pictures = read_reference()
    assert 380 <= len(pictures) <= 420
    assert len({one.file for one in pictures}) == len(pictures)
    assert sum(one.path.stat().st_size for one in pictures) < 6 * 2**20
    for kind in ("photo", "dermoscopic"):
        labels = [one.label for one in pictures if one.kind == kind]
        assert 0.45 < labels.count("malignant") / len(labels) < 0.55
    from PIL import Image

    for one in pictures:
        with Image.open(one.path) as opened:
            assert max(opened.size) <= 160
            assert not opened.getexif()


def test_no_reference_picture_is_one_of_the_examples() -> None:
    from core.pictures.examples import read_examples

    shown = {one.file.split("_")[1] for one in read_examples() if one.file.startswith("PAT_")}
    patients = {one.file.split("_")[1] for one in read_reference() if one.kind == "photo"}
    assert patients
    assert not shown & patients


def test_looking_for_what_is_alike_takes_at_most_5_ms() -> None:
    cards = [checkpoints.card(name) for name in checkpoints.available()]
    found = [look_alikes.read(card, checkpoints.FOLDER) for card in cards]
    references = next((one for one in found if one is not None), None)
    if references is None:
        pytest.skip("no model here has features of reference pictures")
    summaries = torch.from_numpy(
        np.random.default_rng(0).random((31, len(references.mean)), np.float32)
    )
    took = []
    for summary in summaries:
        start = time.perf_counter()
        references.likest(summary)
        took.append(time.perf_counter() - start)
    assert statistics.median(took) < 0.005
