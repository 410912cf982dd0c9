"""A stand-in of the ISIC Archive's API on this machine: as right, slow or odd as a test wants."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core.pictures import isic_gallery
from core.pictures.drawn_lesion import draw_lesion

_PART = 2**16


def a_picture(seed: int = 1) -> bytes:
    """A drawn lesion as a JPEG file."""
    data = io.BytesIO()
    draw_lesion(320, 240, seed=seed).save(data, "JPEG", quality=90)
    return data.getvalue()


@dataclass(frozen=True)
class Answer:
    """What a path is answered with; ``to`` is where a redirect leads."""

    body: bytes
    kind: str
    status: int = 200
    to: str | None = None
    tells_size: bool = True


class StandIn:
    """``told`` is the JSON of each id; ``instead`` answers a path in another way."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: dict[str, dict[str, Any]] = {
            isic_id: self._of(isic_id, number) for number, isic_id in enumerate(isic_gallery.IDS)
        }
        self.instead: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.sent = 0
        self.silent = False
        self.over = threading.Event()

    def _of(self, isic_id: str, number: int) -> dict[str, Any]:
        names = ("Malignant", "Melanoma, NOS") if number % 2 else ("Benign", "Nevus")
        file = {"url": f"{self.url}/files/{isic_id}.jpg", "size": 1}
        return {
            "public": True, "isic_id": isic_id, "copyright_license": "CC-0",
            "attribution": "A clinic, naïvely", "files": {"full": file, "thumbnail_256": file},
            "metadata": {"clinical": {"diagnosis_1": names[0], "diagnosis_3": names[1]}},
        }  # fmt: skip

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        if path in self.instead:
            return self.instead[path]
        name = path.rstrip("/").split("/")[-1].removesuffix(".jpg")
        if name not in self.told:
            return Answer(b"{}", "application/json", status=404)
        if path.startswith("/files/"):
            return Answer(a_picture(isic_gallery.IDS.index(name) + 1), "image/jpeg")
        return Answer(json.dumps(self.told[name]).encode(), "application/json; charset=utf-8")


@contextlib.contextmanager
def standing_in() -> Iterator[StandIn]:
    """The stand-in on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if api.silent:
                api.over.wait()
                return
            answer = api.answer(self.path)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            if answer.to:
                self.send_header("Location", answer.to)
            if answer.tells_size:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            with contextlib.suppress(OSError):  # the reader has left
                for start in range(0, len(answer.body), _PART):
                    self.wfile.write(answer.body[start : start + _PART])
                    api.sent += _PART

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield api
    finally:
        api.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
