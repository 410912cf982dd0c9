"""A visit that has ended is forgotten, on a server to which nobody else comes."""

from __future__ import annotations

import contextlib
import sys
import time
import uuid
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.attacks.drawn import marked
from tests.attacks.leaves import in_memory
from tests.support.server import ROOT, serving
from tests.support.visitor import Visitor

# The app as it is, but for how long a visit is kept, and how many.
SCRIPT = f"""
import streamlit as st
from pages.server import visits

visits.KEPT, visits.MOST_KEPT, visits.LOOK, visits.APART = {{kept}}, {{most}}, 0.5, 1.0
app = st.App({str(ROOT / "streamlit_app.py")!r}, lifespan=visits.forgetting)
"""


def served(visitor: Visitor, path: str) -> bool:
    try:
        return bool(visitor.fetch(path))
    except RuntimeError:
        return False


@contextlib.contextmanager
def server(folder: Path, kept: int, most: int):
    script = folder / "quick.py"
    script.write_text(SCRIPT.format(kept=kept, most=most), encoding="utf-8")
    with serving(str(script)) as found:
        yield found


def seen_photo(url: str, mark: str, odd: bool = False) -> tuple[Visitor, str]:
    """A visitor who has left, and where the photo was served from.

    An ``odd`` one sent last what no browser sends: a switch's value for a slider.
    """
    with Visitor(url) as visitor:
        visitor.open()
        visitor.upload(marked(mark))
        visitor.anyway()
        path = visitor.maps()[0]
        if odd:
            for slider in visitor.found("slider"):
                name = slider.slider.id
                visitor.widgets[name] = WidgetState(id=name, bool_value=True)
            visitor.run()
            assert visitor.found("exception")
        return visitor, path


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's memory as Linux lets it")
@pytest.mark.parametrize("odd", [False, True])
def test_a_photo_is_gone_soon_after_its_visitor_though_nobody_else_comes(
    tmp_path: Path, odd: bool
) -> None:
    mark = f"owner-{uuid.uuid4()}"
    with server(tmp_path, kept=4, most=20) as (process, url):
        visitor, path = seen_photo(url, mark, odd)
        assert odd or served(visitor, path)
        assert in_memory(process.pid, mark.encode()) > 0
        time.sleep(9)
        assert not served(visitor, path)
        assert in_memory(process.pid, mark.encode()) == 0


def test_of_many_who_left_only_the_last_are_kept(tmp_path: Path) -> None:
    with server(tmp_path, kept=600, most=2) as (_, url):
        left = [seen_photo(url, "x" * number) for number in range(4)]
        time.sleep(3)
        assert [served(*one) for one in left] == [False, False, True, True]


def test_the_shipped_time_is_within_what_about_says() -> None:
    from pages.server import visits

    assert visits.KEPT + 2 * visits.LOOK + visits.APART < 120
    said = (Path(ROOT) / "pages/about.py").read_text(encoding="utf-8")
    assert "two minutes" in said
