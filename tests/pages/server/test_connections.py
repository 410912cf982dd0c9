"""Connections on which no request arrives are few, and end."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.server import ROOT, serving

MOST, PATIENCE = 20, 2.0
SCRIPT = f"""
import streamlit as st
from pages.server import connections

connections.MOST, connections.PATIENCE = {MOST}, {PATIENCE}
connections.bound()
connections.bound()
app = st.App({str(ROOT / "streamlit_app.py")!r})
"""
HALF = b"GET /_stcore/health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 12_000


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    script = tmp_path_factory.mktemp("few") / "few.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with serving(str(script)) as (_, url):
        yield int(url.rsplit(":", 1)[1])


def opened(port: int, data: bytes = b"") -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), timeout=60)
    found.sendall(data)
    return found


def ended(connection: socket.socket, within: float) -> bool:
    connection.settimeout(within)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("data", [b"", HALF], ids=["nothing", "half a head"])
def test_the_oldest_that_ask_for_nothing_make_room_and_all_end(port: int, data: bytes) -> None:
    with contextlib.ExitStack() as held:
        silent = [held.enter_context(opened(port, data)) for _ in range(MOST + 5)]
        start = time.monotonic()
        assert all(ended(one, 60) for one in silent[:5])
        with browser(port) as connection:
            assert http_status(connection) == 200
        assert all(ended(one, 60) for one in silent)
        assert time.monotonic() - start > PATIENCE / 2


def test_a_second_half_request_on_a_connection_ends_it(port: int) -> None:
    with opened(port, b"GET /_stcore/health HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        assert connection.recv(100_000).startswith(b"HTTP/1.1 200")
        connection.sendall(HALF)
        connection.settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(100_000):
                pass


def test_a_browsers_connection_is_used_again_and_again(port: int) -> None:
    with browser(port) as connection:
        statuses = []
        for _ in range(4):
            statuses.append(http_status(connection))
            time.sleep(PATIENCE / 3)
    assert statuses == [200] * 4


def browser(port: int) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60))


def http_status(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/_stcore/health")
    answer = connection.getresponse()
    answer.read()
    return answer.status
