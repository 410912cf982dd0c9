from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from core.results import scored_models
from core.results.card import CARD, Calibration, Card, read_card, write_card
from core.results.test_sets import VALIDATION
from core.statistics.estimates import Rate
from tests.training.conftest import Run
from training import ensemble
from training.data.labelled_set import DataRejected
from training.ensemble import View
from training.tracks.member_choice import (
    MOST_MEMBERS,
    SYMMETRIES,
    Candidate,
    average,
    choose,
    hopeful,
)

LABELS = np.arange(200) % 2


def candidate(
    key: str, card: Card, seed: int, noise: float, gain: float = 0.0, slope: float = 1.0
) -> Candidate:
    """Margins of which several views lose ``gain`` of the noise."""
    random = np.random.default_rng(seed)
    errors = random.normal(0, noise, len(LABELS))
    margins = {v: 2.0 * (2 * LABELS - 1) + k * errors for v, k in ((1, 1), (SYMMETRIES, 1 - gain))}
    fitted = dataclasses.replace(card, calibration=Calibration("t", slope, 0.0))
    scaled: dict[int, NDArray[np.float64]] = {v: m / slope for v, m in margins.items()}
    return Candidate(key, Path(key), fitted, scaled)


def test_members_are_those_that_lower_the_validation_loss(full_card: Card) -> None:
    good = [candidate(f"good{i}", full_card, i, 2.0, gain=0.2) for i in range(2)]
    noise = candidate("noise", full_card, 9, 20.0, gain=0.2)
    chosen = choose([*good, noise], LABELS)
    members, views, losses = chosen.members, chosen.views, chosen.validation_loss
    assert set(members) == {"good0", "good1"}
    assert views == SYMMETRIES
    assert sum(members.values()) <= MOST_MEMBERS
    # every single model is among what was weighed, and is no better
    assert len([key for key in losses if key.startswith(("good", "noise"))]) == 6
    assert min(losses.values()) == losses[f"{members}, {views} views"]
    by_hand = sum(
        n * c.margins[views] for c in good for key, n in members.items() if key == c.key
    ) / sum(members.values())
    assert min(losses.values()) == pytest.approx(log_loss(LABELS, 1 / (1 + np.exp(-by_hand))))


def test_runs_that_validation_tells_from_the_best_are_left_out_unscored(full_card: Card) -> None:
    def run(key: str, auc: Rate | None) -> tuple[str, Path, Card]:
        entry = next(iter(full_card.evaluations.values()))
        figures = dataclasses.replace(entry.figures, auc=auc)
        entries = {VALIDATION: dataclasses.replace(entry, figures=figures)}
        return key, Path(key), dataclasses.replace(full_card, evaluations=entries)

    runs = [
        run("low", Rate(0.93, 0.91, 0.99)), run("best", Rate(0.97, 0.95, 0.98)),
        run("near", Rate(0.95, 0.92, 0.97)), run("none", None),
    ]  # fmt: skip
    assert [key for key, *_ in hopeful(runs)] == ["best", "near"]
    assert hopeful([]) == []


def test_views_are_averaged_only_where_they_help(full_card: Card) -> None:
    chosen = choose([candidate("one", full_card, 0, 2.0, gain=-0.5)], LABELS)
    assert chosen.views == 1


def test_a_bold_member_weighs_no_more_than_a_calibrated_one() -> None:
    margin = np.array([1.0, -2.0])
    bold = (10 * margin, 1)
    fitted = [Calibration("t", 0.1, 0.0), Calibration("t", 1.0, 0.0)]
    np.testing.assert_allclose(average([bold, (margin, 1)], fitted), margin)
    np.testing.assert_allclose(average([bold, (0 * margin, 3)], fitted), margin / 4)


def test_the_eight_views_are_the_squares_symmetries() -> None:
    pixels = torch.arange(2 * 3 * 16, dtype=torch.uint8).view(2, 3, 4, 4)
    views = [View(pixels, number)[[1]] for number in range(SYMMETRIES)]
    assert torch.equal(views[0], pixels[[1]])
    assert len({tuple(view.flatten().tolist()) for view in views}) == SYMMETRIES
    assert len({tuple(sorted(view.flatten().tolist())) for view in views}) == 1


@pytest.fixture
def run(finished: Run, tmp_path: Path, full_card: Card, monkeypatch: pytest.MonkeyPatch) -> Path:
    """runs/benchmark with one finished run, and one that saw other skin pictures."""
    monkeypatch.setattr(ensemble, "SPLIT_SEED", 3)  # as that run's
    runs = tmp_path / "runs" / "benchmark"
    for track, source in (("random", "random"), ("skin", "ham10000_other_lesions-alone")):
        folder = runs / track / "baseline_cnn"
        shutil.copytree(finished.checkpoint, folder)
        card = read_card(folder / CARD)
        begun = dataclasses.replace(card.initialisation, source=source)
        write_card(dataclasses.replace(card, initialisation=begun), folder / CARD)
    return runs


def test_the_ensembles_card_is_one_that_the_page_reads(
    run: Path, training_set: Path, tmp_path: Path
) -> None:
    to = tmp_path / "shown" / "benchmark" / "ensemble"
    card = ensemble.make(training_set, run, to, "command")
    assert card.ensemble is not None
    assert set(card.ensemble.members) == {"random/baseline_cnn"}  # no other skin pictures
    (result,), damaged = scored_models.read_scored_models(tmp_path / "shown")
    assert damaged == []
    assert result.card == card
    assert result.track == "ensemble"
    for key in ("validation", "official_test"):
        table = result.predictions(key)
        right = (table["probability"] >= card.threshold) == (table["label"] == "malignant")
        assert card.evaluations[key].figures.accuracy.value == right.mean()
    with pytest.raises(DataRejected, match="scored on the test already"):
        ensemble.make(training_set, run, to, "command")


def test_without_runs_there_is_a_sentence(training_set: Path, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="no finished runs"):
        ensemble.make(training_set, tmp_path, tmp_path / "to", "command")
