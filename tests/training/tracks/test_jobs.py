from __future__ import annotations

from pathlib import Path

import pytest

from core.networks.registry import ARCHITECTURES
from training.fitting.presets import PRESETS
from training.tracks.jobs import BUDGETS, SEEDS, SKIN, beside, chosen, jobs
from training.tracks.progress import duration, operations

TABLE = {name for name, entry in ARCHITECTURES.items() if entry.variant_of is None}


def test_every_network_is_in_both_fair_tracks_under_one_recipe() -> None:
    for track, start in (("random", "random"), ("best-start", "best")):
        runs = [job for job in jobs() if job.track == track]
        assert {job.architecture for job in runs} == TABLE
        assert {(job.preset, job.start, job.seed, job.longer) for job in runs} == {
            ("benchmark", start, 0, 1)
        }


def test_each_ablation_changes_one_thing_and_has_three_seeds() -> None:
    reference = PRESETS["benchmark"]
    for track, field in (
        ("weight-decay", "weight_decay"), ("label-smoothing", "label_smoothing"),
    ):  # fmt: skip
        runs = [job for job in jobs() if job.track == track]
        assert sorted(job.seed for job in runs) == list(SEEDS)
        preset = PRESETS[runs[0].preset]
        changed = {f for f in vars(preset) if getattr(preset, f) != getattr(reference, f)}
        assert changed == {"about", field}
        assert {(job.architecture, job.start) for job in runs} == {("resnet18", "best")}
    skin = [job for job in jobs() if job.track == "skin-pretraining"]
    assert sorted((job.start, job.seed) for job in skin) == [
        (start, seed) for start in ("skin", "skin after best") for seed in SEEDS
    ]


def test_a_run_comes_after_the_one_it_starts_from_and_no_two_share_a_folder() -> None:
    keys = [job.key for job in jobs()]
    assert len(keys) == len(set(keys))
    for i, job in enumerate(jobs()):
        if job.needs is not None:
            assert job.needs in keys[:i]
            assert job.needs.endswith(f"seed{job.seed}")


def test_the_reports_runs_keep_their_own_epochs_and_size_and_others_the_budgets() -> None:
    budget = BUDGETS["cpu"]
    by_key = {job.key: job for job in jobs()}
    literal = by_key["report/resnet18"]
    preset = PRESETS[literal.preset]
    assert (literal.epochs(budget, preset.epochs), literal.side(budget, preset.side)) == (30, 224)
    fair = by_key["random/resnet152"]
    assert (fair.epochs(budget, 99), fair.side(budget, 99)) == (budget.epochs, budget.side)
    # its linear layers are for 224 pixels and no others
    assert by_key["random/baseline_cnn"].side(budget, 99) == 224


def test_only_takes_tracks_networks_and_single_runs_with_what_they_start_from() -> None:
    assert [job.key for job in chosen(jobs(), ["random/alexnet"])] == ["random/alexnet"]
    assert {job.track for job in chosen(jobs(), ["alexnet"])} == {"best-start", "random"}
    assert [job.key for job in chosen(jobs(), ["skin-pretraining/resnet18-instead-seed1"])] == [
        "pretraining/ham10000_other_lesions-alone-seed1",
        "skin-pretraining/resnet18-instead-seed1",
    ]
    with pytest.raises(ValueError, match="'vgg'"):
        chosen(jobs(), ["vgg"])


def test_work_is_counted_as_published() -> None:
    # torchvision publishes 1.81 billion multiply-adds for ResNet18: an addition is one more
    assert operations("resnet18", 224) == pytest.approx(2 * 1.814e9, rel=0.01)


def test_time_left_is_said_in_words() -> None:
    assert (duration(170), duration(7500)) == ("3 min", "2 h 05 min")


def test_pretraining_pictures_lie_beside_the_set(tmp_path: Path) -> None:
    assert beside(tmp_path / "malignant_vs_benign", SKIN) == tmp_path / "ham10000_other_lesions"
