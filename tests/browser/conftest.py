"""A running app and a real Chromium. Without one the tests skip, except where it must be there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from core.pictures.drawn_lesion import draw_lesion
from tests.browser.driving import PATIENCE
from tests.support.server import serving

# Chromium's own calls home would only fill the log.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("no Chromium here, and REQUIRE_CHROMIUM says that there must be")
        pytest.skip("no Chromium found; Debian's package chromium has it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The app as ``streamlit run`` serves it, on a free port."""
    with serving() as (_, url):
        yield url


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "mole.jpg"
    draw_lesion(1600, 1200).save(path, quality=90)
    return path


@pytest.fixture(scope="session")
def meadow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Green blades of all lengths, sharp: no model takes them for skin."""
    random = np.random.default_rng(0)
    blades = np.array([30.0, 110.0, 20.0]) + random.normal(0, 40, (60, 160, 1))
    small = Image.fromarray(blades.clip(0, 255).astype(np.uint8))
    path = tmp_path_factory.mktemp("photos") / "meadow.jpg"
    small.resize((1600, 1200), Image.Resampling.NEAREST).save(path, quality=90)
    return path
