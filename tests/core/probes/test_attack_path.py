from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from core.classifier import Classifier
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.probes import attack_path, attacks
from core.probes.attack_path import MOST
from core.results.card import Calibration, Card
from core.results.stressed_example import EPSILONS, GREY, TURNS
from tests.core.conftest import make_network


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return to_tensor(draw_lesion(224, 224))


@pytest.fixture(scope="module")
def model(full_card: Card, x: torch.Tensor) -> Classifier:
    """Random weights, with an operating point a little below what it says of the drawing.

    Close enough for an attack to turn the answer round, not for noise.
    """
    card = replace(full_card, calibration=Calibration("none", 1.0, 0.0))
    network = make_network("baseline_cnn", x)
    probability = Classifier(card, network).look(x[None])[0].probability
    return Classifier(replace(card, threshold=probability - 0.01), network)


@pytest.fixture(scope="module")
def subject(model: Classifier, x: torch.Tensor) -> attack_path.Subject:
    return attack_path.prepare(model, x)


@pytest.fixture(scope="module")
def curve(model: Classifier, subject: attack_path.Subject) -> attack_path.AttackCurves:
    return attack_path.curve(model, subject, seed=4)


def test_the_curves_pause_after_every_few_passes(
    model: Classifier, subject: attack_path.Subject
) -> None:
    shares: list[float] = []
    attack_path.curve(model, subject, seed=4, between=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert max(np.diff([0.0, *shares])) < 0.2


def probability(model: Classifier, x: torch.Tensor) -> float:
    return model.look(x[None])[0].probability


def test_the_nine_strengths_go_from_nothing_to_eight_grey_levels_past_the_reports() -> None:
    assert len(EPSILONS) == 9
    assert list(EPSILONS) == sorted(EPSILONS)
    assert (EPSILONS[0], EPSILONS[-1]) == (0.0, 8 / 255)
    assert 0.003 in EPSILONS
    assert set(TURNS) < set(EPSILONS)


def test_every_point_of_the_curve_is_what_the_picture_alone_would_get(
    model: Classifier,
    subject: attack_path.Subject,
    curve: attack_path.AttackCurves,
    x: torch.Tensor,
) -> None:
    label = torch.tensor([subject.label])
    for i, epsilon in enumerate(EPSILONS):
        one_step = attacks.fgsm(model.network, x[None], label, epsilon)[0]
        noisy = attacks.sign_noise(x[None], epsilon, [4])[0]
        assert curve.fgsm[i] == pytest.approx(probability(model, one_step), abs=1e-5)
        assert curve.noise[i] == pytest.approx(probability(model, noisy), abs=1e-5)
        assert curve.pgd[i] == pytest.approx(probability(model, curve.path.at(epsilon)), abs=1e-5)


def test_the_path_stays_within_each_radius_and_in_the_range_of_pictures(
    curve: attack_path.AttackCurves, x: torch.Tensor
) -> None:
    for epsilon in (*EPSILONS, 0.3 * GREY, 3 * GREY):
        point = curve.path.at(epsilon)
        assert 0 <= float(point.min()) <= float(point.max()) <= 1
        assert float((point - x).abs().max()) <= epsilon + 1e-7
    assert torch.equal(curve.path.at(0.0), x)


def test_the_path_is_steps_of_signed_gradients_taken_where_it_turns(
    model: Classifier,
    subject: attack_path.Subject,
    curve: attack_path.AttackCurves,
    x: torch.Tensor,
) -> None:
    label, point, before = torch.tensor([subject.label]), x[None], 0.0
    for end in (*TURNS, MOST):  # iterated FGSM, by the other module, three steps long
        point = attacks.fgsm(model.network, point, label, end - before)
        before = end
        # a gradient near zero may have another sign in another memory layout
        assert (curve.path.at(end) - point[0]).abs().mean() < 0.01 * end


def test_attacks_take_the_answers_probability_down_further_than_noise(
    subject: attack_path.Subject, curve: attack_path.AttackCurves
) -> None:
    assert subject.clean.answer == "malignant"
    assert curve.fgsm[0] == curve.pgd[0] == curve.noise[0] == subject.clean.probability
    for attack in (curve.fgsm, curve.pgd):
        assert attack[-1] < curve.noise[-1] - 0.01
    assert curve.pgd[-1] <= curve.fgsm[-1]


def test_the_smallest_flip_is_a_flip_and_a_little_less_is_none(
    model: Classifier, subject: attack_path.Subject, curve: attack_path.AttackCurves
) -> None:
    epsilon = attack_path.smallest_flip(model, subject, curve)
    assert epsilon is not None
    assert 0 < epsilon <= MOST
    flipped = model.look(attack_path.fgsm(subject, epsilon)[None])[0]
    held = model.look(attack_path.fgsm(subject, epsilon - 2 * GREY / 64)[None])[0]
    assert (flipped.answer, held.answer) == ("benign", "malignant")


def test_an_answer_far_from_the_cut_is_not_flipped(model: Classifier, x: torch.Tensor) -> None:
    sure = replace(model, card=replace(model.card, threshold=1e-6))
    subject = attack_path.prepare(sure, x)
    assert attack_path.smallest_flip(sure, subject, attack_path.curve(sure, subject, 0)) is None


def test_a_network_too_sure_for_float32_has_no_gradient_and_says_so(
    model: Classifier, x: torch.Tensor
) -> None:
    class Sure(torch.nn.Module):
        """The network with its margin enlarged until the loss no longer moves."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = model.network

        def __getattr__(self, name: str) -> object:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.inner, name)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x) + torch.tensor([0.0, 500.0])

    sure = replace(model, network=Sure())
    subject = attack_path.prepare(sure, x)
    assert subject.vanishes
    assert torch.equal(attack_path.fgsm(subject, MOST), x)
    assert not attack_path.prepare(model, x).vanishes


def test_nothing_is_left_on_the_network(
    model: Classifier, subject: attack_path.Subject, curve: attack_path.AttackCurves
) -> None:
    assert not model.network.training
    assert all(p.grad is None and not p.requires_grad for p in model.network.parameters())
    assert not any(m._forward_hooks for m in model.network.modules())


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.1])
def test_a_picture_out_of_range_is_refused_by_name(
    model: Classifier, x: torch.Tensor, bad: float
) -> None:
    wrong = x.clone()
    wrong[0, 0, 0] = bad
    with pytest.raises(ValueError, match=r"^x "):
        attack_path.prepare(model, wrong)
    with pytest.raises(ValueError, match=r"^x must have shape"):
        attack_path.prepare(model, x[0])


def test_agreement_is_one_with_itself_minus_one_upside_down_and_none_where_empty() -> None:
    y, xs = np.mgrid[0:224, 0:224].astype(np.float32)
    first = (y * 224 + xs) / 224**2
    assert attack_path.agreement(first, first**3) == pytest.approx(1)  # ranks, not values
    assert attack_path.agreement(first, 1 - first) == pytest.approx(-1)
    assert attack_path.agreement(first, np.zeros_like(first)) is None
    with pytest.raises(ValueError, match="differ in shape"):
        attack_path.agreement(first, first[:100])
    noise = np.random.default_rng(0).random((224, 224), dtype=np.float32)
    assert abs(attack_path.agreement(first, noise) or 1) < 0.1  # 784 places: about 2.8 sigma
    tied = np.maximum(noise - 0.5, 0) + first  # half of its places have values of their own
    coarse = np.maximum(noise - 0.5, 0).round(1)  # and most of these share theirs
    every = (slice(4, None, 8), slice(4, None, 8))
    second = spearmanr(tied[every].ravel(), coarse[every].ravel()).statistic
    assert attack_path.agreement(tied, coarse) == pytest.approx(second)
