"""A real server, watched from outside: what it writes to a disk, and what it writes to its log."""

from __future__ import annotations

import ast
import ctypes
import io
import os
import re
import resource
import struct
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.pictures.drawn_lesion import draw_lesion
from tests.pages.conftest import ROOT, as_file
from tests.pages.conftest import upload as choose
from tests.support.server import serving
from tests.support.visitor import Visitor

NAME = "Erika-Musterfrau"
SCRIPT = f"<script>alert(1)</script><img src=x onerror=alert(2)>{NAME}"


class Watch:
    """inotify (Linux) on folders and all that is in them: every write, new name and removal."""

    _WRITTEN = 0x2 | 0x40 | 0x80 | 0x100 | 0x200  # modify, moved from and to, create, delete
    _NONBLOCK = 0x800

    def __init__(self, *roots: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(self._NONBLOCK)
        self._folders: dict[int, str] = {}
        skipped = {".git", ".venv", "__pycache__"}
        for root in roots:
            for folder, below, _ in os.walk(root):
                below[:] = [name for name in below if name not in skipped and "cache" not in name]
                number = self._libc.inotify_add_watch(self._handle, folder.encode(), self._WRITTEN)
                assert number >= 0, os.strerror(ctypes.get_errno())
                self._folders[number] = folder

    def seen(self) -> list[str]:
        """Paths of all events since the last call."""
        found = []
        while True:
            try:
                data = os.read(self._handle, 2**16)
            except BlockingIOError:
                return found
            while data:
                number, _, _, size = struct.unpack_from("iIII", data)
                name = data[16 : 16 + size].rstrip(b"\0").decode()
                found.append(f"{self._folders[number]}/{name}")
                data = data[16 + size :]

    def close(self) -> None:
        os.close(self._handle)


@dataclass(frozen=True)
class Visit:
    """What a server wrote to files, what went to its log, and what was wrong on a page."""

    written: list[str]
    log: str
    wrong: list[str]


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A server that can't write a single byte to a file, named or nameless, without an error.

    Its limit on the size of files is 0 once it has imported all that a check needs.
    """
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    home, temporary = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temporary")
    other = {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    reading, writing = os.pipe()  # a file would be under the limit
    with serving(environment=os.environ | other, output=writing) as (server, url):
        os.close(writing)
        with Visitor(url) as visitor:
            visitor.open()
            visitor.upload(as_file(draw_lesion(320, 240)))
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, 0))
            watch = Watch(ROOT, home, temporary)
            assert watch.seen() == []
            (temporary / "there").write_text("seen")
            assert watch.seen()
            (temporary / "there").unlink()
            watch.seen()
            wrong = list(_visit(visitor))
        written = watch.seen()
        watch.close()
    with os.fdopen(reading, "rb") as pipe:
        return Visit(written, pipe.read().decode(errors="replace"), wrong)


def _visit(visitor: Visitor) -> Iterator[str]:
    """Every way in: a photo, one above 1 MB, two that are refused, an archive.

    Yields what was not as it should be.
    """
    small = as_file(draw_lesion(320, 240))
    noise = as_file(draw_lesion(320, 240).effect_spread(9).resize((2400, 1800)), "PNG")
    assert len(noise) > 2**21  # what streamlit's web framework would put into a temporary file
    for data, judged in ((small, True), (noise, True), (small[:900], False), (b"words", False)):
        visitor.upload(data, f"{SCRIPT}.jpg")
        visitor.anyway()
        if visitor.found("exception") or bool(visitor.maps()) != judged:
            yield f"a photo of {len(data)} bytes"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(f"{NAME}/{NAME}.jpg", small)
        packed.writestr(f"{NAME}/bad.jpg", b"words")
    visitor.open("Many photos")
    visitor.upload(archive.getvalue(), f"{NAME}.zip")
    if visitor.found("exception") or len(visitor.found("dataframe")) != 1:
        yield "an archive"


def test_a_check_writes_nothing_to_a_disk(visited: Visit) -> None:
    assert visited.wrong == [], visited.log
    assert visited.written == []


def test_the_log_names_no_file_and_holds_no_picture(visited: Visit) -> None:
    assert NAME not in visited.log
    assert "script>" not in visited.log
    assert "base64" not in visited.log
    assert "\ufffd" not in visited.log  # nothing but text
    assert len(visited.log) < 2000, visited.log


@pytest.mark.parametrize("page", ["check_a_photo", "many_photos"])
def test_a_script_in_a_file_name_is_never_on_the_page(
    models: Path, page: str, lesion: bytes
) -> None:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    app = app.switch_page(f"pages/{page}.py").run()
    if page == "many_photos":
        files = [(f"{SCRIPT}.jpg", lesion, "image/jpeg"), (f"{SCRIPT}.jpg", b"x", "image/jpeg")]
        app.file_uploader(key="many-files").set_value(files).run()
        shown = app.dataframe[0].value["file"]
        assert all(NAME in name for name in shown)  # it is told which file, but not what to do
        said = "\n".join([*shown, *app.dataframe[0].value["warnings"].map(str)])
    else:
        choose(app, lesion, f"{SCRIPT}.jpg")
        said = ""
    assert not app.exception
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "info", "warning")
    said += "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
    assert "<" not in said
    assert "alert(" not in said or page == "many_photos"


def test_html_is_constant_text_of_one_module() -> None:
    way = re.compile(r"unsafe_allow_html|st\.html|components\.v[12]|declare_component|iframe")
    only = ROOT / "pages" / "components" / "layout.py"
    # a bar made of two numbers and escaped words of the lesson: tests/pages/lesson/test_guess.py
    bar = ROOT / "pages" / "lesson" / "guess.py"
    # figures of cards and escaped names of networks: tests/pages/components/test_rate_table.py
    table = ROOT / "pages" / "components" / "rate_table.py"
    for file in [ROOT / "streamlit_app.py", *(ROOT / "pages").rglob("*.py")]:
        if file not in (only, bar, table):
            assert not way.search(file.read_text(encoding="utf-8")), file
    tree = ast.parse(only.read_text(encoding="utf-8"))
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [
        node for node in ast.walk(tree)
        if isinstance(node, ast.Call) and way.search(ast.unparse(node.func))
    ]  # fmt: skip
    assert len(calls) > 3
    for call in calls:
        given = [*call.args, *(word.value for word in call.keywords)]
        names = [value for value in given if not isinstance(value, ast.Constant)]
        assert all(isinstance(name, ast.Name) and name.id in constants for name in names), call
