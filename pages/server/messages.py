"""How much one visitor's browser may ask of the server, and how fast.

Streamlit starts a thread for each request to run the page, and starting one holds up the server's
event loop for as long as the threads that run already let it wait: a hundred requests at once
silenced the server for 19 seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from uvicorn.protocols.websockets import websockets_sansio_impl as wire
from websockets.server import ServerProtocol

from pages.server.uploads import UploadLimits

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BURST, PER_SECOND = 6, 4.0
"""Runs at once, and runs a second after that. Moving a slider asks for five a second at most."""
MOST_WAITING = 50
"""A connection that has so many messages waiting is closed: no browser sends that."""
MOST_BYTES = 2**18
"""The bytes of a message, and of all that wait of a connection: more of either closes it.

A page's widgets have a few kilobytes, and the names of the 220 files that a visit may have, with
their addresses, under 100. Streamlit keeps the last message of each visit.
"""
MOST_FILES = UploadLimits().visit_files
"""Files for which a place may be asked at once: each costs the server a kilobyte to answer."""
MOST_CONNECTIONS = 200
"""At once. A server of 690 MiB has 400 in use with so many, and what they send may be the rest."""

# What a page of this app asks for, and whether it counts as a run: making a file to download takes
# as long as one. 'clear_cache', which any visitor could send, empties what the server keeps for
# all; the others are for developers.
_HEARD = {
    "rerun_script": True, "backend_operation_request": True, "file_urls_request": True,
    "stop_script": False, "app_heartbeat": False,
}  # fmt: skip
_OPERATIONS = {"deferred_file", "dataframe_chunk"}  # the others write into the app's folder
# A button's press is told by one message only; all else is told again by the next.
_TOLD_ONCE = {"trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value"}


class _BoundedProtocol(ServerProtocol):
    def __init__(self, *, max_size: int, **options: Any) -> None:
        super().__init__(max_size=min(max_size, MOST_BYTES), **options)


def bound_arriving() -> None:
    """Let no message arrive that is larger than one may be: its beginning takes memory, too.

    Streamlit gives its web server one limit for both directions, and what a page sends is larger.
    """
    wire.ServerProtocol = _BoundedProtocol  # type: ignore[attr-defined, assignment]


class PacedMessages:
    """ASGI middleware round Streamlit's websocket."""

    def __init__(self, app: ASGIApp, most: int = MOST_CONNECTIONS) -> None:
        self._app, self._most, self._open = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        if self._open >= self._most:
            await receive()
            await send({"type": "websocket.close", "code": 1013})  # its browser tries again
            return
        self._open += 1
        paced = _Paced(receive)
        reader = asyncio.create_task(paced.read())
        try:
            await self._app(scope, paced.receive, send)
        finally:
            reader.cancel()
            self._open -= 1


class _Paced:
    """One connection's messages: read at once, so that leaving is noticed, and handed on slowly."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: deque[tuple[Message, BackMsg | None]] = deque()
        self._arrived = asyncio.Event()
        self._left = False
        self._runs, self._counted = float(BURST), time.monotonic()

    async def read(self) -> None:
        while not self._left:
            message = await self._receive()
            self._take(message)
            size = sum(len(kept.get("bytes") or b"") for kept, _ in self._waiting)
            if size > MOST_BYTES or len(self._waiting) > MOST_WAITING:
                self._take({"type": "websocket.disconnect", "code": 1008})

    async def receive(self) -> Message:
        while True:
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            pause = self._pause()
            if not pause:
                break
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), pause)  # perhaps the visitor leaves
            except TimeoutError:
                continue
        message, asked = self._waiting.popleft()
        if asked is not None:
            self._runs -= 1
        return message

    def _take(self, message: Message) -> None:
        run = None
        if message["type"] == "websocket.disconnect":
            self._left = True
            self._waiting.clear()  # nobody looks at the page any more
        elif (data := message.get("bytes")) is not None:
            asked = _parsed(data)
            if asked and not _is_heard(asked):
                return
            run = asked if asked and _HEARD[asked.WhichOneof("type") or ""] else None
            if run and self._waiting and _repeats(self._waiting[-1][1], run):
                self._waiting.pop()
        self._waiting.append((message, run))
        self._arrived.set()

    def _pause(self) -> float:
        """Seconds until the next message may be handed on; 0 for what does not count as a run."""
        if self._waiting[0][1] is None:
            return 0.0
        now = time.monotonic()
        self._runs = min(BURST, self._runs + PER_SECOND * (now - self._counted))
        self._counted = now
        return max(0.0, (1 - self._runs) / PER_SECOND)


def _parsed(data: bytes) -> BackMsg | None:
    """``None`` for what is no message: Streamlit then closes the connection."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message


def _is_heard(asked: BackMsg) -> bool:
    kind = asked.WhichOneof("type")
    if kind == "file_urls_request":
        return len(asked.file_urls_request.file_names) <= MOST_FILES
    if kind == "backend_operation_request":
        return asked.backend_operation_request.WhichOneof("payload") in _OPERATIONS
    return kind in _HEARD


def _repeats(before: BackMsg | None, now: BackMsg) -> bool:
    """Whether ``now`` says all that ``before`` says, so that only one of them has to be run."""
    if before is None or any(one.WhichOneof("type") != "rerun_script" for one in (before, now)):
        return False
    if before.rerun_script.fragment_id or now.rerun_script.fragment_id:
        return False
    return before.rerun_script.page_script_hash == now.rerun_script.page_script_hash and not any(
        state.WhichOneof("value") in _TOLD_ONCE
        for state in before.rerun_script.widget_states.widgets
    )
