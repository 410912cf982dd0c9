"""How much visits may hold, asked of the middleware alone: no server, no file of real size."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.server import uploads
from pages.server.uploads import BoundedUploads, UploadLimits
from tests.support.own_thread import run_coroutine

LIMITS = UploadLimits(
    visit_bytes=100, visit_files=3, one_photo=10, large_bytes=150, all_bytes=200,
    silence=0.2, least_pace=1000, patience=0.05,
)  # fmt: skip


class Server:
    """What the middleware asks of Streamlit's runtime, and the page that it runs again."""

    def __init__(self) -> None:
        self.uploaded_file_mgr = MemoryUploadedFileManager("/_stcore/upload_file")
        self.runs: list[str] = []

    def hold(self, visit: str, file: str, size: int) -> None:
        record = UploadedFileRec(file, "a.jpg", "image/jpeg", bytes(size))
        self.uploaded_file_mgr.add_file(visit, record)

    def is_active_session(self, visit: str) -> bool:
        return True

    def get_app_session(self, visit: str) -> Any:
        return SimpleNamespace(
            page_script_hash="page", request_rerun=lambda _: self.runs.append(visit)
        )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(uploads.runtime, "get_instance", lambda: server)
    uploads.refusals.clear()
    return server


@pytest.fixture
def put(server: Server) -> Callable[..., tuple[int, str]]:
    """Put a file of ``size`` bytes; the status and words of the answer. ``chunks`` come slowly."""

    async def keep(scope: Any, receive: Any, send: Any) -> None:
        data = b""
        while True:
            message = await receive()
            data += message.get("body", b"")
            if not message.get("more_body"):
                break
        visit, file = scope["path"].split("/")[-2:]
        server.hold(visit, str(uuid.UUID(file).int), len(data))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def put(
        visit: str, file: str, size: int, told: int | None = None, pause: float = 0, chunks: int = 1
    ) -> tuple[int, str]:
        return run_coroutine(
            _put(BoundedUploads(keep, LIMITS), visit, file, size, told, pause, chunks)
        )

    return put


