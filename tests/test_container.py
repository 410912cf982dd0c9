"""What the container promises: little memory, no rights, nothing written, and a health question."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.pictures.drawn_lesion import draw_lesion
from tests.support.container import Contained, contained, possible, recipe
from tests.support.server import ROOT
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contained]:
    if not possible():
        pytest.skip("needs Linux, root and a memory control group of the first kind")
    with contained(tmp_path_factory.mktemp("contained")) as found:
        yield found


def test_the_recipe_is_read_from_the_container_file() -> None:
    found = recipe((ROOT / "Containerfile").read_text(encoding="utf-8"))
    assert int(found.user) > 0
    assert found.command[:3] == ("streamlit", "run", "streamlit_app.py")
    assert "/_stcore/health" in found.health[-1]
    assert found.memory == 690 * 2**20
    assert found.environment["HOME"] == "/tmp"  # noqa: S108
    parts = {"core", "pages", "checkpoints", "examples", "reference"}
    assert {"streamlit_app.py", ".streamlit", *parts} == set(found.copied)
    assert all((ROOT / name).exists() for name in found.copied)


def test_a_photo_is_checked_and_every_page_shown_with_nothing_written(running: Contained) -> None:
    data = io.BytesIO()
    draw_lesion(1632, 1224).save(data, "JPEG")
    with Visitor(running.url) as visitor:
        visitor.open()
        visitor.upload(data.getvalue())
        visitor.anyway()
        assert min(visitor.picture().size) > 500
        for title in visitor.pages:
            visitor.open(title)
            assert visitor.found("heading"), title
            assert not visitor.found("exception"), title
    assert running.in_tmp() == []
    assert running.killed == 0
    log = running.log.read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "Read-only" not in log
    assert "lifespan" not in log  # uvicorn goes on without what fails at the server's start


def test_it_runs_as_nobody_special_and_can_write_nowhere_else(running: Contained) -> None:
    status = Path(f"/proc/{running.pid}/status").read_text(encoding="utf-8")
    assert (
        re.search(r"^Uid:((\s\d+)+)$", status, re.MULTILINE)[1].split() == [running.recipe.user] * 4
    )  # type: ignore[index]
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    mounts = Path(f"/proc/{running.pid}/mounts").read_text(encoding="utf-8").splitlines()
    options = {place: flags.split(",") for _, place, _, flags, *_ in map(str.split, mounts)}
    assert all("ro" in options[place] for place in ("/", "/srv", "/opt", "/mnt"))
    assert "rw" in options["/tmp"]  # noqa: S108


def test_its_health_is_asked_as_the_container_file_says(running: Contained) -> None:
    port = int(running.url.rsplit(":", 1)[1])
    assert running.healthy(port)
    assert not running.healthy(1)  # where nothing answers
