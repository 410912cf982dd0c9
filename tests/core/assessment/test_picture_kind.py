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
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO
from core.pictures import blobs
from core.pictures.drawn_lesion import draw_lesion
from core.results.limits import QualityBounds

BOUNDS = QualityBounds(-3.5, 0.2, 0.95, 0.05, 0.3, "drawings")


def _gate() -> Gate:
    # channel i speaks for content i alone
    return Gate(np.eye(4) * 2, np.array([0.0, 0.0, 0.0, -1.0]), 0.5)


def _spot_gate() -> Gate:
    """It asks for the lead over bare skin, a tenth of that over things, and the second measure."""
    spot = np.zeros(2 + blobs.COUNT)
    spot[[0, 1, 3]] = 1.0, 0.1, 2.0
    return dataclasses.replace(_gate(), spot=spot, dermoscopic_from=9.0)


def _contents(gate: Gate, shown: np.ndarray, standing_out: float = 0.0) -> list[str]:
    measures = np.zeros((len(shown), blobs.COUNT))
    measures[:, 1] = standing_out
    return [str(content) for content in gate.contents(shown, measures)]


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
    assert _contents(_gate(), np.array([[1.0, 0.0, 1.0, 0.0]])) == ["bare skin"]  # below 0.5


def test_each_content_is_told_and_a_doubtful_lesion_is_stopped() -> None:
    shown = np.eye(4) * 3
    assert _contents(_gate(), shown) == list(picture_kind.CONTENTS)
    unsure = np.array([[1.0, 1.0, 1.2, 0.0]])  # of single contents bare skin leads, of both not
    assert _contents(_gate(), unsure) == ["bare skin"]
    assert _contents(dataclasses.replace(_gate(), least=0.0), unsure) == ["dermoscopic"]
    assert _contents(_gate(), unsure, standing_out=9.0) == ["bare skin"]  # it asks for no measures


def test_what_stands_out_makes_a_lesion_of_bare_skin_but_not_of_a_thing() -> None:
    # logits 0, 2, 2.4, -1: the lead over bare skin is log(1 + e^2) - 2.4 = -0.27, over things 3.13
    shown = np.array([[0.0, 1.0, 1.2, 0.0]])
    lead = math.log(1 + math.exp(2)) - 2.4 + 0.1 * (math.log(1 + math.exp(2)) + 1)
    enough = (0.5 - lead) / 2
    assert _contents(_spot_gate(), shown, enough - 1e-6) == ["bare skin"]
    assert _contents(_spot_gate(), shown, enough + 1e-6) == ["photo"]
    thing = np.array([[0.0, 1.0, 0.0, 1.6]])  # logits 0, 2, 0, 2.2
    assert _contents(_spot_gate(), thing, 99.0) == ["something else"]
    skin = np.array([[0.0, 2.0, -1.0, 1.0]])  # logits 0, 4, -2, 1: no thing, so skin without a spot
    assert _contents(_spot_gate(), skin, -99.0) == ["bare skin"]


def test_where_dermoscopic_leads_by_far_no_spot_is_asked_for() -> None:
    shown = np.array([[1.5, 0.0, 0.0, 0.0]])  # logits 3, 0, 0, -1: a lead of 3 - log(2 + e^-1)
    lead = 3 - math.log(2 + math.exp(-1))
    hidden = dataclasses.replace(_spot_gate(), least=99.0)
    assert _contents(hidden, shown) == ["bare skin"]
    sure = dataclasses.replace(hidden, dermoscopic_from=lead - 1e-6)
    assert _contents(sure, shown) == ["dermoscopic"]
    assert _contents(dataclasses.replace(sure, dermoscopic_from=lead + 1e-6), shown) == [
        "bare skin"
    ]


def test_the_kind_is_the_networks_alone_whatever_stands_out_or_is_stopped() -> None:
    shown = np.array([[1.2, 1.0, 9.0, 0.0], [0.5, 1.0, 0.0, 9.0], [0.0, 3.0, 0.0, 0.0]])
    for gate in (_gate(), _spot_gate()):
        assert _contents(gate, shown) == ["bare skin", "something else", "photo"]
    assert _spot_gate().kinds(shown) == [DERMOSCOPIC, NOT_SKIN, PHOTO]
    assert _gate().kinds(shown) == [NOT_SKIN, NOT_SKIN, PHOTO]  # of before: of what passes alone


def test_what_passes_is_of_the_kind_that_calibrates_it() -> None:
    random = np.random.default_rng(0)
    shown, measures = random.normal(0, 2, (500, 4)), random.normal(0, 2, (500, blobs.COUNT))
    for gate in (_gate(), _spot_gate()):
        contents = gate.contents(shown, measures)
        pairs = list(zip(contents, gate.kinds(shown), strict=True))
        passed = [(c, k) for c, k in pairs if c in picture_kind.LESIONS]
        assert len(passed) > 50
        assert all(picture_kind.KIND_OF[content] == kind for content, kind in passed)


@pytest.mark.parametrize("kept", [_gate(), _spot_gate()], ids=["of before", "with a spot"])
def test_a_gate_survives_its_file(tmp_path: Path, kept: Gate) -> None:
    data = picture_kind.to_bytes(kept)
    (tmp_path / picture_kind.FILE).write_bytes(data)
    again = picture_kind.read(tmp_path / picture_kind.FILE, hashlib.sha256(data).hexdigest())
    assert _contents(again, np.eye(4) * 3) == list(picture_kind.CONTENTS)
    assert (again.spot is None) == (kept.spot is None)
    assert again.dermoscopic_from == kept.dermoscopic_from
    unsure = np.array([[0.0, 1.0, 1.2, 0.0]])
    assert _contents(again, unsure, 0.5) == _contents(kept, unsure, 0.5)


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
        Gate(np.ones((4, 2)), np.ones(4), 0.0, np.ones(3)),
        Gate(np.ones((4, 2)), np.ones(4), 0.0, np.full(2 + blobs.COUNT, np.nan)),
    ],
    ids=["three contents", "no number", "no bound", "other measures", "no number of a measure"],
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