async def _put(
    app: BoundedUploads, visit: str, file: str, size: int, told: int | None, pause: float,
    chunks: int,
) -> tuple[int, str]:  # fmt: skip
    async def body() -> AsyncIterator[bytes]:
        for _ in range(chunks):
            await asyncio.sleep(pause)
            yield bytes(size // chunks)

    parts = body()
    left = chunks

    async def receive() -> dict[str, Any]:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": await anext(parts), "more_body": left > 0}

    said: dict[str, Any] = {"status": 0, "body": b""}

    async def send(message: dict[str, Any]) -> None:
        said["status"] = message.get("status", said["status"])
        said["body"] += message.get("body", b"")

    length = str(size if told is None else told).encode()
    headers = [(b"content-length", length)] if told != -1 else []
    place = file if "-" in file else uuid.UUID(int=int(file))
    path = f"/base/_stcore/upload_file/{visit}/{place}"
    await app(
        {"type": "http", "method": "PUT", "path": path, "headers": headers}, receive, send
    )  # fmt: skip
    return said["status"], said["body"].decode()


def test_a_visit_holds_so_much_and_the_next_file_gets_a_sentence(
    server: Server, put: Callable[..., tuple[int, str]]
) -> None:
    assert put("a", "1", 90) == (204, "")
    status, words = put("a", "2", 20)
    assert status == 413
    assert words.startswith("This visit has ")
    assert words.endswith("reload the page to begin anew.")
    assert put("a", "3", 10)[0] == 204  # as much as there is room for
    assert put("b", "1", 20)[0] == 204  # another visit has its own


def test_a_visit_holds_so_many_files(server: Server, put: Callable[..., tuple[int, str]]) -> None:
    assert [put("a", str(number), 1)[0] for number in range(4)] == [204, 204, 204, 413]
    server.uploaded_file_mgr.remove_file("a", "0")
    assert put("a", "5", 1)[0] == 204


def test_collections_leave_room_for_photos(
    server: Server, put: Callable[..., tuple[int, str]]
) -> None:
    assert put("a", "1", 80)[0] == 204
    assert put("b", "1", 60)[0] == 204
    status, words = put("c", "1", 30)
    assert (status, words) == (
        503, "Other visitors' files fill this server. Please try again in a few minutes.",
    )  # fmt: skip
    assert [put(f"photo{number}", "1", 10)[0] for number in range(7)] == [204] * 6 + [503]
    server.uploaded_file_mgr.remove_session_files("a")  # as when a visit is forgotten
    assert put("photo7", "1", 10)[0] == 204


def test_a_file_comes_in_at_a_place_as_streamlit_gives_them_and_nowhere_else(
    server: Server, put: Callable[..., tuple[int, str]]
) -> None:
    given = str(uuid.uuid4())
    assert put("a", given, 10) == (204, "")
    for odd in (f"{given}\n", f"{given}-", given.upper() + "-", f"{given}/a", f"-{'a' * 50_000}",
                "-\0", "-/../x", f"../{given}/"):  # fmt: skip
        assert put("a", odd, 10) == (404, "No file is asked for here."), odd[:60]
    assert list(server.uploaded_file_mgr.file_storage["a"]) == [str(uuid.UUID(given).int)]


def test_what_is_arriving_counts_before_it_is_there(server: Server) -> None:
    held: list[tuple[int, str]] = []

    async def both() -> None:
        async def never_ends(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await asyncio.sleep(0.3)

        app = BoundedUploads(never_ends, LIMITS)
        first = asyncio.create_task(_put(app, "a", "1", 90, None, 0, 1))
        await asyncio.sleep(0.05)
        held.append(await _put(app, "a", "2", 90, None, 0, 1))
        await first

    run_coroutine(both())
    assert [status for status, _ in held] == [413]


def test_room_that_is_made_meanwhile_is_waited_for(
    server: Server, put: Callable[..., tuple[int, str]]
) -> None:
    server.hold("a", "before", 90)

    async def replaced() -> tuple[int, str]:
        async def kept(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})

        limits = UploadLimits(visit_bytes=100, patience=2)
        asking = asyncio.create_task(_put(BoundedUploads(kept, limits), "a", "1", 90, None, 0, 1))
        await asyncio.sleep(0.1)
        server.uploaded_file_mgr.remove_file("a", "before")
        return await asking

    assert run_coroutine(replaced())[0] == 204


def test_a_file_that_stops_arriving_is_given_up(
    server: Server, put: Callable[..., tuple[int, str]]
) -> None:
    assert put("a", "1", 10, pause=0.05, chunks=2)[0] == 204
    status, words = put("b", "1", 10, pause=5, chunks=2)
    assert (status, words) == (408, "The file stopped arriving. Please send it again.")
    # each piece comes in time, but all of it would take for ever
    assert put("c", "1", 40, pause=0.1, chunks=40)[0] == 408
    assert put("c", "2", 10)[0] == 204


def test_a_request_that_does_not_tell_its_size_counts_as_the_largest(
    server: Server, put: Callable[..., tuple[int, str]]
) -> None:
    assert put("a", "1", 5, told=-1)[0] == 413


def test_the_page_is_run_again_to_show_the_sentence_once(
    server: Server, put: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: SimpleNamespace(session_id="a"))
    assert uploads.refused() is None
    _, words = put("a", "1", 120)
    assert server.runs == ["a"]
    assert uploads.refused() == words
    assert uploads.refused() is None
    put("a", "1", 120)
    assert server.runs == ["a"]  # not for every one of a flood


def test_other_requests_pass() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope.get("path"))

    async def ask() -> None:
        bounded: Callable[..., Coroutine[Any, Any, None]] = BoundedUploads(app)
        for method, path in (("GET", "/"), ("DELETE", "/_stcore/upload_file/a/b")):
            await bounded({"type": "http", "method": method, "path": path}, None, None)
        await bounded({"type": "websocket", "path": "/_stcore/stream"}, None, None)
        await bounded({"type": "lifespan"}, None, None)  # the server's start and end

    run_coroutine(ask())
    assert seen == ["/", "/_stcore/upload_file/a/b", "/_stcore/stream", None]
