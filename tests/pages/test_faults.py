"""Models that are damaged under a running app: told by name, and the sound one goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.results.card import CARD, WEIGHTS
from pages.components import server_wide
from tests.pages.conftest import ROOT, upload, words


@pytest.fixture
def folder(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of two models that may be damaged; resnet18 is the one a visitor meets first."""
    copy = Path(shutil.copytree(models, tmp_path / "checkpoints"))
    monkeypatch.setattr(checkpoints, "FOLDER", copy)
    server_wide.forget()
    return copy


def _flip(folder: Path) -> None:
    path = folder / "resnet18" / WEIGHTS
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _truncate(folder: Path) -> None:
    path = folder / "resnet18" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1])


def _vouch_for(folder: Path, data: bytes) -> None:
    import hashlib

    path = folder / "resnet18" / CARD
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["weights"]["sha256"] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(raw), encoding="utf-8")
    (folder / "resnet18" / WEIGHTS).write_bytes(data)


def _pickle(folder: Path) -> None:
    import pickle

    _vouch_for(folder, pickle.dumps({"fc.weight": [0.0] * 99}))


def _foreign(folder: Path) -> None:
    import torch
    from safetensors.torch import load, save

    data = (folder / "resnet18" / WEIGHTS).read_bytes()
    _vouch_for(folder, save({**load(data), "backdoor.weight": torch.zeros(2)}))


def _lie(folder: Path) -> None:
    path = folder / "resnet18" / CARD
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["architecture"] = "resnet50"
    path.write_text(json.dumps(raw), encoding="utf-8")


@pytest.mark.parametrize("damage", [_flip, _truncate, _pickle, _foreign, _lie])
def test_a_damaged_model_is_refused_by_name_and_the_sound_one_answers(
    folder: Path, lesion: bytes, damage: Callable[[Path], None]
) -> None:
    damage(folder)
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    upload(page, lesion)
    assert not page.exception
    assert ["'resnet18'" in error.value for error in page.error] == [True]
    assert str(folder) not in words(page)
    assert not page.header
    page.selectbox(key="photo-model").select("baseline_cnn").run()
    assert not page.error
    assert len(page.header) == 1
    for other in sorted((ROOT / "pages").glob("*.py")):
        if other.name != "__init__.py":
            assert not page.switch_page(f"pages/{other.name}").run().exception, other.name


def test_no_model_at_all_is_a_sentence_on_every_page(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lesion: bytes
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "empty")
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    upload(page, lesion)
    assert not page.exception
    assert "No trained model is at hand" in page.error[0].value
