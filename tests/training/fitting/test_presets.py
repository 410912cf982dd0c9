from __future__ import annotations

import numpy as np
import pytest
import torch

from training.fitting.augmentation import Augment, augmentation
from training.fitting.presets import PRESETS


def marked(side: int = 224) -> torch.Tensor:
    """A uint8 picture (3, side, side) that none of the square's symmetries leaves as it is."""
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(0, 256, (3, side, side), dtype=np.uint8))


def one(change: Augment) -> Augment:
    """The change for one picture (3, side, side) in place of a batch."""
    return lambda picture: change(picture[None])[0]


@pytest.mark.parametrize(
    ("name", "rate", "epochs", "batch_size"),
    [("report-baseline", 1e-3, 50, 32), ("report-resnet18", 1e-5, 30, 128)],
)
def test_the_reports_recipes_are_the_reports(
    name: str, rate: float, epochs: int, batch_size: int
) -> None:
    preset = PRESETS[name]
    assert preset.optimiser == "adam"
    assert (preset.learning_rate, preset.fresh_rate) == (rate, rate)
    assert (preset.epochs, preset.batch_size) == (epochs, batch_size)
    assert preset.augmentation == "none"
    assert preset.schedule == "constant"
    assert (preset.weight_decay, preset.label_smoothing) == (0.0, 0.0)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_names_an_augmentation_that_is_there(name: str) -> None:
    picture = marked(PRESETS[name].side)
    changed = augmentation(PRESETS[name].augmentation, PRESETS[name].side)(picture[None])[0]
    assert changed.shape == picture.shape
    assert changed.dtype == torch.uint8


def test_an_unknown_augmentation_is_refused() -> None:
    with pytest.raises(ValueError, match="'blur'"):
        augmentation("blur")


def test_no_augmentation_changes_nothing() -> None:
    picture = marked()
    assert torch.equal(augmentation("none")(picture), picture)


def test_turns_give_each_picture_one_of_eight_symmetries_alike_often() -> None:
    torch.manual_seed(0)
    picture = marked(4)
    mirrored = (picture.numpy(), picture.numpy()[:, :, ::-1])
    eight = [np.rot90(p, k, axes=(1, 2)) for p in mirrored for k in range(4)]
    counts = [0] * 8
    for turned in augmentation("turns")(picture.repeat(2000, 1, 1, 1)).numpy():
        (k,) = [k for k, expected in enumerate(eight) if np.array_equal(turned, expected)]
        counts[k] += 1
    chi_squared = sum((count - 250) ** 2 / 250 for count in counts)
    assert chi_squared < 24.3  # 99.9 % of fair draws, 7 degrees of freedom


def test_the_full_augmentation_fills_no_borders_and_tints_by_15_percent_at_most() -> None:
    torch.manual_seed(0)
    change = one(augmentation("full", 64))
    grey = torch.full((3, 64, 64), 120, dtype=torch.uint8)
    seen = set()
    for _ in range(20):
        changed = change(grey)
        assert changed.shape == grey.shape
        assert changed.dtype == torch.uint8
        (value,) = changed.unique().tolist()  # even: contrast and saturation have no hold on grey
        # each of the three tints cuts off what is behind the point
        assert 0.85 * 120 - 3 <= value <= 1.15 * 120
        seen.add(value)
    assert len(seen) > 5


def test_the_full_augmentation_keeps_black_black_and_does_not_wrap_white_round() -> None:
    torch.manual_seed(0)
    change = one(augmentation("full", 64))
    for _ in range(10):
        assert change(torch.zeros(3, 64, 64, dtype=torch.uint8)).max() == 0
        assert change(torch.full((3, 64, 64), 255, dtype=torch.uint8)).min() >= 0.85 * 255 - 1


def test_the_full_augmentation_crops_more_than_half_of_the_picture() -> None:
    torch.manual_seed(0)
    ramp = torch.arange(224, dtype=torch.uint8).repeat(3, 224, 1)  # brighter to the right
    change = one(augmentation("full"))
    spans = []
    for _ in range(40):
        changed = change(ramp).float()
        across, down = changed[0].mean(0), changed[0].mean(1)
        spans.append(max(float(v.max() - v.min()) for v in (across, down)) / 223)
    # sides are between sqrt(0.6 x 0.85) = 0.71 and 1 of the picture's, contrast within 15 %
    assert min(spans) > 0.71 * 0.85 * 0.85 - 0.02
    assert min(spans) < 0.85  # some are cropped indeed


def test_the_full_augmentation_gives_pictures_of_the_side_asked_for() -> None:
    assert one(augmentation("full", 96))(marked(96)).shape == (3, 96, 96)


@pytest.mark.parametrize("name", ["turns", "full"])
def test_a_seed_fixes_what_an_augmentation_draws(name: str) -> None:
    picture, change = marked(), one(augmentation(name))

    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.stack([change(picture) for _ in range(4)])

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
