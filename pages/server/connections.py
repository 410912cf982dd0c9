"""How many connections may be open that ask for nothing, and for how long.

The web server waits for ever for the rest of a request's head and keeps up to 16 KB of it: twelve
thousand connections that each sent most of one took 213 MiB of the 690 that the smallest host has.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 300
"""At once. Who asks for a page sends the whole head at once, so the oldest makes room for the next:
whoever fills these places shuts nobody out."""
PATIENCE = 20.0
"""Seconds for a head to arrive."""

_waiting: dict[H11Protocol, asyncio.TimerHandle] = {}
"""Whose request has not arrived, the oldest first, with what ends them."""


def bound() -> None:
    """Hold the web server to it; may be called again."""
    if H11Protocol.connection_made is _made:
        return
    originals.update({name: getattr(H11Protocol, name) for name in _OURS})
    for name, ours in _OURS.items():
        setattr(H11Protocol, name, ours)


originals: dict[str, Any] = {}


def _made(self: H11Protocol, transport: asyncio.Transport) -> None:
    originals["connection_made"](self, transport)
    _wait(self)


def _received(self: H11Protocol, data: bytes) -> None:
    originals["data_received"](self, data)
    if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
        _wait(self)  # a part of a head, perhaps of a second request
    else:
        _wait_no_more(self)


def _lost(self: H11Protocol, error: Exception | None) -> None:
    _wait_no_more(self)
    originals["connection_lost"](self, error)


_OURS = {"connection_made": _made, "data_received": _received, "connection_lost": _lost}


def _wait(connection: H11Protocol) -> None:
    if connection in _waiting:
        return
    while len(_waiting) >= MOST:
        _end(next(iter(_waiting)))
    _waiting[connection] = asyncio.get_running_loop().call_later(PATIENCE, _end, connection)


def _wait_no_more(connection: H11Protocol) -> None:
    timer = _waiting.pop(connection, None)
    if timer is not None:
        timer.cancel()


def _end(connection: H11Protocol) -> None:
    _wait_no_more(connection)
    connection.transport.abort()
