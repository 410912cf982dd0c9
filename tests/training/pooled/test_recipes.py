from __future__ import annotations

import numpy as np
import pytest
import torch

from core.networks import lesion_network
from training.pooled.folds import PRESET
from training.pooled.module import Columns, GeneralModule, known_only
from training.pooled.recipes import RECIPES, GroupWeights, retone_some, reverse


def test_the_worst_groups_weight_grows_and_the_objective_nears_its_loss() -> None:
    dro = GroupWeights(3, step=0.1)
    losses, group = torch.tensor([0.1, 0.2, 2.0]), torch.tensor([0, 1, 2])
    first = float(dro(losses, group))
    for _ in range(200):
        last = float(dro(losses, group))
    assert dro.weights.sum() == pytest.approx(1)
    assert dro.weights.argmax() == 2
    assert first == pytest.approx(2.3 / 3, rel=0.15)
    assert last == pytest.approx(2.0, abs=0.01)


def test_the_reversed_gradient_is_turned_round() -> None:
    x = torch.ones(3, requires_grad=True)
    (gradient,) = torch.autograd.grad(reverse(x, 0.5).sum(), x)
    assert gradient.tolist() == [-0.5] * 3


def test_naming_the_diagnosis_counts_where_it_is_recorded_and_nowhere_else() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [5.0, -5.0]])
    by_hand = (np.log1p(np.exp(-2.0)) + np.log(2.0)) / 2  # the third has no diagnosis
    assert float(known_only(logits, torch.tensor([0, 1, -1]))) == pytest.approx(by_hand)
    assert float(known_only(logits, torch.full((3,), -1))) == 0


def test_a_taught_network_learns_the_teachers_mean_verdict_and_leaves_them_alone() -> None:
    columns = Columns(
        torch.zeros(4, 3, 32, 32, dtype=torch.uint8), *(torch.zeros(4, dtype=torch.int64),) * 3,
        torch.full((4, 3), float("nan")), torch.full((4,), -1),
    )  # fmt: skip
    torch.manual_seed(0)
    networks = [lesion_network.build("resnet18").eval() for _ in range(3)]
    module = GeneralModule(
        networks[0], PRESET, 0, frozenset(), recipe=RECIPES["distilled"], columns=columns, side=32,
        teachers=networks[1:],
    )  # fmt: skip
    x = torch.rand(2, 3, 32, 32)
    malignant = [torch.sigmoid(z[:, 1] - z[:, 0]) for z in (networks[1](x), networks[2](x))]
    target = module.taught(x)
    assert target[:, 1].tolist() == pytest.approx(((malignant[0] + malignant[1]) / 2).tolist())
    assert not target.requires_grad
    owned = {id(p) for p in module.parameters()}
    assert not owned & {id(p) for one in networks[1:] for p in one.parameters()}


def test_batches_are_retoned_as_single_pictures_are() -> None:
    from PIL import Image

    from core.pictures.skin_tone import retone

    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    skin, target = (200, 150, 130), (96, 65, 52)
    batch = retone_some(x, torch.tensor([skin]) / 255, torch.tensor([target]) / 255, share=1.0)
    alone = np.asarray(retone(Image.fromarray(picture), skin, target)).transpose(2, 0, 1)
    assert (batch[0] * 255).numpy() == pytest.approx(alone, abs=0.6)
    unknown = retone_some(x, torch.full((1, 3), float("nan")), torch.tensor([target]) / 255, 1.0)
    assert torch.equal(unknown, x)
