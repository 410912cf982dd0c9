from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from core.networks.lesion_network import LesionNetwork
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.probes.attacks import fgsm, gaussian, input_gradient, losses, pgd, sign_noise
from tests.core.conftest import make_network

LABELS = torch.tensor([0, 1, 1])
SEEDS = (4, 5, 6)
EPSILON = 4 / 255


@pytest.fixture(scope="module")
def baseline() -> LesionNetwork:
    return make_network("baseline_cnn", to_tensor(draw_lesion(224, 224)))


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    """Three drawings, some of their values at the very ends of the range."""
    drawn = torch.stack([to_tensor(draw_lesion(224, 224, seed=seed)) for seed in range(3)])
    drawn[:, :, :20], drawn[:, :, -20:] = 0.0, 1.0
    return drawn


def changes(network: LesionNetwork) -> dict[str, Callable[[torch.Tensor, Any], torch.Tensor]]:
    return {
        "epsilon, fgsm": lambda x, e: fgsm(network, x, LABELS[: len(x)], e),
        "epsilon, pgd": lambda x, e: pgd(network, x, LABELS[: len(x)], e, 3, SEEDS[: len(x)]),
        "sigma, gaussian": lambda x, e: gaussian(x, e, SEEDS[: len(x)]),
        "epsilon, signs": lambda x, e: sign_noise(x, e, SEEDS[: len(x)]),
    }


KINDS = ("epsilon, fgsm", "epsilon, pgd", "sigma, gaussian", "epsilon, signs")


# Against an independent library


def foolbox(network: LesionNetwork) -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its way of importing SciPy
        import foolbox as fb
        from foolbox import attacks
    return fb.PyTorchModel(network, bounds=(0, 1), device="cpu"), attacks


def test_fgsm_is_foolboxs(baseline: LesionNetwork, x: torch.Tensor) -> None:
    model, attacks = foolbox(baseline)
    theirs = attacks.LinfFastGradientAttack().run(model, x, LABELS, epsilon=EPSILON)
    ours = fgsm(baseline, x, LABELS, EPSILON)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    assert not torch.equal(ours, x)


def test_pgd_from_the_picture_itself_is_foolboxs(baseline: LesionNetwork, x: torch.Tensor) -> None:
    model, attacks = foolbox(baseline)
    steps = 6
    attack = attacks.LinfPGD(steps=steps, rel_stepsize=2.5 / steps, random_start=False)
    theirs = attack.run(model, x, LABELS, epsilon=EPSILON)
    ours = pgd(baseline, x, LABELS, EPSILON, steps)
    # Theirs is the last point, ours the highest on the same way; where it rose, they are one.
    loss, reached = (losses(baseline, v, LABELS) for v in (theirs, ours))
    assert (reached >= loss - 1e-5).all()
    rose = (reached - loss).abs() < 1e-7
    assert rose.any()
    torch.testing.assert_close(ours[rose], theirs[rose], atol=1e-6, rtol=0)


# What an attack is


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_leaves_the_ball_or_the_range(
    baseline: LesionNetwork, x: torch.Tensor, kind: str
) -> None:
    changed = changes(baseline)[kind](x, EPSILON)
    assert changed.dtype == torch.float32
    assert float(changed.min()) == 0.0
    assert float(changed.max()) == 1.0
    if kind != "sigma, gaussian":
        assert float((changed - x).abs().max()) <= EPSILON + 1e-6
    assert not torch.equal(changed, x)


@pytest.mark.parametrize("kind", KINDS)
def test_strength_0_changes_nothing(baseline: LesionNetwork, x: torch.Tensor, kind: str) -> None:
    assert torch.equal(changes(baseline)[kind](x, 0.0), x)


def test_the_loss_under_pgd_never_falls_as_epsilon_grows(
    baseline: LesionNetwork, x: torch.Tensor
) -> None:
    before = losses(baseline, x, LABELS)
    first = before
    for grey in (0.25, 0.5, 1, 2, 4, 8):
        attacked = pgd(baseline, x, LABELS, grey / 255, 8, SEEDS)
        loss = losses(baseline, attacked, LABELS)
        assert (loss >= before - 1e-4 * before.abs()).all(), grey
        before = loss
    assert (before > first).all()


def test_direction_matters_more_than_size(baseline: LesionNetwork, x: torch.Tensor) -> None:
    clean = losses(baseline, x, LABELS)
    attack, noise = (
        losses(baseline, changes(baseline)[kind](x, EPSILON), LABELS) - clean
        for kind in ("epsilon, fgsm", "epsilon, signs")
    )
    assert (attack > 3 * noise.abs()).all()


def test_the_gradient_is_that_of_the_loss_by_differences(baseline: LesionNetwork) -> None:
    exact = make_network("baseline_cnn", to_tensor(draw_lesion(224, 224))).double()
    x = to_tensor(draw_lesion(224, 224))[None]
    gradient = input_gradient(baseline, x, torch.tensor([1]))
    step = 1e-5
    for place in ((0, 0, 110, 100), (0, 2, 60, 130)):
        sides = []
        for sign in (-1, 1):
            moved = x.double().clone()
            moved[place] += sign * step
            sides.append(float(F.cross_entropy(exact(moved), torch.tensor([1]))))
        slope = (sides[1] - sides[0]) / (2 * step)
        assert float(gradient[place]) == pytest.approx(slope, rel=1e-2, abs=1e-6)


