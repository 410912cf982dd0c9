from __future__ import annotations

import math
from dataclasses import replace
from itertools import chain
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import nn

from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from training.fitting.module import LesionData, LesionModule
from training.fitting.presets import PRESETS, Preset

if TYPE_CHECKING:
    import lightning.pytorch as pl

PLAIN = replace(PRESETS["tuned"], schedule="constant", augmentation="none")


class Fixed(nn.Module):
    """Answers every picture with the same logits, and keeps what it was given."""

    def __init__(self, logits: tuple[float, float]) -> None:
        super().__init__()
        self.logits = logits
        self.given: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.given.append(x)
        return torch.tensor(self.logits).repeat(len(x), 1)


def module(
    network: nn.Module, preset: Preset = PLAIN, seed: int = 0, fresh: frozenset[str] = frozenset()
) -> LesionModule:
    made = LesionModule(cast(LesionNetwork, network), preset, seed, fresh)
    made.log = lambda *_, **__: None  # type: ignore[method-assign]  # there is no trainer
    return made


def trainer(**values: Any) -> pl.Trainer:
    return cast("pl.Trainer", SimpleNamespace(**values))


def batch(n: int = 4, side: int = 224) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (n, 3, side, side), generator=generator, dtype=torch.uint8)
    return pixels, torch.arange(n) % 2


# Steps


