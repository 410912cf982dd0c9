from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from core.assessment import picture_kind, quality
from core.assessment.picture_kind import Cloud, Gate, GateRejected
from core.labels import Kind
from core.pictures.drawn_lesion import draw_lesion
from core.results.limits import QualityBounds

BOUNDS = QualityBounds(-3.5, 0.2, 0.95, 0.05, 0.3, "drawings")


def _gate() -> Gate:
    clouds: dict[Kind, Cloud] = {
        "dermoscopic": Cloud(np.zeros(2), np.eye(2), 2.0),
        "photo": Cloud(np.array([10.0, 0.0]), np.eye(2), 1.0),
    }
    return Gate(clouds, np.array([1.0, 0.0]), 1.5)


def test_a_distance_is_in_units_of_the_kinds_reach() -> None:
    cloud = Cloud(np.array([1.0, 0.0]), np.diag([1.0, 4.0]), 2.0)
    assert cloud.distance(np.array([[4.0, 2.0]])) == pytest.approx([5 / 2])  # sqrt(9 + 16) / 2


def test_the_border_says_which_kind_a_picture_of_skin_is() -> None:
    # the second is nearest to the dermoscopic cloud, and yet on the photos' side of the border
    assert _gate().kinds(np.array([[1.0, 1.0], [1.6, 0.0], [5.0, 0.0]])) == [
        "dermoscopic", "photo", "not skin",
    ]  # fmt: skip


def test_a_gate_survives_its_file(tmp_path: Path) -> None:
    data = picture_kind.to_bytes(_gate())
    (tmp_path / picture_kind.FILE).write_bytes(data)
    again = picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())
    assert again.kinds(np.array([[1.0, 1.0], [9.5, 0.0], [5.0, 0.0]])) == [
        "dermoscopic", "photo", "not skin",
    ]  # fmt: skip


def test_bare_skin_is_known_where_the_gate_was_fitted_to_it(tmp_path: Path) -> None:
    signatures = np.array([[1.0, 1.0], [1.0, 4.0]])
    assert _gate().bare_skin(signatures) == [False, False]
    fitted = dataclasses.replace(_gate(), bare_direction=np.array([0.0, 1.0]), bare_border=3.0)
    data = picture_kind.to_bytes(fitted)
    (tmp_path / picture_kind.FILE).write_bytes(data)
    again = picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())
    assert again.bare_skin(signatures) == [False, True]


def test_an_altered_gate_is_refused_with_a_sentence(tmp_path: Path) -> None:
    data = picture_kind.to_bytes(_gate())
    (tmp_path / picture_kind.FILE).write_bytes(data[:-1] + b"x")
    with pytest.raises(GateRejected, match="SHA-256 differs"):
        picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())


def test_a_signature_is_mean_and_spread_by_channel() -> None:
    middle = torch.tensor([[[[0.0, 2.0]], [[5.0, 5.0]]]])  # (1, 2, 1, 2)
    assert picture_kind.signature(middle) == pytest.approx(np.array([[1.0, 5.0, 1.0, 0.0]]))


def test_a_good_drawing_gets_no_advice() -> None:
    assert quality.advice(quality.measure(draw_lesion(448, 448)), BOUNDS) == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda im: im.filter(ImageFilter.GaussianBlur(12)), "sharper"),
        (lambda im: im.point(lambda v: v // 8), "more light"),
        (lambda im: im.point(lambda v: min(255, v + 150)), "less direct light"),
        (lambda im: im.resize((100, 100)), "not a thumbnail"),
        (lambda im: Image.new("RGB", im.size, (220, 170, 150)), "go closer"),
    ],
    ids=["blurred", "dark", "bright", "small", "empty"],
)
def test_what_is_wrong_with_a_photo_is_said_with_what_to_do(change, word: str) -> None:
    told = quality.advice(quality.measure(change(draw_lesion(448, 448))), BOUNDS)
    assert any(word in sentence for sentence in told), told
