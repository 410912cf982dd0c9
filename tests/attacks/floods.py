"""Too many messages, too many connections, and messages that no browser of a visitor sends."""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.request

from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.attacks.drawn import PHOTO
from tests.support.container import Contained
from tests.support.visitor import Visitor


def reruns(running: Contained, counts: tuple[int, ...] = (100, 400, 800)) -> dict[str, object]:
    """So many requests to run the page at once, on one connection; then another asks for health."""
    found: dict[str, object] = {}
    for count in counts:
        with Visitor(running.url, patience=120) as visitor:
            visitor.open()
            for _ in range(count):
                visitor.ask()
            found[f"health after {count}, s"] = healthy(running.url)
            found[f"page after {count}, s"] = opened(running.url)
    return found


def connections(running: Contained, count: int = 200) -> dict[str, object]:
    """So many visits by one visitor, none of which leaves; then another checks a photo."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            visitor = held.enter_context(Visitor(running.url, patience=120))
            visitor.ask()
        return {"health, s": healthy(running.url), "check, s": checked(running.url)}


def clear_cache(running: Contained) -> dict[str, object]:
    """Between checks, what empties Streamlit's caches for everybody."""
    seconds = []
    with Visitor(running.url) as visitor:
        visitor.open()
        for _ in range(6):
            visitor.upload(PHOTO)
            visitor.say(BackMsg(clear_cache=True))
            seconds.append(checked(running.url))
    return {"checks, s": seconds}


def foreign(running: Contained) -> dict[str, object]:
    """What a page on another name, and a stranger, may ask."""
    port = int(running.url.rsplit(":", 1)[1])
    found: dict[str, object] = {}
    for path in ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/openapi.json"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        found[path] = connection.getresponse().status
        connection.close()
    return found


def healthy(url: str, patience: float = 120) -> float:
    """Seconds until the server says that it is well."""
    start = time.monotonic()
    urllib.request.urlopen(f"{url}/_stcore/health", timeout=patience).close()  # noqa: S310
    return round(time.monotonic() - start, 2)


def opened(url: str) -> float:
    """Seconds until a newcomer sees the first page."""
    start = time.monotonic()
    with Visitor(url, patience=300) as visitor:
        visitor.open()
    return round(time.monotonic() - start, 2)


def checked(url: str) -> float:
    """Seconds from a newcomer's upload to what the page makes of it."""
    with Visitor(url, patience=500) as visitor:
        visitor.open()
        start = time.monotonic()
        visitor.upload(PHOTO)
        visitor.anyway()
        visitor.picture()
        return round(time.monotonic() - start, 2)
