"""The app as AppTest sees it, and files a visitor might choose."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import FileUploader

from core import checkpoints
from core.pictures.drawn_lesion import draw_lesion
from pages.components import server_wide

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def models(tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two networks of random weights in place of the shipped ones: the page is under test."""
    monkeypatch.setattr(checkpoints, "FOLDER", tiny_checkpoints)
    server_wide.forget()
    yield tiny_checkpoints
    server_wide.forget()


@pytest.fixture
def page(models: Path) -> AppTest:
    """'Check a photo', just opened."""
    return AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()


@pytest.fixture
def many(models: Path) -> AppTest:
    """'Many photos', just opened."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    return app.switch_page("pages/many_photos.py").run()


def as_file(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def photo_file(page: AppTest) -> FileUploader:
    """Where the visit's photo is chosen; it is another one after each photo that was emptied."""
    return next(
        element for element in page.file_uploader if str(element.key).startswith("photo-file")
    )


def upload(page: AppTest, data: bytes, name: str = "mole.jpg") -> AppTest:
    if not page.file_uploader:  # there is a photo already
        page.button(key="visit-change").click().run()
    return photo_file(page).set_value((name, data, "image/jpeg")).run()


def words(page: AppTest) -> str:
    """Everything the page says, in order."""
    kinds = ("title", "header", "header", "markdown", "caption", "error", "info")
    said = [element.value for kind in kinds for element in page.get(kind)]
    rows = [row for table in page.dataframe for row in table.value.itertuples(index=False)]
    return "\n".join([*said, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def run_alone(script: str) -> None:
    """Run Python in a process of its own, where nothing is imported yet; fails if it fails."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture
def lesion() -> bytes:
    return as_file(draw_lesion(320, 240), quality=92)
