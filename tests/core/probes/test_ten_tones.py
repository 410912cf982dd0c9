from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageColor

from core import checkpoints, preprocessing
from core.classifier import Classifier
from core.pictures import lesion_mask
from core.pictures.colour import MONK, colour
from core.pictures.drawn_lesion import draw_lesion
from core.probes.ten_tones import in_two_rows, on_ten_tones
from core.saliency.overlay import share_inside


@pytest.fixture(params=["resnet18", "baseline_cnn"])
def model(request: pytest.FixtureRequest, tiny_checkpoints: Path) -> Classifier:
    return Classifier(
        checkpoints.card(request.param, tiny_checkpoints),
        checkpoints.load_network(request.param, tiny_checkpoints),
    )


def test_a_strip_says_what_the_model_says_of_each_picture_alone(model: Classifier) -> None:
    strip = on_ten_tones(model, draw_lesion(320, 240))
    assert strip is not None
    assert [one.tone for one in strip.tones] == list(MONK)
    pictures = [one.picture for one in strip.tones]
    alone = model.probabilities(pictures)
    assert [one.probability for one in strip.tones] == pytest.approx(alone, abs=1e-5)
    view = preprocessing.resize(draw_lesion(320, 240), model.geometry)
    lesion = lesion_mask.find_lesion(view)
    assert lesion is not None
    assert strip.area == pytest.approx(lesion.mean())
    one = strip.tones[7]
    (single,) = model.look(model.network_input(one.picture)[None])
    assert one.share == pytest.approx(share_inside(single.saliency_map, lesion), abs=1e-4)


def test_the_ten_are_looked_at_in_small_batches_with_pauses_between(
    tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = checkpoints.load_network("resnet18", tiny_checkpoints)
    sizes = []
    features = network.early_and_late_features

    def counted(batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        sizes.append(len(batch))
        return features(batch)

    monkeypatch.setattr(network, "early_and_late_features", counted)
    model, pauses = Classifier(checkpoints.card("resnet18", tiny_checkpoints), network), []
    on_ten_tones(model, draw_lesion(), pauses.append)
    assert (sum(sizes), max(sizes)) == (10, 4)
    assert pauses == [0.4, 0.8, 1.0]


def test_the_skin_in_the_strip_takes_the_ten_colours(model: Classifier) -> None:
    strip = on_ten_tones(model, draw_lesion(320, 240))
    assert strip is not None
    for one in strip.tones:
        skin = np.median(np.asarray(one.picture)[:20].reshape(-1, 3), axis=0)
        assert skin == pytest.approx(colour(one.tone), abs=10)


def test_a_picture_without_skin_has_no_strip(model: Classifier) -> None:
    assert on_ten_tones(model, Image.new("RGB", (100, 100))) is None


def test_ten_pictures_stand_in_two_rows_each_over_its_tone(model: Classifier) -> None:
    strip = on_ten_tones(model, draw_lesion(320, 240))
    assert strip is not None
    sheet = in_two_rows(strip.tones, 80)
    assert sheet.size == (5 * 80, 2 * (80 + 2 + 10))
    for i, tone in enumerate(strip.tones):
        swatch = sheet.getpixel((i % 5 * 80 + 40, i // 5 * 92 + 86))
        assert swatch == ImageColor.getrgb(tone.tone)
