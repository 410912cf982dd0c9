"""Deletion and insertion curves of a network whose every answer can be worked out by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import checkpoints, classifier
from core.calibration import calibrated
from core.classifier import Classifier
from core.pictures.drawn_lesion import draw_lesion
from core.probes import deletion_insertion
from core.probes.deletion_insertion import FORWARDS, RANDOM, STEPS, Curves, Evidence, area
from core.results.card import Calibration, Card

SIDE = 20
PATCH = slice(0, 4), slice(0, 10)  # a tenth of the picture


class Corner(torch.nn.Module):
    """Malignant by how red the patch is, up to 4; nothing else counts. Remembers its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(x))
        red = x[:, 0, *PATCH].mean(dim=(1, 2))
        return torch.stack([torch.zeros_like(red), 4 * red], dim=1)


@pytest.fixture
def model(full_card: Card) -> Classifier:
    card = dataclasses.replace(full_card, side=SIDE, calibration=Calibration("none", 1.0, 0.0))
    return Classifier(card, Corner())  # type: ignore[arg-type]


@pytest.fixture
def picture() -> Image.Image:
    """The patch is fully red, all else black: the mean colour is a tenth of red."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[*PATCH, 0] = 255
    return Image.fromarray(pixels)


def _map(*where: slice) -> np.ndarray:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[where] = 1
    return heat


def _p(red: float) -> float:
    return float(calibrated(np.array(4 * red), Calibration("none", 1.0, 0.0)))


def test_the_best_map_deletes_and_inserts_all_that_matters_in_its_first_step(
    model: Classifier, picture: Image.Image
) -> None:
    own, *_ = deletion_insertion.curves(model, picture, _map(*PATCH), "malignant")
    full, none = _p(1.0), _p(0.1)
    assert own.deletion == pytest.approx([full, *[none] * STEPS], abs=1e-6)
    assert own.insertion == pytest.approx([none, *[full] * STEPS], abs=1e-6)


def test_the_answer_benign_gets_the_other_chance(model: Classifier, picture: Image.Image) -> None:
    own, *_ = deletion_insertion.curves(model, picture, _map(*PATCH), "benign")
    assert own.deletion == pytest.approx([1 - _p(1.0), *[1 - _p(0.1)] * STEPS], abs=1e-6)


def test_the_worst_map_deletes_what_matters_last(model: Classifier, picture: Image.Image) -> None:
    own, *_ = deletion_insertion.curves(model, picture, 1 - _map(*PATCH), "malignant")
    assert own.deletion == pytest.approx([*[_p(1.0)] * STEPS, _p(0.1)], abs=1e-6)


def test_the_best_map_beats_every_random_one_and_the_worst_none(
    model: Classifier, picture: Image.Image
) -> None:
    for heat, beaten in ((_map(*PATCH), RANDOM), (1 - _map(*PATCH), 0)):
        own, *random = deletion_insertion.curves(model, picture, heat, "malignant")
        found = Evidence(own, tuple(random))
        # a copy that lands where it was is no worse; with 400 places there is none here
        assert (found.worse_at_deletion, found.worse_at_insertion) == (beaten, beaten)


def test_it_costs_the_forwards_that_it_says_in_small_batches(
    model: Classifier, picture: Image.Image
) -> None:
    found = list(deletion_insertion.curves(model, picture, _map(*PATCH), "malignant"))
    seen = model.network.seen
    assert len(found) == 1 + RANDOM
    assert (sum(seen), max(seen)) == (FORWARDS, 3)


def test_nothing_is_computed_for_a_map_that_nobody_asks_for(
    model: Classifier, picture: Image.Image
) -> None:
    next(deletion_insertion.curves(model, picture, _map(*PATCH), "malignant"))
    assert sum(model.network.seen) == 2 + 2 * (STEPS - 1)


def test_an_empty_map_is_refused(model: Classifier, picture: Image.Image) -> None:
    with pytest.raises(ValueError, match="empty map"):
        next(
            deletion_insertion.curves(model, picture, np.zeros((SIDE, SIDE), np.float32), "benign")
        )


def test_random_maps_hold_the_maps_own_values_at_other_places() -> None:
    heat = np.random.default_rng(1).random((7, 7)).astype(np.float32)
    random = np.random.default_rng(0)
    copies = [deletion_insertion.moved(heat, random) for _ in range(30)]
    assert all((np.sort(copy.ravel()) == np.sort(heat.ravel())).all() for copy in copies)
    assert len({copy.tobytes() for copy in copies}) > 25
    rows = {tuple(row) for copy in copies for row in (copy, copy[::-1])[0]}
    assert len(rows) > 7  # turned, not only shifted


def test_ranks_follow_the_map_and_leave_no_order_of_rows_among_equals() -> None:
    heat = np.zeros((32, 32), np.float32)
    heat[20:24, 20:24] = np.linspace(1, 2, 16).reshape(4, 4)
    place = deletion_insertion.ranks(heat, np.random.default_rng(0))
    assert sorted(place.ravel()) == list(range(32 * 32))
    assert place[20:24, 20:24].ravel().tolist() == list(range(15, -1, -1))
    upper, lower = place[:16].mean(), place[16:].mean()
    assert abs(upper - lower) < 300  # in the order of rows it would be 512


def test_areas_by_hand() -> None:
    assert area(np.linspace(1, 0, STEPS + 1)) == pytest.approx(0.5)
    assert area(np.array([1.0, *[0.0] * STEPS])) == pytest.approx(1 / (2 * STEPS))
    steep, flat = np.linspace(1, 0, STEPS + 1) ** 2, np.linspace(1, 0, STEPS + 1)
    found = Evidence(Curves(steep, flat), (Curves(flat, steep), Curves(steep, flat)))
    assert (found.worse_at_deletion, found.worse_at_insertion) == (1, 1)


def test_a_real_networks_curves_start_at_its_own_answer(tiny_checkpoints: Path) -> None:
    card = checkpoints.card("resnet18", tiny_checkpoints)
    model = Classifier(card, checkpoints.load_network("resnet18", tiny_checkpoints))
    picture = draw_lesion(300, 200)
    found = model.explain(picture)
    own = next(deletion_insertion.curves(model, picture, found.saliency_map, found.answer))
    chance = found.probability if found.answer == "malignant" else 1 - found.probability
    assert own.deletion[0] == own.insertion[-1] == pytest.approx(chance, abs=1e-6)
    again = next(deletion_insertion.curves(model, picture, found.saliency_map, found.answer))
    assert (again.deletion == own.deletion).all()
    assert isinstance(model, classifier.Classifier)
