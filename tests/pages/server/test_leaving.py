"""Whatever runs for a visitor ends soon after the visit, or the wish for it, has ended."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from core.pictures.drawn_lesion import draw_lesion
from core.pictures.examples import FIRST, FOLDER, IMAGES
from tests.bench.visitors import processor_seconds
from tests.support.server import ROOT, serving
from tests.support.visitor import Visitor

# The app as it is, beside which it is written down how many are at work.
SCRIPT = f"""
import asyncio, contextlib, os, pathlib
import streamlit as st
from pages.components.work_queue import shared_queue

async def watch():
    while True:
        pathlib.Path({{seen!r}} + "~").write_text(str(shared_queue().inside))
        os.replace({{seen!r}} + "~", {{seen!r}})
        await asyncio.sleep(0.02)

@contextlib.asynccontextmanager
async def watched(app):
    task = asyncio.create_task(watch())
    yield
    task.cancel()

app = st.App({str(ROOT / "streamlit_app.py")!r}, lifespan=watched)
"""
SOON = 2.5
"""Seconds that the server may still compute: a batch takes under one, each work here at least five.

Computed, not passed: what else a busy machine does is not the server's."""
BEGUN, STILL = 0.3, 1.0  # seconds for which somebody has to be at work, or nobody: between photos
PATIENCE = 300.0  # seconds that a busy machine has for anything here
PHOTO = (FOLDER / IMAGES / FIRST).read_bytes()
MANY = 60


@dataclass(frozen=True)
class Watched:
    url: str
    pid: int
    seen: Path

    def settles(self, count: int, computed: float = PATIENCE) -> bool:
        """Whether so many are soon at work, and stay so for a moment.

        Soon is before the server has computed for ``computed`` seconds.
        """
        end, before = time.monotonic() + PATIENCE, processor_seconds(self.pid)
        same_since: float | None = None
        while time.monotonic() < end:
            if int(self.seen.read_text()) != count:
                same_since = None
                if processor_seconds(self.pid) - before > computed:
                    return False
            elif same_since is None:
                same_since = time.monotonic()
            elif time.monotonic() - same_since > (BEGUN if count else STILL):
                return True
            time.sleep(0.02)
        return False


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    script, seen = folder / "watched.py", folder / "seen"
    script.write_text(SCRIPT.format(seen=str(seen)), encoding="utf-8")
    with serving(str(script)) as (server, url):
        yield Watched(url, server.pid, seen)


def with_photo(visitor: Visitor, page: str = "") -> None:
    visitor.open()
    visitor.upload(PHOTO)
    visitor.anyway()
    if page:
        visitor.open(page)


def ask_to_press(visitor: Visitor, label: str) -> None:
    (button,) = (one.button for one in visitor.found("button") if one.button.label == label)
    visitor.widgets[button.id] = WidgetState(id=button.id, trigger_value=True)
    visitor.ask()
    del visitor.widgets[button.id]


def ask_to_choose(visitor: Visitor, label: str, option: str) -> None:
    (box,) = (one.selectbox for one in visitor.found("selectbox") if one.selectbox.label == label)
    (value,) = (told for told in box.options if option in told)
    visitor.widgets[box.id] = WidgetState(id=box.id, string_value=value)
    visitor.ask()


def score_cam(visitor: Visitor) -> None:
    with_photo(visitor)
    ask_to_choose(visitor, "Saliency method", "Score-CAM")


def evidence(visitor: Visitor) -> None:
    with_photo(visitor)
    ask_to_press(visitor, "Measure it for this photo")


def what_would_have_to_change(visitor: Visitor) -> None:
    with_photo(visitor, "Stress test")
    ask_to_press(visitor, "Ask both networks")


def many_photos(visitor: Visitor) -> None:
    visitor.open()
    visitor.open("Many photos")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for number in range(MANY):
            picture = io.BytesIO()
            draw_lesion(400, 300, seed=number).save(picture, "JPEG")
            packed.writestr(f"{number}.jpg", picture.getvalue())
    visitor.place_file(data.getvalue(), "many.zip")
    visitor.ask()


Job = Callable[[Visitor], None]
# One of each kind: in batches with a bar and Stop, photo after photo, and step after step. That the
# other works pause as often is tested where they are made.
JOBS: tuple[Job, ...] = (score_cam, many_photos, what_would_have_to_change)


@pytest.mark.parametrize("begin", JOBS, ids=lambda job: job.__name__)
def test_who_leaves_gives_the_place_back_at_once(watched: Watched, begin: Job) -> None:
    assert watched.settles(0)
    with Visitor(watched.url) as visitor:
        begin(visitor)
        assert watched.settles(1)
    assert watched.settles(0, SOON)


def test_another_photo_or_model_ends_what_ran_for_the_one_before(watched: Watched) -> None:
    assert watched.settles(0)
    with Visitor(watched.url) as visitor:
        evidence(visitor)
        assert watched.settles(1)
        ask_to_press(visitor, "Forget")
        assert watched.settles(0, SOON)
        visitor.listen()
        evidence(visitor)
        assert watched.settles(1)
        ask_to_choose(visitor, "Model", "(general_light)")
        before = processor_seconds(watched.pid)
        visitor.listen()  # the other model is loaded and looks in this time
        assert processor_seconds(watched.pid) - before < 4 * SOON  # all of the evidence is 40
        assert watched.settles(0, SOON)
        assert visitor.maps()
