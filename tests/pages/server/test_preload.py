"""The first model is there before anybody asks, after the first page and not before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import checkpoints
from core.results.card import WEIGHTS
from pages.components import loaded_models
from pages.server import preload


@pytest.fixture(autouse=True)
def new_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(preload, "first_page_drawn", threading.Event())
    monkeypatch.setattr(preload, "server_ended", threading.Event())
    yield
    gc.unfreeze()  # the process of the tests is no server


def at_hand(name: str) -> bool:
    return loaded_models.networks().has(name)


def test_the_default_model_is_loaded_once_a_page_is_drawn(models: Path) -> None:
    thread = threading.Thread(target=preload.make_ready, args=(60,))
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert not at_hand("resnet18")
    preload.page_is_drawn()
    thread.join(60)
    assert not thread.is_alive()
    assert at_hand("resnet18")
    assert checkpoints.default() == "resnet18"


def test_without_a_visitor_it_is_loaded_all_the_same(models: Path) -> None:
    preload.make_ready(patience=0)
    assert at_hand("resnet18")
    assert gc.get_freeze_count() > 100_000  # later collections pass over torch and the model


def test_a_server_that_ends_meanwhile_loads_nothing(models: Path) -> None:
    preload.server_ended.set()
    preload.make_ready(patience=0)
    assert not at_hand("resnet18")


def test_a_damaged_model_ends_nothing_and_is_written_to_the_log(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import shutil

    shutil.copytree(models, tmp_path / "checkpoints")
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "checkpoints")
    (tmp_path / "checkpoints" / "resnet18" / WEIGHTS).write_bytes(b"no weights")
    preload.make_ready(patience=0)
    assert not at_hand("resnet18")
    assert "'resnet18' could not be made ready" in caplog.text
    assert gc.isenabled()


def test_without_any_model_nothing_is_done(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    preload.make_ready(patience=0)
