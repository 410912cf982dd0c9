"""A visit that has ended is forgotten, on a server to which nobody else comes."""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.attacks.drawn import marked
from tests.attacks.leaves import in_memory
from tests.bench import ROOT, serving
from tests.support.visitor import Visitor

KEPT = 4
# The app as it is, but for how long a visit is kept.
SCRIPT = f"""
import streamlit as st
from pages.server import visits

visits.KEPT, visits.MOST_KEPT, visits.LOOK = {KEPT}, 2, 0.5
app = st.App({str(ROOT / "streamlit_app.py")!r}, lifespan=visits.forgetting)
"""


def served(visitor: Visitor, path: str) -> bool:
    try:
        return bool(visitor.fetch(path))
    except RuntimeError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    script = tmp_path_factory.mktemp("server") / "quick.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with serving(str(script)) as found:
        yield found


def seen_photo(url: str, mark: str) -> tuple[Visitor, str]:
    """A visitor who has left, and where the photo was served from."""
    with Visitor(url) as visitor:
        visitor.open()
        visitor.upload(marked(mark))
        visitor.anyway()
        return visitor, visitor.maps()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's memory as Linux lets it")
def test_a_photo_is_gone_soon_after_its_visitor_though_nobody_else_comes(server) -> None:
    process, url = server
    mark = f"owner-{uuid.uuid4()}"
    visitor, path = seen_photo(url, mark)
    assert served(visitor, path)
    assert in_memory(process.pid, mark.encode()) > 0
    time.sleep(KEPT + 4)
    assert not served(visitor, path)
    assert in_memory(process.pid, mark.encode()) == 0


def test_of_many_who_left_only_the_last_are_kept(server) -> None:
    left = [seen_photo(server[1], "x" * number) for number in range(4)]
    time.sleep(1.5)
    assert [served(*one) for one in left] == [False, False, True, True]


def test_the_shipped_time_is_within_what_about_says() -> None:
    from pages.server import visits

    assert visits.KEPT + 2 * visits.LOOK < 120
    said = (Path(ROOT) / "pages/about.py").read_text(encoding="utf-8")
    assert "two minutes" in said
