"""How fast one visitor's page may be run again, and what its browser may ask of the server.

Streamlit starts a thread for each request to run the page, and starting one holds up the server's
event loop for as long as the threads that run already let it wait: a hundred requests at once
silenced the server for 19 seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BURST, PER_SECOND = 6, 4.0
"""Runs at once, and runs a second after that. Moving a slider asks for five a second at most."""
MOST_WAITING = 50
"""A connection that has so many messages waiting is closed: no browser sends that."""
MOST_BYTES = 2**22
"""Likewise the bytes of what waits. A page's widgets have a few kilobytes."""

# What a page of this app asks for. 'clear_cache', which any visitor could send, empties what the
# server keeps for all; the others are for developers.
_HEARD = {
    "rerun_script", "stop_script", "file_urls_request", "app_heartbeat",
    "backend_operation_request",
}  # fmt: skip
# A button's press is told by one message only; all else is told again by the next.
_TOLD_ONCE = {"trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value"}


class PacedMessages:
    """ASGI middleware round Streamlit's websocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        paced = _Paced(receive)
        reader = asyncio.create_task(paced.read())
        try:
            await self._app(scope, paced.receive, send)
        finally:
            reader.cancel()


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
        elif message.get("bytes"):
            asked = _parsed(message["bytes"])
            kind = asked.WhichOneof("type") if asked else None
            if asked and kind not in _HEARD:
                return
            run = asked if kind == "rerun_script" else None
            if run and self._waiting and _repeats(self._waiting[-1][1], run):
                self._waiting.pop()
        self._waiting.append((message, run))
        self._arrived.set()

    def _pause(self) -> float:
        """Seconds until the next message may be handed on; 0 for all but requests to run."""
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


def _repeats(before: BackMsg | None, now: BackMsg) -> bool:
    """Whether ``now`` says all that ``before`` says, so that only one of them has to be run."""
    if before is None or before.rerun_script.fragment_id or now.rerun_script.fragment_id:
        return False
    return before.rerun_script.page_script_hash == now.rerun_script.page_script_hash and not any(
        state.WhichOneof("value") in _TOLD_ONCE
        for state in before.rerun_script.widget_states.widgets
    )
