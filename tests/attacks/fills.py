"""Files that fill a server's memory."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import uuid

from core.pictures import archive
from tests.attacks.drawn import collection
from tests.attacks.floods import checked, healthy
from tests.support.container import Contained
from tests.support.visitor import Visitor, multipart

BIG = archive.MAX_BYTES // 2**20 - 2


def big_files(running: Contained, count: int = 8) -> dict[str, object]:
    """One visitor puts the largest file after file under fresh names into his own visit."""
    said = []
    with Visitor(running.url) as visitor:
        visitor.open()
        place = visitor.place_for_file().upload_url.rsplit("/", 1)[0]
        for _ in range(count):
            try:
                visitor.put(f"{place}/{uuid.uuid4()}", bytes(BIG * 2**20))
                said.append("taken")
            except (RuntimeError, OSError) as refusal:
                said.append(str(refusal)[-200:])
        return {"said": said, "another's check, s": checked(running.url)}


def stalled(running: Contained, count: int = 12, megabytes: int = BIG // 2) -> dict[str, object]:
    """So many uploads, each of which stops halfway and stays."""
    with contextlib.ExitStack() as held:
        visitors = [held.enter_context(Visitor(running.url)) for _ in range(count)]
        threads, open_ = [], []
        for visitor in visitors:
            visitor.open()
            place = visitor.place_for_file().upload_url
            sending = held.enter_context(contextlib.closing(_begin(visitor, place, BIG * 2**20)))
            threads.append(
                threading.Thread(target=_send, args=(sending, megabytes * 2**20), daemon=True)
            )
            threads[-1].start()
            open_.append(sending)
        for thread in threads:
            thread.join(20)
        found: dict[str, object] = {"another's check, s": checked(running.url)}
        start = time.monotonic()
        for sending in open_:
            sending.settimeout(max(0.1, 90 - (time.monotonic() - start)))
            with contextlib.suppress(OSError):
                sending.recv(1000)
        found["all ended after, s"] = round(time.monotonic() - start, 1)
        return found


def two_zips(running: Contained) -> dict[str, object]:
    """Two honest collections of nearly the largest size at once on 'Many photos'."""
    said: list[str] = []
    zips = [collection(BIG - 1, seed) for seed in range(2)]

    def visit(number: int) -> None:
        with Visitor(running.url) as visitor:
            visitor.open()
            visitor.open("Many photos")
            try:
                visitor.upload(zips[number], f"{number}.zip")
                said.append(f"{len(visitor.found('arrow_data_frame'))} tables, "
                            f"{len(visitor.found('dataframe'))} of photos")  # fmt: skip
            except (RuntimeError, OSError) as refusal:
                said.append(str(refusal)[-200:])

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    return {"said": said, "health, s": healthy(running.url)}


def _begin(visitor: Visitor, place: str, size: int) -> socket.socket:
    """A request to put a file of ``size`` bytes there, of which none has been sent yet."""
    connection = http.client.HTTPConnection(visitor.host, timeout=60)
    head, _, kind = multipart("collection.zip")
    connection.putrequest("PUT", place)
    for name, value in (visitor.identity | {"Content-Type": kind}).items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(size))
    connection.endheaders(head)
    assert connection.sock is not None
    return connection.sock


def _send(sending: socket.socket, size: int) -> None:
    with contextlib.suppress(OSError):
        for _ in range(size // 2**16):
            sending.sendall(bytes(2**16))
