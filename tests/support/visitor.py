"""A visitor without a browser: streamlit's own protocol over a real websocket, uploads over HTTP.

    with Visitor("http://127.0.0.1:8501") as visitor:
        visitor.open()
        visitor.upload(jpeg)
        visitor.texts("heading")

What a page shows is kept as the browser keeps it: elements by their place, swept after each run.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import uuid
from types import TracebackType
from urllib.parse import urlparse

from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

from pages.components.not_judged import ANYWAY

_COOKIE = "_streamlit_xsrf"
Path = tuple[int, ...]


class Visitor:
    """One session. Every method that says something waits until the script has ended."""

    def __init__(self, url: str, patience: float = 600.0) -> None:
        self.url, self.patience = url, patience
        self.host = urlparse(url).netloc
        self.session_id, self.page = "", ""
        self.pages: dict[str, str] = {}  # title to hash
        self.widgets: dict[str, WidgetState] = {}
        self._elements: dict[Path, tuple[str, Element]] = {}
        self._token = self._fetch_token()
        self._held = contextlib.ExitStack()
        self._socket: ClientConnection = self._held.enter_context(
            connect(
                f"ws://{self.host}/_stcore/stream",
                subprotocols=["streamlit", self._token],  # type: ignore[list-item]
                additional_headers={"Cookie": self._cookies},
                origin=url,  # type: ignore[arg-type]
                max_size=None,
                ping_interval=None,  # who does not read would be taken for one who left
                close_timeout=0.5,  # nor is the server's goodbye read, behind what was not read
            )
        )

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.leave()

    def leave(self) -> None:
        self._held.close()

    # --- what a visitor does

    def open(self, page: str = "") -> None:
        """Go to a page by its title; the first page without one."""
        self.page = self.pages[page] if page else ""
        self.widgets.clear()
        self.run()

    def run(self) -> None:
        """Run the page with the widgets as they are, and wait for its end."""
        self.ask()
        self.listen()

    def ask(self, query: str = "") -> None:
        """Ask for a run without waiting: as pressing twice does, or leaving at once.

        ``query`` is what the page's address asks for.
        """
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.widget_states.widgets.extend(self.widgets.values())
        self.say(message)

    def upload(self, data: bytes, name: str = "mole.jpg") -> None:
        """Put a file into the page's first uploader and run.

        Asks for another photo if there is one already.
        """
        if not self.found("file_uploader"):
            self.press("Change")
        before = self.place_file(data, name)
        self.run()
        if before is not None:  # as the browser does with a file that is no longer chosen
            for old in before.file_uploader_state_value.uploaded_file_info:
                self._request("DELETE", old.file_urls.delete_url)

    def place_file(self, data: bytes, name: str = "mole.jpg") -> WidgetState | None:
        """Put a file into the page's first uploader and don't run; what was in it before."""
        (uploader,) = self.found("file_uploader")[:1]
        urls = self.place_for_file(name)
        self.put(urls.upload_url, data, name)
        state = WidgetState(id=uploader.file_uploader.id)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = urls.file_id, name, len(data)
        info.file_urls.CopyFrom(urls)
        before = self.widgets.get(state.id)
        self.widgets[state.id] = state
        return before

    def place_for_file(self, name: str = "mole.jpg") -> FileURLs:
        """Where the server says that a file is to be put."""
        request = BackMsg()
        request.file_urls_request.request_id = str(uuid.uuid4())
        request.file_urls_request.session_id = self.session_id
        request.file_urls_request.file_names.append(name)
        self.say(request)
        while not (message := self._receive()).HasField("file_urls_response"):
            self._take(message)
        return message.file_urls_response.file_urls[0]

    def say(self, message: BackMsg) -> None:
        """Send any message, also one that no browser sends."""
        self._socket.send(message.SerializeToString())

    @property
    def wire(self) -> socket.socket:
        """What the messages go over, for who sends less than a whole one."""
        return self._socket.socket

    def choose(self, label: str, number: int) -> None:
        """Choose the option of that number in the select box called ``label``, and run."""
        (box,) = (one.selectbox for one in self.found("selectbox") if one.selectbox.label == label)
        self.widgets[box.id] = WidgetState(id=box.id, string_value=box.options[number])
        self.run()

    def anyway(self) -> None:
        """Go past the stop, if the picture was stopped: drawings are."""
        self.press(ANYWAY)

    def press(self, label: str) -> None:
        """Press the first button called so, if there is one, and run."""
        for button in (one.button for one in self.found("button")):
            if button.label == label:
                self.widgets[button.id] = WidgetState(id=button.id, trigger_value=True)
                self.run()
                self.widgets.pop(button.id, None)
                return

    # --- what a visitor sees

    def found(self, kind: str) -> list[Element]:
        """The elements of a kind, in order."""
        return [
            element for _, (_, element) in sorted(self._elements.items())
            if element.WhichOneof("type") == kind
        ]  # fmt: skip

    def texts(self, kind: str) -> list[str]:
        return [getattr(element, kind).body for element in self.found(kind)]

    def fetch(self, path: str) -> bytes:
        """What is served at a path of this server, such as a picture's."""
        return self._request("GET", path)

    def maps(self) -> list[str]:
        """Where the pictures are served that the page shows of the photo, as told to the blind."""
        pictures = (picture for element in self.found("imgs") for picture in element.imgs.imgs)
        return [picture.url for picture in pictures if "saliency map" in picture.alt]

    def picture(self) -> Image.Image:
        """The photo with its map, as it is served."""
        return Image.open(io.BytesIO(self.fetch(self.maps()[0]))).convert("RGB")

    # --- how

    def listen(self) -> None:
        """Take messages until a script has ended by itself."""
        done = ForwardMsg.FINISHED_SUCCESSFULLY
        while True:
            message = self._receive()
            self._take(message)
            if message.HasField("script_finished") and message.script_finished == done:
                ended = self._run_id
                self._elements = {
                    place: kept for place, kept in self._elements.items() if kept[0] == ended
                }
                here = {_id(element) for _, element in self._elements.values()}
                self.widgets = {one: state for one, state in self.widgets.items() if one in here}
                return

    _run_id = ""

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session_id = message.new_session.initialize.session_id
            self._run_id = uuid.uuid4().hex
        elif kind == "navigation":
            self.pages = {page.page_name: page.page_script_hash for page in
                          message.navigation.app_pages}  # fmt: skip
            self.page = message.navigation.page_script_hash
        elif kind == "delta":
            place = tuple(message.metadata.delta_path)
            if message.delta.WhichOneof("type") == "new_element":
                self._elements[place] = (self._run_id, message.delta.new_element)
            elif message.delta.WhichOneof("type") == "add_block":
                self._elements.pop(place, None)

    def _receive(self) -> ForwardMsg:
        data = self._socket.recv(timeout=self.patience)
        return ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())

    def _fetch_token(self) -> str:
        connection = http.client.HTTPConnection(self.host, timeout=self.patience)
        try:
            connection.request("GET", "/_stcore/health")
            answer = connection.getresponse()
            answer.read()
            cookies = answer.headers.get_all("Set-Cookie") or []
        finally:
            connection.close()
        told = [text.split(";")[0] for text in cookies]
        (token,) = (text for text in told if text.startswith(f"{_COOKIE}="))
        token = token.removeprefix(f"{_COOKIE}=").strip('"')
        # what a proxy asks a browser to keep is kept as well
        others = [text for text in told if not text.startswith(f"{_COOKIE}=")]
        self._cookies = "; ".join([f"{_COOKIE}={token}", *others])
        return token

    def put(self, path: str, data: bytes, name: str = "mole.jpg") -> None:
        """Put a file there; ``RuntimeError`` with the server's words if it is refused."""
        head, foot, kind = multipart(name)
        self._request("PUT", path, head + data + foot, {"Content-Type": kind})

    @property
    def identity(self) -> dict[str, str]:
        """The headers that tell the server whose request one is."""
        return {"X-Xsrftoken": self._token, "Cookie": self._cookies}

    def _request(
        self, verb: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        connection = http.client.HTTPConnection(self.host, timeout=self.patience)
        try:
            connection.request(verb, path, body or None, self.identity | (headers or {}))
            answer = connection.getresponse()
            found = answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{verb} {path}: {answer.status} {found[:200]!r}")
            return found
        finally:
            connection.close()


def _id(element: Element) -> str:
    """What a widget's state is told under; empty for what is no widget."""
    return getattr(getattr(element, element.WhichOneof("type") or "", None), "id", "")


def multipart(name: str) -> tuple[bytes, bytes, str]:
    """What stands before and after a file in a form, and the form's content type."""
    edge = uuid.uuid4().hex
    quoted = name.replace('"', "%22")
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode(), f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"
