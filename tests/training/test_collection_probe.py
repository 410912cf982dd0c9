"""``python -m training.collection_probe``: features of which it is known what they tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import write_listed
from training import collection_probe

NAMES = np.repeat(["a", "b", "c"], 60)
PERSON = np.array([f"p{i // 2}" for i in range(180)])


def test_features_that_tell_the_collection_are_found_and_noise_is_chance() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(size=(180, 8))
    assert collection_probe.told(noise, NAMES, PERSON).value == pytest.approx(1 / 3, abs=0.12)
    tells = noise + 5 * (NAMES[:, None] == np.array(["a", "b", "c"]))[:, [0, 1, 2, 0, 0, 0, 0, 0]]
    found = collection_probe.told(tells, NAMES, PERSON)
    assert found.value > 0.95
    assert found.low <= found.value <= found.high


def test_a_person_s_own_look_is_no_collection_s() -> None:
    """Two pictures of one person are alike; if both sides had one, noise would tell it all."""
    random = np.random.default_rng(0)
    own = np.repeat(random.normal(size=(90, 200)), 2, axis=0)
    assert collection_probe.told(own, NAMES, PERSON).value < 0.5


def test_the_file_says_whose_features_and_how_many_pictures(
    models: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = models()
    for seed, name in enumerate(collection_probe.COLLECTIONS):
        rows = [{"file": f"{i}.png", "label": ["benign", "malignant"][i % 2],
                 "patient_id": f"P{seed}{i}"} for i in range(20)]  # fmt: skip
        write_listed(tmp_path / "data" / name, rows)
    given = ["--data", str(tmp_path / "data"), "--runs", str(tmp_path / "runs")]
    assert collection_probe.main(["--model", "resnet18", *given]) == 0
    assert "benign: " in capsys.readouterr().out
    found = json.loads((root / "resnet18/collection_probe.json").read_text())
    card = json.loads((root / "resnet18/card.json").read_text())
    assert found["weights_sha256"] == card["weights"]["sha256"]
    assert (found["n"], found["chance"]) == (60, pytest.approx(1 / 3))
    assert set(found["balanced_accuracy"]) == {"benign", "malignant"}
    assert collection_probe.main(["--model", "baseline_cnn", *given]) == 2
    assert "pooled features" in capsys.readouterr().err
