"""How much visitors' files may take of the server's memory, and how long one may take to arrive.

Streamlit keeps each file that a visitor sends in memory until the visit is forgotten, whether a
page asked for it or not, and has a limit for a single file only. A request that would pass one of
the limits here is answered with a sentence, which the visitor's page shows as well.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import images
from core.pictures import archive

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UPLOADS = "/_stcore/upload_file/"
# A place as Streamlit gives it to a visit: a file under a name of 50 kB would be kept with it.
_PATH = re.compile(
    rf"{_UPLOADS}(?P<visit>[^/]+)/(?P<file>[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
)
_LOOK = 0.1  # seconds between two looks whether there is room
_AGAIN = 5.0  # seconds until a visit's page is run again for another refusal


@dataclass(frozen=True)
class UploadLimits:
    """Bytes, files and seconds.

    A visit may hold the largest zip and a photo beside it. All visits together may hold two such
    zips; the rest of ``all_bytes`` is for those that hold no more than one photo, so that a class
    still gets its photos in when two collections are here.
    """

    visit_bytes: int = archive.MAX_BYTES + images.MAX_BYTES
    visit_files: int = archive.ArchiveLimits().pictures + 20
    one_photo: int = images.MAX_BYTES
    large_bytes: int = 2 * archive.MAX_BYTES
    all_bytes: int = 2 * archive.MAX_BYTES + 6 * images.MAX_BYTES
    silence: float = 20.0  # without a single byte
    least_pace: float = 32_000.0  # bytes a second, for the whole file
    patience: float = 2.0  # for a place: a browser deletes the file before while it sends the next


class UploadRefused(Exception):
    """No room, or too slow; the message is a sentence for the visitor."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class BoundedUploads:
    """ASGI middleware before Streamlit's own upload route."""

    def __init__(self, app: ASGIApp, limits: UploadLimits | None = None) -> None:
        self._app, self._limits = app, limits or UploadLimits()
        self._arriving: dict[object, tuple[str, int]] = {}  # visit and bytes, by request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""  # the server's start has none
        if _UPLOADS not in path or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        match = _PATH.fullmatch(path, path.index(_UPLOADS))
        if match is None:
            await PlainTextResponse("No file is asked for here.", 404, {"Connection": "close"})(
                scope, receive, send
            )
            return
        visit, size = match["visit"], _announced(scope)
        body = _Body(receive, time.monotonic() + size / self._limits.least_pace, self._limits)
        request = object()
        try:
            await self._room(visit, size)
            self._arriving[request] = (visit, size)
            await self._app(scope, body.receive, send)
        except UploadRefused as refusal:
            await body.drop()
            await PlainTextResponse(
                str(refusal), refusal.status, {"Retry-After": "60", "Connection": "close"}
            )(scope, receive, send)
            _tell(visit, str(refusal))
        finally:
            self._arriving.pop(request, None)

    async def _room(self, visit: str, size: int) -> None:
        """Return when there is room; raises ``UploadRefused`` if there is none for a while."""
        end = time.monotonic() + self._limits.patience
        while (refusal := self._refusal(visit, size)) and time.monotonic() < end:
            await asyncio.sleep(_LOOK)
        if refusal:
            raise refusal

    def _refusal(self, visit: str, size: int) -> UploadRefused | None:
        limits, held = self._limits, _held()
        files, of_visit = held.get(visit, (0, 0))
        arriving = [bytes_ for whose, bytes_ in self._arriving.values() if whose == visit]
        of_visit += sum(arriving)
        of_all = sum(bytes_ for _, bytes_ in held.values())
        of_all += sum(bytes_ for _, bytes_ in self._arriving.values())
        if files + len(arriving) >= limits.visit_files:
            return UploadRefused(
                413, f"This visit has {limits.visit_files} files here, which is the limit. "
                "Please remove some, or reload the page to begin anew.",
            )  # fmt: skip
        if of_visit + size > limits.visit_bytes:
            return UploadRefused(
                413, f"This visit has {_megabytes(of_visit)} MB of files here, and may have "
                f"{_megabytes(limits.visit_bytes)}. Please remove some, or reload the page to "
                "begin anew.",
            )  # fmt: skip
        small = of_visit + size <= limits.one_photo
        if of_all + size > (limits.all_bytes if small else limits.large_bytes):
            return UploadRefused(
                503, "Other visitors' files fill this server. Please try again in a few minutes.",
            )  # fmt: skip
        return None


class _Body:
    """A request's body, with a limit on how slowly it may come."""

    def __init__(self, receive: Receive, end: float, limits: UploadLimits) -> None:
        self._receive, self._silence = receive, limits.silence
        self._end = end + limits.silence
        self._done = False

    async def receive(self) -> Message:
        left = min(self._silence, self._end - time.monotonic())
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0))
        except TimeoutError:
            self._done = True  # nobody waits for the rest
            raise UploadRefused(408, "The file stopped arriving. Please send it again.") from None
        self._done = not message.get("more_body")
        return message

    async def drop(self) -> None:
        """Let the rest arrive and go: a browser that is still sending sees no answer before."""
        try:
            while not self._done:
                await self.receive()
        except UploadRefused:
            pass


def refused() -> str | None:
    """Why a file of the visitor whose page this is was refused, told once; ``None`` if none was."""
    context = get_script_run_ctx()
    told = refusals.get(context.session_id) if context else None
    if told is None or told.sentence is None:
        return None
    sentence, told.sentence = told.sentence, None
    return sentence


@dataclass
class _Refusal:
    """The last one of a visit; ``sentence`` is there until the page has shown it."""

    sentence: str | None
    asked: float


refusals: dict[str, _Refusal] = {}


def _tell(visit: str, sentence: str) -> None:
    """Have the visitor's page show it, which knows nothing of what became of its request."""
    server, now = runtime.get_instance(), time.monotonic()
    for gone in [known for known in refusals if not server.is_active_session(known)]:
        del refusals[gone]
    session, last = server.get_app_session(visit), refusals.get(visit)
    if session is not None and (last is None or now - last.asked > _AGAIN):
        refusals[visit] = _Refusal(sentence, now)
        session.request_rerun(ClientState(page_script_hash=session.page_script_hash))


def _announced(scope: Scope) -> int:
    """How many bytes a request says that it has; the most there may be where it does not say."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() else archive.MAX_BYTES


def _held() -> dict[str, tuple[int, int]]:
    """Files and bytes that each visit holds."""
    manager = runtime.get_instance().uploaded_file_mgr
    assert isinstance(manager, MemoryUploadedFileManager)  # noqa: S101
    return {
        visit: (len(files), sum(len(file.data) for file in list(files.values())))
        for visit, files in list(manager.file_storage.items())
    }


def _megabytes(size: int) -> int:
    return round(size / 2**20)
