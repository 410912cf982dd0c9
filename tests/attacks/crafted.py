"""Messages and requests that no browser sends, and connections that stop halfway."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import time
import uuid

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from tests.attacks.drawn import PHOTO
from tests.attacks.floods import checked, healthy, opened
from tests.support.container import Contained
from tests.support.server import resident
from tests.support.visitor import Visitor

WIDGETS = (
    "selectbox", "slider", "button_group", "file_uploader", "number_input", "button", "checkbox",
    "multiselect", "radio", "text_input",
)  # fmt: skip


def downloads(running: Contained, count: int = 40, visitors: int = 3) -> dict[str, object]:
    """Visitors who ask for the teacher's sheet again and again; another checks a photo."""
    with contextlib.ExitStack() as held:
        for _ in range(visitors):
            visitor = held.enter_context(Visitor(running.url, patience=300))
            visitor.open()
            visitor.open("In class")
            (file,) = (one.download_button.deferred_file_id
                       for one in visitor.found("download_button")
                       if "teacher" in one.download_button.label)  # fmt: skip
            for number in range(count):
                message = BackMsg()
                asked = message.backend_operation_request
                asked.request_id, asked.session_id = str(number), visitor.session_id
                asked.deferred_file.file_id = file
                visitor.say(message)
        return {
            "health, s": healthy(running.url),
            "check, s": checked(running.url),
            "page, s": opened(running.url),
        }


def names(running: Contained, count: int = 80_000, times: int = 20) -> dict[str, object]:
    """Places asked for that many files at once."""
    with Visitor(running.url, patience=300) as visitor:
        visitor.open()
        message = BackMsg()
        message.file_urls_request.request_id = str(uuid.uuid4())
        message.file_urls_request.session_id = visitor.session_id
        message.file_urls_request.file_names.extend(["a"] * count)
        for _ in range(times):
            visitor.say(message)
        time.sleep(1)
        return {"health, s": healthy(running.url), "check, s": checked(running.url)}


def halves(running: Contained, count: int = 80, megabytes: float = 9.5) -> dict[str, object]:
    """So many websockets, each of which sends most of a large message and stays."""
    with contextlib.ExitStack() as held:
        threads = []
        for _ in range(count):
            visitor = held.enter_context(Visitor(running.url, patience=300))
            wire: socket.socket = visitor.wire
            threads.append(
                threading.Thread(
                    target=_send_half, args=(wire, int(megabytes * 2**20)), daemon=True
                )
            )
            threads[-1].start()
        for thread in threads:
            thread.join(20)
        return {"health, s": healthy(running.url), "check, s": checked(running.url)}


def heads(running: Contained, count: int = 12_000) -> dict[str, object]:
    """So many connections, each of which sends most of a request's head and stays."""
    found: dict[str, object] = {"check before, s": checked(running.url)}
    found["before, MiB"] = round(resident(running.pid))
    place = ("127.0.0.1", int(running.url.rsplit(":", 1)[1]))
    with contextlib.ExitStack() as held:
        for _ in range(count):
            connection = held.enter_context(socket.create_connection(place, timeout=60))
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 14_000)
        found["health, s"] = healthy(running.url)
        found["then, MiB"] = round(resident(running.pid))
    return found


