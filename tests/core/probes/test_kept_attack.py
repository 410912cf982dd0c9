"""What is drawn without torch is what torch draws: noise by its seed, and attacks from signs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.probes import attack_path, attacks, kept_attack, seeded_noise
from core.results.robustness import FGSM, GAUSSIAN, PGD, SIGN_NOISE
from core.results.stressed_example import TURNS

SIDE = 32


@pytest.fixture(scope="module")
def levels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(float)


def as_tensor(levels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(levels.astype(np.float32) / 255).permute(2, 0, 1)


def as_levels(x: torch.Tensor) -> np.ndarray:
    return x.permute(1, 2, 0).double().numpy() * 255


@pytest.mark.parametrize("seed", [0, 1, 9999])
def test_signs_and_normal_numbers_are_torch_s(seed: int) -> None:
    x = torch.zeros(1, 3, 224, 224)
    signs = attacks.signs(x, [seed])[0].permute(1, 2, 0).numpy()
    assert (seeded_noise.signs(224, seed) == signs).all()
    drawn = torch.randn(x.shape[1:], generator=torch.Generator().manual_seed(seed))
    own = seeded_noise.normal(224, seed)
    assert np.abs(own - drawn.permute(1, 2, 0).numpy()).max() < 1e-5
    assert not np.array_equal(seeded_noise.signs(224, seed), seeded_noise.signs(224, seed + 1))


@pytest.mark.parametrize("strength", [0.0, 0.003, 1 / 255, 3 / 255, 8 / 255, 0.2])
def test_a_kept_attack_moves_the_picture_as_the_network_s_own(
    levels: np.ndarray, strength: float
) -> None:
    x = as_tensor(levels)
    random = torch.Generator().manual_seed(3)
    ways = [torch.randint(-1, 2, x.shape, generator=random).to(torch.int8) for _ in range(3)]
    kept = np.stack([way.permute(1, 2, 0).numpy() for way in ways])
    path = attack_path.Path(x, (0.0, *TURNS), tuple(ways))
    expected = {
        FGSM: attacks.along(x[None], ways[0][None], strength)[0],
        PGD: path.at(strength),
        SIGN_NOISE: attacks.sign_noise(x[None], strength, [5])[0],
        GAUSSIAN: attacks.gaussian(x[None], strength, [5])[0],
    }
    for change, moved in expected.items():
        own = kept_attack.changed(levels, change, strength, 5, kept)
        assert np.abs(own - as_levels(moved)).max() < 1e-3, change


def test_a_shift_is_no_attack(levels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="'jpeg'"):
        kept_attack.changed(levels, "jpeg", 0.5, 0, np.zeros((3, SIDE, SIDE, 3), np.int8))
