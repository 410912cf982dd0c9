"""A look at a picture: probability, answer and map, of one forward pass, agree with each other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import checkpoints
from core.classifier import Classifier
from core.pictures.drawn_lesion import draw_lesion


def with_threshold(model: Classifier, threshold: float) -> Classifier:
    return Classifier(dataclasses.replace(model.card, threshold=threshold), model.network)


def test_explain_tells_the_same_probability_with_a_map_of_the_pictures_size(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    for picture in pictures:
        told = model.explain(picture)
        assert told.probability == pytest.approx(model.probabilities([picture])[0], abs=1e-6)
        assert told.heatmap.shape == (picture.height, picture.width)
        assert told.heatmap.dtype == np.float32
        assert told.heatmap.min() >= 0
        assert told.heatmap.max() <= 1
        assert told.saliency_map.shape == (224, 224)
        assert told.saliency_map.max() == pytest.approx(1, abs=1e-5)


def test_a_map_for_a_smaller_copy_is_the_map_of_the_smaller_copy(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    told = model.explain(pictures[4])  # square: 400 x 400
    assert told.heatmap_at(224, 224) == pytest.approx(told.saliency_map)
    assert told.heatmap_at(80, 40).shape == (40, 80)


def test_a_cropping_model_shows_no_evidence_where_it_did_not_look(tiny_checkpoints: Path) -> None:
    network = checkpoints.load_network("resnet18", tiny_checkpoints)
    model = Classifier(checkpoints.card("resnet18", tiny_checkpoints), network)
    told = model.explain(draw_lesion(300, 200))
    assert told.heatmap[:, :50].max() == 0
    assert told.heatmap[:, 250:].max() == 0
    assert told.heatmap[:, 50:250].max() > 0.9


def test_explain_answers_as_its_probability_does_on_either_side_of_the_threshold(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    for picture in pictures[:3]:
        probability = model.explain(picture).probability
        below = with_threshold(model, probability - 1e-4).explain(picture)
        above = with_threshold(model, probability + 1e-4).explain(picture)
        assert (below.answer, above.answer) == ("malignant", "benign")
        assert not np.array_equal(
            below.saliency_map, above.saliency_map
        )  # each shows its own answer's evidence


@pytest.mark.parametrize("method", ["Grad-CAM++", "Grad-CAM"])
def test_explain_answers_as_its_probability_does_at_the_threshold_itself(
    model: Classifier, pictures: list[Image.Image], method: str
) -> None:
    for picture in pictures[:4]:
        probability = model.explain(picture, method).probability
        at = with_threshold(model, probability).explain(picture, method)
        assert at.answer == model.answer(1.0) == "malignant"


def test_a_look_at_a_batch_tells_of_each_picture_what_is_told_of_it_alone(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    looks = model.look(torch.stack([model.network_input(picture) for picture in pictures]))
    assert [one.margin for one in looks] == pytest.approx(model.margins(pictures), abs=1e-5)
    for one, picture in zip(looks, pictures, strict=True):
        alone = model.explain(picture)
        assert one.probability == pytest.approx(alone.probability, abs=1e-6)
        assert one.answer == alone.answer
        assert np.abs(one.saliency_map - alone.saliency_map).max() < 1e-4
        assert torch.allclose(one.summary, alone.summary, atol=1e-5)


def test_a_look_for_a_class_shows_the_evidence_for_it(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    shown = model.network_input(pictures[0])[None]
    (benign,), (malignant,) = model.look(shown, 0), model.look(shown, 1)
    assert benign.probability == malignant.probability
    assert benign.answer == malignant.answer
    assert not np.array_equal(benign.saliency_map, malignant.saliency_map)
    asked = malignant if malignant.answer == "malignant" else benign
    assert np.array_equal(asked.saliency_map, model.look(shown)[0].saliency_map)


def test_a_map_is_as_large_as_what_its_network_is_shown(tiny_checkpoints: Path) -> None:
    card = dataclasses.replace(checkpoints.card("resnet18", tiny_checkpoints), side=96)
    model = Classifier(card, checkpoints.load_network("resnet18", tiny_checkpoints))
    for method in ("Grad-CAM++", "Grad-CAM"):
        found = model.explain(draw_lesion(300, 200), method)
        assert found.saliency_map.shape == (96, 96)
        assert found.heatmap.shape == (200, 300)


def test_an_unknown_method_is_an_error_that_names_it(
    model: Classifier, pictures: list[Image.Image]
) -> None:
    with pytest.raises(ValueError, match="'Tea leaves'"):
        model.explain(pictures[0], "Tea leaves")