def test_where_gradients_vanish_fgsm_changes_nothing(x: torch.Tensor) -> None:
    network = make_network("baseline_cnn", x[0])
    with torch.no_grad():
        network.backbone.fc3.bias.copy_(torch.tensor([0.0, 1e4]))  # sure beyond float32
    certain = torch.ones(3, dtype=torch.int64)
    assert not input_gradient(network, x, certain).any()
    assert torch.equal(fgsm(network, x, certain, EPSILON), x)


# Seeds, batches, threads


@pytest.mark.parametrize("kind", KINDS)
def test_a_pictures_answer_does_not_depend_on_its_batch(
    baseline: LesionNetwork, x: torch.Tensor, kind: str
) -> None:
    change = changes(baseline)[kind]
    alone = change(x[:1], EPSILON)[0]
    together = change(x, EPSILON)[0]
    # kernels round otherwise for another batch, so a gradient of nearly 0 may change its sign
    same = (alone - together).abs() < 1e-6
    assert same.float().mean() > (0.999 if "g" in kind.split(", ")[1] else 1 - 1e-9)


def test_noise_is_drawn_by_its_seed_alone(x: torch.Tensor) -> None:
    for draw in (gaussian, sign_noise):
        same = draw(x, 0.01, (3, 3, 4)) - x
        again = draw(x, 0.01, (3, 3, 4)) - x
        assert torch.equal(same, again)
        grey = torch.full_like(x, 0.5)  # nothing to clip
        noise = draw(grey, 0.01, (3, 3, 4)) - grey
        assert torch.equal(noise[0], noise[1])
        assert not torch.equal(noise[1], noise[2])


def test_gaussian_noise_has_the_spread_it_is_told() -> None:
    grey = torch.full((1, 3, 224, 224), 0.5)
    noise = gaussian(grey, 0.03, (1,)) - grey
    assert float(noise.std()) == pytest.approx(0.03, rel=0.01)
    assert float(noise.mean()) == pytest.approx(0, abs=0.0005)


def test_each_picture_may_have_its_own_strength(baseline: LesionNetwork, x: torch.Tensor) -> None:
    sizes = (0.0, 1 / 255, 8 / 255)
    for kind in KINDS:
        together = changes(baseline)[kind](x, sizes)
        reach = (together - x).abs().flatten(1).amax(1)
        assert float(reach[0]) == 0
        assert float(reach[1]) < float(reach[2])


def test_threads_on_one_network_get_their_own_answers_and_leave_nothing(
    baseline: LesionNetwork, x: torch.Tensor
) -> None:
    alone = [pgd(baseline, x[i : i + 1], LABELS[i : i + 1], EPSILON, 3, SEEDS[i:i + 1])
             for i in range(3)]  # fmt: skip
    state = {key: value.clone() for key, value in baseline.state_dict().items()}
    found: dict[int, torch.Tensor] = {}

    def attack(i: int) -> None:
        for _ in range(3):
            found[i] = pgd(baseline, x[i : i + 1], LABELS[i : i + 1], EPSILON, 3, SEEDS[i : i + 1])

    threads = [threading.Thread(target=attack, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(3):
        torch.testing.assert_close(found[i], alone[i], atol=1e-6, rtol=0)
    assert all(torch.equal(state[key], value) for key, value in baseline.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in baseline.parameters())
    assert not baseline.training
    assert not any(m._forward_hooks or m._backward_hooks for m in baseline.modules())


# Bad input


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strength", [-0.001, 1.001, float("nan"), float("inf"), (0.1, 0.1)])
def test_a_strength_that_cant_be_is_refused_by_name(
    baseline: LesionNetwork, x: torch.Tensor, kind: str, strength: Any
) -> None:
    with pytest.raises(ValueError, match=f"^{kind.partition(',')[0]} must be"):
        changes(baseline)[kind](x, strength)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (torch.full((1, 3, 224, 224), float("nan")), "x holds NaN"),
        (torch.full((1, 3, 224, 224), 1.1), r"x must be in \[0, 1\]"),
        (torch.full((1, 3, 224, 224), -0.1), r"x must be in \[0, 1\]"),
        (torch.zeros(3, 224, 224), "x must have shape"),
        (torch.zeros(1, 1, 224, 224), "x must have shape"),
        (torch.zeros(1, 3, 224, 224, dtype=torch.float64), "x must be float32"),
    ],
)
def test_pictures_that_cant_be_are_refused_by_name(
    baseline: LesionNetwork, kind: str, bad: torch.Tensor, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        changes(baseline)[kind](bad, 0.01)


def test_labels_seeds_and_steps_that_cant_be_are_refused_by_name(
    baseline: LesionNetwork, x: torch.Tensor
) -> None:
    for labels in (torch.tensor([0, 1]), torch.tensor([0, 1, 2]), torch.zeros(3)):
        with pytest.raises(ValueError, match=r"^labels must be"):
            fgsm(baseline, x, labels, 0.01)
    with pytest.raises(ValueError, match=r"^seeds must be"):
        gaussian(x, 0.01, (1, 2))
    with pytest.raises(ValueError, match=r"^steps must be"):
        pgd(baseline, x, LABELS, 0.01, steps=0)
