from __future__ import annotations

import dataclasses
import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from core.assessment import picture_kind, quality
from core.assessment.picture_kind import Gate, GateRejected, lesion_odds
from core.labels import PHOTO
from core.pictures.drawn_lesion import draw_lesion
from core.results.limits import QualityBounds

BOUNDS = QualityBounds(-3.5, 0.2, 0.95, 0.05, 0.3, "drawings")


def _gate() -> Gate:
    # channel i speaks for content i alone
    return Gate(np.eye(4) * 2, np.array([0.0, 0.0, 0.0, -1.0]), 0.5)


@pytest.mark.parametrize(
    ("content", "is_skin", "told"),
    [("photo", False, "photo"), ("bare skin", True, "bare skin"),
     ("bare skin", False, "something else"), ("dermoscopic", True, "dermoscopic"),
     ("dermoscopic", False, "something else"), ("something else", True, "something else")],
)  # fmt: skip
def test_what_is_stopped_and_of_no_skins_colour_is_something_else(
    content: picture_kind.Content, is_skin: bool, told: picture_kind.Content
) -> None:
    assert picture_kind.by_colour(content, (PHOTO,), is_skin) == told


def test_odds_of_a_lesion_by_hand() -> None:
    # logits 2, 0, 2, -1: (e^2 + e^0) / (e^2 + e^-1)
    by_hand = math.log((math.exp(2) + 1) / (math.exp(2) + math.exp(-1)))
    odds = lesion_odds(_gate().logits(np.array([[1.0, 0.0, 1.0, 0.0]])))
    assert odds == pytest.approx([by_hand])
    assert _gate().contents(np.array([[1.0, 0.0, 1.0, 0.0]])) == ["bare skin"]  # below 0.5


def test_each_content_is_told_and_a_doubtful_lesion_is_stopped() -> None:
    shown = np.eye(4) * 3
    assert _gate().contents(shown) == list(picture_kind.CONTENTS)
    unsure = np.array([[1.0, 1.0, 1.2, 0.0]])  # of single contents bare skin leads, of both not
    assert _gate().contents(unsure) == ["bare skin"]
    assert dataclasses.replace(_gate(), least=0.0).contents(unsure) == ["dermoscopic"]


def test_a_gate_survives_its_file(tmp_path: Path) -> None:
    data = picture_kind.to_bytes(_gate())
    (tmp_path / picture_kind.FILE).write_bytes(data)
    again = picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())
    assert again.contents(np.eye(4) * 3) == list(picture_kind.CONTENTS)


def test_an_altered_gate_is_refused_with_a_sentence(tmp_path: Path) -> None:
    data = picture_kind.to_bytes(_gate())
    (tmp_path / picture_kind.FILE).write_bytes(data[:-1] + b"x")
    with pytest.raises(GateRejected, match="SHA-256 differs"):
        picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    "gate",
    [
        Gate(np.ones((3, 2)), np.ones(3), 0.0),
        Gate(np.full((4, 2), np.nan), np.ones(4), 0.0),
        Gate(np.ones((4, 2)), np.ones(4), np.inf),
    ],
    ids=["three contents", "no number", "no bound"],
)
def test_a_gate_of_another_shape_or_without_numbers_is_refused(tmp_path: Path, gate: Gate) -> None:
    data = picture_kind.to_bytes(gate)
    (tmp_path / picture_kind.FILE).write_bytes(data)
    with pytest.raises(GateRejected, match="holds no gate"):
        picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())


def test_a_signature_is_the_root_of_each_channels_mean_with_its_sign() -> None:
    assert picture_kind.signature(torch.tensor([[4.0, -9.0, 0.0]])).tolist() == [[2.0, -3.0, 0.0]]


def test_a_good_drawing_gets_no_advice() -> None:
    assert quality.findings(quality.measure(draw_lesion(448, 448)), BOUNDS) == ()


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
    told = quality.findings(quality.measure(change(draw_lesion(448, 448))), BOUNDS)
    assert any(word in one.sentence for one in told), told
