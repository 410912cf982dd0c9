"""A classifier's probabilities, answers and calibrations by kind, by hand-worked arithmetic."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import checkpoints, classifier
from core.assessment import picture_kind
from core.calibration import calibrated
from core.classifier import Classifier
from core.labels import DERMOSCOPIC, PHOTO
from core.pictures import blobs
from core.pictures.drawn_lesion import SKIN, draw_lesion
from core.preprocessing import to_tensor
from core.results.card import Calibration
from core.results.limits import Answers, Limits, QualityBounds


@pytest.fixture(autouse=True)
def _folder(tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tiny_checkpoints)


def test_a_probability_is_the_sigmoid_of_the_calibrated_margin_by_hand(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    assert (model.card.calibration.slope, model.card.calibration.intercept) == (1.3, -0.2)
    geometry = {"resnet18": "crop", "baseline_cnn": "squeeze"}[model.card.name]
    for picture in pictures[:3]:
        with torch.inference_mode():
            benign, malignant = model.network(to_tensor(picture, geometry)[None])[0].tolist()  # type: ignore[arg-type]
        by_hand = 1 / (1 + math.exp(-(1.3 * (malignant - benign) - 0.2)))
        assert model.probabilities([picture])[0] == pytest.approx(by_hand, abs=1e-6)


def test_pictures_of_one_model_get_probabilities_that_differ(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    assert len(set(model.probabilities(pictures).round(6))) == len(pictures)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_batches_of_any_size_give_the_same_probabilities(
    model: Classifier, pictures: list[Image.Image], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    singly = np.array([model.probabilities([picture])[0] for picture in pictures])
    monkeypatch.setattr(classifier, "BATCH", batch)
    together = model.probabilities(pictures)
    assert together.shape == (5,)
    assert np.abs(together - singly).max() < 1e-6


def test_no_pictures_give_no_probabilities(model: Classifier) -> None:
    assert model.probabilities([]).shape == (0,)


def test_a_model_of_another_resolution_is_shown_pictures_of_that_resolution(
    pictures: list[Image.Image],
) -> None:
    plain = classifier.load("resnet18")
    model = Classifier(dataclasses.replace(plain.card, side=160), plain.network)
    picture = pictures[0]
    with torch.inference_mode():
        benign, malignant = model.network(to_tensor(picture, "crop", 160)[None])[0].tolist()
    by_hand = 1 / (1 + math.exp(-(1.3 * (malignant - benign) - 0.2)))
    assert model.probabilities([picture])[0] == pytest.approx(by_hand, abs=1e-6)
    assert plain.probabilities([picture])[0] != pytest.approx(by_hand, abs=1e-4)
    for method in ("Grad-CAM++", "Grad-CAM"):
        told = model.explain(picture, method)
        assert told.probability == pytest.approx(by_hand, abs=1e-6)
        assert told.heatmap.shape == (picture.height, picture.width)


def test_the_answer_is_malignant_from_the_threshold_up(model: Classifier) -> None:
    assert model.card.threshold == 0.4
    assert model.answer(0.4) == "malignant"
    assert model.answer(math.nextafter(0.4, 0)) == "benign"
    assert model.answer(1.0) == "malignant"
    assert model.answer(0.0) == "benign"


@pytest.mark.parametrize("threshold", [0.02, 0.4, 0.5, 0.97])
def test_at_the_cut_the_probability_is_the_threshold(model: Classifier, threshold: float) -> None:
    other = dataclasses.replace(model, card=dataclasses.replace(model.card, threshold=threshold))
    at_cut = calibrated(np.array(other.margin_threshold), other.card.calibration)
    assert float(at_cut) == pytest.approx(threshold, abs=1e-12)


def test_only_a_model_with_a_gate_pays_for_a_signature(
    model: Classifier, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    signature = picture_kind.signature

    def counted(summary: torch.Tensor) -> np.ndarray:
        taken.append(tuple(summary.shape))
        return signature(summary)

    monkeypatch.setattr(picture_kind, "signature", counted)
    explained = model.explain(pictures[0])
    model.assess_explained(pictures[0], explained)
    model.assess(pictures[0])
    assert taken == []
    wide = len(explained.summary)
    guard = picture_kind.Gate(np.zeros((4, wide)), np.array([0.0, 9.0, 0.0, 0.0]), 0.0)
    guarded = dataclasses.replace(model, gate=guard)
    explained = guarded.explain(pictures[0])
    assert taken == []
    guarded.assess_explained(pictures[0], explained)
    guarded.assess(pictures[0])
    assert taken == [(1, wide)] * 2


def test_8_threads_on_one_model_tell_what_one_thread_tells(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    serial = [model.explain(picture) for picture in pictures]
    scores = model.probabilities(pictures)
    jobs = list(range(len(pictures))) * 3
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda i: model.explain(pictures[i]), jobs))
        scored = list(pool.map(lambda i: model.probabilities([pictures[i]])[0], jobs))
    for i, explanation, score in zip(jobs, told, scored, strict=True):
        assert explanation.probability == pytest.approx(serial[i].probability, abs=1e-7)
        assert np.abs(explanation.saliency_map - serial[i].saliency_map).max() < 1e-6
        assert score == pytest.approx(scores[i], abs=1e-6)


def test_an_unknown_model_is_refused_with_a_sentence() -> None:
    with pytest.raises(checkpoints.CheckpointRejected, match="no model called 'resnet19'"):
        classifier.load("resnet19")


def test_serving_computes_on_one_thread() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert classifier.load_for_serving("baseline_cnn").card.name == "baseline_cnn"
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def gate_for(content: picture_kind.Content, model: Classifier) -> picture_kind.Gate:
    """A gate that takes every picture for one content."""
    with torch.inference_mode():
        maps = model.network.early_and_late_features(torch.zeros(1, 3, 224, 224))
        wide = model.network.summary(*maps).shape[1]
    bias = np.where(np.array(picture_kind.CONTENTS) == content, 9.0, 0.0)
    return picture_kind.Gate(np.zeros((len(bias), wide)), bias, 0.0)


def test_what_stands_out_decides_where_the_network_sees_no_difference(model: Classifier) -> None:
    spot = np.zeros(2 + blobs.COUNT)
    spot[2] = 1.0  # how dark the darkest fine spot is, in logarithms
    seen = gate_for("bare skin", model)  # and surely no thing
    seen = dataclasses.replace(seen, bias=seen.bias - 9.0 * np.array([0, 0, 0, 1]))
    gate = dataclasses.replace(seen, spot=spot, least=np.log(2.0))
    limits = Limits(
        "command", "2026-01-01", "limits.safetensors", "0" * 64, "drawings", (DERMOSCOPIC, PHOTO),
        Answers(0.9, 1.0, 0.3, 0.7, 0.5, 100), QualityBounds(-99.0, 0.0, 1.0, 1.0, 1.0, "drawings"),
    )  # fmt: skip
    guarded = dataclasses.replace(
        model, gate=gate, card=dataclasses.replace(model.card, limits=limits)
    )
    lesion, plain = draw_lesion(300, 200), Image.new("RGB", (300, 200), SKIN)
    for picture, cause in ((lesion, None), (plain, "no spot")):
        for found in (
            guarded.assess(picture),
            guarded.assess_explained(picture, guarded.explain(picture)),
        ):
            assert found.cause == cause
            assert (found.answer == "not judged") == (cause is not None)
    blind = dataclasses.replace(guarded, gate=seen)  # a gate of before asks the network alone
    assert blind.assess(lesion).answer == "not judged"


def test_a_kind_with_a_calibration_of_its_own_is_served_by_it(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    own = Calibration("platt", 0.7, 1.1, prevalence=0.43)
    card = dataclasses.replace(model.card, calibration_by_kind={"photo": own})
    bare = model.margins(pictures)
    dermoscopic = dataclasses.replace(model, card=card, gate=gate_for("dermoscopic", model))
    photo = dataclasses.replace(model, card=card, gate=gate_for("photo", model))
    assert dermoscopic.probabilities(pictures) == pytest.approx(model.probabilities(pictures))
    by_hand = 1 / (1 + np.exp(-(0.7 * bare + 1.1)))
    assert by_hand != pytest.approx(model.probabilities(pictures), abs=0.05)
    assert photo.probabilities(pictures) == pytest.approx(by_hand)
    for picture, p in zip(pictures, by_hand, strict=True):
        explained = photo.explain(picture)
        assert explained.probability == pytest.approx(p, abs=1e-6)
        assert explained.answer == photo.answer(explained.probability)
        assert calibrated(np.array(explained.margin), card.calibration) == pytest.approx(p)
        assert photo.assess(picture).probability == pytest.approx(p, abs=1e-6)
    # what follows one picture of a kind (attacks, tones) is given the classifier of that kind
    served = photo.for_input(photo.network_input(pictures[0]))
    assert calibrated(bare, served.card.calibration) == pytest.approx(by_hand)
    assert served.margins(pictures) == pytest.approx(bare, abs=1e-5)


def test_the_map_is_of_the_answer_that_the_kinds_calibration_gives(model: Classifier) -> None:
    picture = draw_lesion(300, 200, seed=0)
    usual = model.explain(picture)
    # as sure of the other answer as the usual calibration is of its own
    turned = 9.0 if usual.answer == "benign" else -9.0
    own = Calibration("platt", 1.0, turned)
    card = dataclasses.replace(model.card, calibration_by_kind={"photo": own})
    photo = dataclasses.replace(model, card=card, gate=gate_for("photo", model))
    told = photo.explain(picture)
    assert told.answer != usual.answer
    shown = photo.network_input(picture)[None]
    (asked,) = model.look(shown, 1 if told.answer == "malignant" else 0)
    assert np.array_equal(told.saliency_map, asked.saliency_map)