def test_a_network_is_given_pixels_from_0_to_1() -> None:
    network = Fixed((0.0, 0.0))
    pixels = torch.zeros(2, 3, 224, 224, dtype=torch.uint8)
    pixels[0, 0], pixels[1, 2] = 255, 51
    labels = torch.tensor([0, 1])
    made = module(network)
    made.training_step((pixels, labels), 0)
    made.validation_step((pixels, labels))
    expected = torch.zeros(2, 3, 224, 224)
    expected[0, 0], expected[1, 2] = 1.0, 0.2
    assert len(network.given) == 2
    for given in network.given:
        assert given.dtype == torch.float32
        torch.testing.assert_close(given, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_the_loss_is_cross_entropy_with_softened_labels(smoothing: float) -> None:
    made = module(Fixed((0.0, math.log(3))), replace(PLAIN, label_smoothing=smoothing))
    pixels = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    # P is 1/4 benign, 3/4 malignant; half of the smoothing goes to the other class
    truth, other = 1 - smoothing / 2, smoothing / 2
    for label, p in ((1, 0.75), (0, 0.25)):
        loss = float(made.training_step((pixels, torch.tensor([label])), 0))
        assert loss == pytest.approx(-truth * math.log(p) - other * math.log(1 - p), abs=1e-6)


def test_a_steps_pictures_depend_on_seed_epoch_batch_and_rank_alone() -> None:
    network = Fixed((0.0, 0.0))

    def given(
        seed: int = 0, epoch: int = 0, index: int = 0, rank: int = 0, before: int = 0
    ) -> torch.Tensor:
        made = module(network, replace(PLAIN, augmentation="turns"), seed)
        made._trainer = trainer(current_epoch=epoch, global_rank=rank)
        torch.manual_seed(before)  # whatever was drawn before a stop must not matter
        made.training_step(batch(8), index)
        return network.given[-1]

    first = given()
    assert torch.equal(given(before=1), first)
    for other in (given(seed=1), given(epoch=1), given(index=1), given(rank=1)):
        assert not torch.equal(other, first)


def test_validation_pictures_are_not_augmented() -> None:
    network = Fixed((0.0, 0.0))
    pixels, labels = batch()
    module(network, replace(PLAIN, augmentation="full")).validation_step((pixels, labels))
    torch.testing.assert_close(network.given[0], pixels.float() / 255)


def test_validation_figures_are_right_on_a_worked_case() -> None:
    made = module(nn.Identity())  # stands where the network is; its logits come from below
    logits = torch.tensor([[0.0, 2.0], [0.0, -1.0], [0.0, 0.5], [0.0, -3.0], [0.0, 0.3]])
    made.network.forward = lambda x: logits[: len(x)]  # type: ignore[method-assign]
    labels = torch.tensor([1, 1, 0, 0, 1])
    made.validation_step((torch.zeros(5, 3, 4, 4, dtype=torch.uint8), labels))
    # answers 1 0 1 0 1: three of five; of six pairs only (-1, 0.5) and (0.3, 0.5) are out of order
    assert float(made.val_accuracy.compute()) == pytest.approx(3 / 5)
    assert float(made.val_auc.compute()) == pytest.approx(4 / 6)


# Optimisers


def by_parameter(made: LesionModule, optimiser: torch.optim.Optimizer) -> dict[str, float]:
    """The learning rate of each parameter of the backbone; each must be in one group."""
    name_of = {id(p): name for name, p in made.network.backbone.named_parameters()}
    pairs = [
        (name_of[id(p)], group["lr"]) for group in optimiser.param_groups for p in group["params"]
    ]
    assert sorted(name for name, _ in pairs) == sorted(name_of.values())
    return dict(pairs)


def test_fresh_layers_learn_at_the_fresh_rate_and_loaded_ones_at_the_other() -> None:
    fresh = frozenset({"fc2.weight", "fc2.bias", "fc3.weight"})
    preset = replace(PLAIN, learning_rate=1e-4, fresh_rate=5e-3, weight_decay=0.07)
    made = module(lesion_network.build("baseline_cnn"), preset, fresh=fresh)
    optimiser = made.configure_optimizers()
    rates = by_parameter(made, optimiser)
    assert {name for name, rate in rates.items() if rate == 5e-3} == fresh
    assert {name for name, rate in rates.items() if rate == 1e-4} == rates.keys() - fresh
    assert {group["weight_decay"] for group in optimiser.param_groups} == {0.07}


def test_all_parameters_learn_at_one_rate_after_a_random_start() -> None:
    made = module(lesion_network.build("baseline_cnn"), replace(PLAIN, learning_rate=2e-4))
    assert set(by_parameter(made, made.configure_optimizers()).values()) == {2e-4}


@pytest.mark.parametrize(
    ("name", "kind"), [("report-baseline", torch.optim.Adam), ("tuned", torch.optim.AdamW)]
)
def test_a_preset_gets_the_optimiser_it_names(name: str, kind: type[torch.optim.Optimizer]) -> None:
    preset = replace(PRESETS[name], schedule="constant")
    made = module(lesion_network.build("baseline_cnn"), preset)
    assert type(made.configure_optimizers()) is kind


def test_one_cycle_peaks_at_each_groups_rate_and_ends_near_zero() -> None:
    preset = replace(PLAIN, schedule="one-cycle", learning_rate=1e-4, fresh_rate=1e-3)
    fresh = frozenset({"fc3.weight", "fc3.bias"})
    made = module(lesion_network.build("baseline_cnn"), preset, fresh=fresh)
    made._trainer = trainer(estimated_stepping_batches=50)
    found = made.configure_optimizers()
    optimiser, schedule = found["optimizer"], found["lr_scheduler"]["scheduler"]
    assert found["lr_scheduler"]["interval"] == "step"
    rates = []
    for _ in range(49):
        rates.append([group["lr"] for group in optimiser.param_groups])
        optimiser.step()
        schedule.step()
    peaks = torch.tensor(rates).max(0).values
    torch.testing.assert_close(peaks, torch.tensor([1e-4, 1e-3]), rtol=1e-3, atol=0)
    assert rates[0][0] < 1e-4 / 10
    assert optimiser.param_groups[0]["lr"] < 1e-4 / 1000


# Batches


def numbered(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of one pixel, whose value is their number, as is their label."""
    numbers = torch.arange(n)
    return numbers.to(torch.uint8).view(-1, 1, 1, 1), numbers


def batches(n: int, size: int, seed: int = 0, epoch: int = 0, world: int = 1, rank: int = 0) -> Any:
    data = LesionData(numbered(n), numbered(3), size, seed)
    data.trainer = trainer(world_size=world, global_rank=rank)
    loader = data.train_dataloader()
    cast(Any, loader.sampler).set_epoch(epoch)  # as Lightning does
    found = [(pixels.flatten().tolist(), labels.tolist()) for pixels, labels in loader]
    assert all(pixels == labels for pixels, labels in found)
    return [labels for _, labels in found]


def test_each_epoch_has_its_own_order_that_the_seed_fixes() -> None:
    first = batches(20, 5)
    assert sorted(chain(*first)) == list(range(20))
    assert batches(20, 5) == first
    assert batches(20, 5, epoch=1) != first
    assert batches(20, 5, seed=1) != first


def test_a_crumb_at_the_end_is_left_out_unless_it_is_all_there_is() -> None:
    assert [len(part) for part in batches(70, 32)] == [32, 32]
    assert [len(part) for part in batches(20, 32)] == [20]


def test_several_processes_share_the_pictures_out() -> None:
    parts = [list(chain(*batches(20, 5, world=2, rank=rank))) for rank in (0, 1)]
    assert [len(part) for part in parts] == [10, 10]
    assert sorted(parts[0] + parts[1]) == list(range(20))


def test_validation_comes_whole_and_in_order() -> None:
    data = LesionData(numbered(2), numbered(100), 32, 0)
    data.trainer = trainer(world_size=2, global_rank=1)
    labels = torch.cat([labels for _, labels in data.val_dataloader()])
    assert labels.tolist() == list(range(100))


# Rare classes


def shares(malignant: int, n: int, epoch: int = 0, world: int = 1) -> list[list[int]]:
    labels = (torch.arange(n) < malignant).long()
    pixels = torch.arange(n).to(torch.uint8).view(-1, 1, 1, 1)
    found = []
    for rank in range(world):
        data = LesionData((pixels, labels), (pixels, labels), 8, 0, balanced=True)
        data.trainer = trainer(world_size=world, global_rank=rank)
        loader = data.train_dataloader()
        cast(Any, loader.sampler).set_epoch(epoch)
        found.append([int(pixel) for shown, _ in loader for pixel in shown.flatten()])
    return found


def test_a_balanced_epoch_shows_both_classes_equally_often() -> None:
    (shown,) = shares(4, 200)
    rare = [i for i in shown if i < 4]
    assert len(rare) == len(shown) // 2 == 100
    assert {rare.count(i) for i in range(4)} == {25}  # all of them alike often
    common = [i for i in shown if i >= 4]
    assert len(common) == len(set(common))  # and of the others none twice
    assert shares(4, 200) == [shown]
    assert set(shares(4, 200, epoch=1)[0]) != set(shown)


def test_several_processes_share_a_balanced_epoch_out() -> None:
    (alone,) = shares(4, 200)
    first, second = shares(4, 200, world=2)
    assert sorted(first + second) == sorted(alone)


def test_validation_weighs_classes_as_a_balanced_epoch_shows_them() -> None:
    made = LesionModule(cast(LesionNetwork, Fixed((0.0, 1.0))), PRESETS["rare"], 0, malignant=0.25)
    logged: dict[str, Any] = {}
    made.log = lambda key, value, **_: logged.update({key: value})  # type: ignore[method-assign]
    labels = torch.tensor([1, 0, 0, 0])
    made.validation_step((torch.zeros(4, 3, 4, 4, dtype=torch.uint8), labels))
    of_sick, of_well = math.log(1 + math.exp(-1)), math.log(1 + math.exp(1))
    assert float(logged["val_loss"]) == pytest.approx((of_sick + of_well) / 2)