def _send_half(wire: socket.socket, size: int) -> None:
    """The head of a binary frame a little larger than ``size``, masked by zeros, and its bytes."""
    with contextlib.suppress(OSError):
        wire.sendall(struct.pack("!BBQ4x", 0x82, 0x80 | 127, size + 1000))
        for _ in range(size // 2**16):
            wire.sendall(bytes(2**16))


def deaf(running: Contained, count: int = 20, runs: int = 40) -> dict[str, object]:
    """Visitors who ask for large pages again and again, and never read what they get."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            visitor = held.enter_context(Visitor(running.url, patience=300))
            visitor.open()
            visitor.page = visitor.pages["Compare models"]
            threading.Thread(target=_ask_on, args=(visitor, runs), daemon=True).start()
        time.sleep(runs / 4 + 5)
        return {"health, s": healthy(running.url), "check, s": checked(running.url)}


def _ask_on(visitor: Visitor, runs: int) -> None:
    with contextlib.suppress(Exception):
        for _ in range(runs):
            visitor.ask()
            time.sleep(0.25)


def wrong_values(running: Contained) -> dict[str, object]:
    """On every page every widget gets values of other kinds, foreign keys stand among them."""
    found: dict[str, object] = {}
    errors = 0
    with Visitor(running.url) as visitor:
        visitor.open()
        pages = list(visitor.pages)
    for page in pages:
        for number, state in enumerate(_odd_states()):
            with Visitor(running.url, patience=30) as visitor:
                visitor.open()
                visitor.upload(PHOTO)
                visitor.open(page)
                for kind in WIDGETS:
                    for one in visitor.found(kind):
                        odd = WidgetState()
                        odd.CopyFrom(state)
                        odd.id = getattr(one, kind).id
                        visitor.widgets[odd.id] = odd
                for foreign in ("visit photo", "$$ID-0-visit kept", "stopped", "\0"):
                    visitor.widgets[foreign] = WidgetState(id=foreign, json_value='{"a": 1}')
                try:
                    visitor.run()
                    visitor.open(page)
                except (TimeoutError, ConnectionClosed) as error:
                    found[f"{page}, {number}"] = type(error).__name__
                errors += bool(visitor.found("exception"))
    found["errors on the sender's own page"] = errors
    return found | {"health, s": healthy(running.url), "check, s": checked(running.url)}


def _odd_states() -> list[WidgetState]:
    far = WidgetState()
    far.double_array_value.data.extend([float("nan"), float("inf"), -1e308])
    many = WidgetState()
    many.int_array_value.data.extend([2**62, -1, 0] * 100)
    strings = WidgetState()
    strings.string_array_value.data.extend(["../../etc/passwd", "\0", "é" * 2_000])
    files = WidgetState()
    info = files.file_uploader_state_value.uploaded_file_info.add()
    info.file_id, info.name, info.size = "../../x", "a" * 5_000, 2**62
    return [
        far, many, strings, files, WidgetState(string_value="x" * 10_000),
        WidgetState(bytes_value=bytes(10_000)), WidgetState(json_value="[" * 10_000),
        WidgetState(int_value=-(2**63)), WidgetState(double_value=float("nan")),
        WidgetState(bool_value=True), WidgetState(trigger_value=True),
    ]  # fmt: skip


def deep_queries(running: Contained) -> dict[str, object]:
    """Addresses as long as a message may be, and pages that there are not."""
    with Visitor(running.url, patience=300) as visitor:
        visitor.open()
        for query in ("a&" * 100_000, "step=" + "x" * 200_000, "compare=%00&tones=%ff&step=9e9",
                      "&".join(f"k{n}={n}" for n in range(15_000))):  # fmt: skip
            for page in visitor.pages.values():
                message = BackMsg()
                message.rerun_script.query_string = query
                message.rerun_script.page_script_hash = page
                visitor.say(message)
        message = BackMsg()
        message.rerun_script.page_script_hash = "0" * 200_000
        message.rerun_script.fragment_id = "no such part"
        visitor.say(message)
        time.sleep(1)
        return {"health, s": healthy(running.url), "check, s": checked(running.url)}


def odd_places(running: Contained) -> dict[str, object]:
    """Uploads, reads and methods at addresses that nobody was given."""
    found: dict[str, int] = {}
    with Visitor(running.url) as visitor:
        visitor.open()
        mine = f"/_stcore/upload_file/{visitor.session_id}"
        for place in (f"/_stcore/upload_file/{uuid.uuid4()}/a", f"{mine}/", f"{mine}/a/b",
                      f"{mine}/a%2Fb", f"{mine}/%00", f"{mine}/..%2F..%2Fx",
                      f"{mine}/" + "a" * 50_000, f"{mine}/a%0A", f"{mine}/%C3%28"):  # fmt: skip
            try:
                visitor.put(place, bytes(1000))
                said = "taken"
            except RuntimeError as refusal:
                said = str(refusal).split(": ", 1)[1][:3]
            except OSError:
                said = "closed"
            found[said] = found.get(said, 0) + 1
    host = running.url.removeprefix("http://")
    for verb, path in (("HEAD", "/"), ("GET", "/media/" + "a" * 1000), ("PROPFIND", "/"),
                       ("POST", "/_stcore/stream"), ("GET", "/component/../../etc/passwd"),
                       ("GET", "/static/..%2f..%2f..%2fetc/passwd")):  # fmt: skip
        for _ in range(50):
            connection = http.client.HTTPConnection(host, timeout=60)
            with contextlib.suppress(OSError):
                connection.request(verb, path, headers={"Range": "bytes=0-," + "0-1," * 5000})
                said = str(connection.getresponse().status)
                found[said] = found.get(said, 0) + 1
            connection.close()
    return found | {"health, s": healthy(running.url), "check, s": checked(running.url)}
