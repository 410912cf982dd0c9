from __future__ import annotations

import pytest
import torch

from core.classifier import Classifier
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.probes import toward_class
from core.probes.toward_class import RADIUS, STEPS, Moved
from core.results.card import Card
from tests.core.conftest import make_network


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return to_tensor(draw_lesion(224, 224))


@pytest.fixture(scope="module")
def model(full_card: Card, x: torch.Tensor) -> Classifier:
    return Classifier(full_card, make_network("baseline_cnn", x))


@pytest.fixture(scope="module")
def steps(model: Classifier, x: torch.Tensor) -> list[Moved]:
    return list(toward_class.walk(model, x))


def probability(model: Classifier, x: torch.Tensor) -> float:

    return model.look(x[None])[0].probability


def test_it_starts_at_the_picture_and_says_how_far_it_has_come(
    steps: list[Moved], x: torch.Tensor
) -> None:
    assert [one.steps for one in steps] == list(range(STEPS + 1))
    assert [one.finished for one in steps] == [False] * STEPS + [True]
    assert torch.equal(steps[0].pictures, torch.stack([x, x]))


def test_the_first_goes_toward_benign_and_the_second_toward_malignant(
    steps: list[Moved],
) -> None:
    before = steps[0].probabilities
    assert before[0] == before[1]
    benign, malignant = steps[-1].probabilities
    assert benign < before[0] - 0.01
    assert malignant > before[1] + 0.01


def test_the_chances_are_what_the_pictures_alone_would_get(
    model: Classifier, steps: list[Moved]
) -> None:
    for moved in (steps[3], steps[-1]):
        for picture, found in zip(moved.pictures, moved.probabilities, strict=True):
            assert found == pytest.approx(probability(model, picture), abs=1e-5)


def test_every_point_is_a_picture_within_the_stated_distance(
    steps: list[Moved], x: torch.Tensor
) -> None:
    for moved in steps:
        assert 0 <= float(moved.pictures.min()) <= float(moved.pictures.max()) <= 1
        for picture in moved.pictures:
            assert toward_class.distance(x, picture) <= RADIUS * (1 + 1e-5)
    far = [toward_class.distance(x, picture) for picture in steps[-1].pictures]
    assert min(far) > 0.8 * RADIUS  # the budget is used, not just kept


def test_a_step_is_the_scaled_gradient_of_the_cross_entropy(
    model: Classifier, x: torch.Tensor, steps: list[Moved]
) -> None:
    from core.probes import attacks

    for target, moved in zip(toward_class.TARGETS, steps[1].pictures, strict=True):
        loss = attacks.input_gradient(model.network, x[None], torch.tensor([target]))[0]
        expected = (x - attacks.REACH * RADIUS / STEPS * loss / loss.norm()).clamp(0, 1)
        assert torch.allclose(moved, expected, atol=1e-5)


def test_no_radius_leaves_the_picture_as_it_is(model: Classifier, x: torch.Tensor) -> None:
    for moved in toward_class.walk(model, x, 0.0):
        assert torch.equal(moved.pictures, torch.stack([x, x]))


def test_nothing_stays_on_the_shared_network(model: Classifier, steps: list[Moved]) -> None:
    assert not model.network.training
    assert all(p.grad is None and not p.requires_grad for p in model.network.parameters())
    assert not steps[-1].pictures.requires_grad


def test_a_walk_that_is_left_half_way_costs_only_what_was_asked(
    model: Classifier, x: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    own = type(model.network).forward

    def counted(network: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
        passes.append(len(batch))
        return own(network, batch)

    monkeypatch.setattr(type(model.network), "forward", counted)
    going = toward_class.walk(model, x)
    for _ in range(3):
        next(going)
    assert passes == [2, 2, 2]


@pytest.mark.parametrize("radius", [-1.0, float("nan")])
def test_a_radius_that_can_t_be_is_refused(
    model: Classifier, x: torch.Tensor, radius: float
) -> None:
    with pytest.raises(ValueError, match="radius"):
        next(toward_class.walk(model, x, radius))


def test_the_coarse_share_tells_a_shape_from_noise() -> None:
    before = torch.full((3, 224, 224), 0.5)
    noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(0)) / 100
    assert toward_class.coarse_share(before, before + noise) == pytest.approx(1 / 64, rel=0.2)
    spot = torch.zeros_like(before)
    spot[:, 64:128, 64:128] = 0.1
    assert toward_class.coarse_share(before, before + spot) == pytest.approx(1.0, abs=1e-4)
    assert toward_class.coarse_share(before, before) == 0.0
