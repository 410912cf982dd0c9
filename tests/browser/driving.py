"""How the journeys drive the app: sizes of screens, patience, and waiting until a run has ended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from playwright.sync_api import FloatRect, Locator, Page, ViewportSize
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 60_000  # milliseconds: the first check imports torch

# What the server says of a run that was not cut short by the next.
_COMPLETE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_ended: WeakKeyDictionary[Page, int] = WeakKeyDictionary()

# A run's elements are drawn some time after the server has said that it ended.
_WATCH = """() => {
    window.lastChange = performance.now();
    new MutationObserver(() => { window.lastChange = performance.now(); })
        .observe(document.body, {subtree: true, childList: true, attributes: true});
}"""
_IDLE = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
_SETTLED = f"{_IDLE} && performance.now() - window.lastChange > 250"
# The page itself scrolls inside one element; a wide table inside it may, and has its own bar.
_FITS = """['html', '[data-testid=stMain]'].every(place => {
    const box = document.querySelector(place);
    return box.scrollWidth <= box.clientWidth;
})"""


def open_page(page: Page, url: str) -> None:
    """Go to an address and wait until its script has run."""
    if page not in _ended:
        _ended[page] = 0
        page.on("websocket", lambda socket: socket.on("framereceived", lambda f: _count(page, f)))
    page.goto(url)
    page.get_by_role("heading", level=1).first.wait_for(timeout=PATIENCE)
    page.wait_for_function(_IDLE, timeout=PATIENCE)
    page.evaluate(_WATCH)


@contextlib.contextmanager
def one_run(page: Page) -> Iterator[None]:
    """Wait, after what is done inside, until a script run that it caused has ended and is drawn.

    The server's word counts: a short run may begin and end between two frames, and then the
    page's own state never says that it ran.
    """
    page.wait_for_function(_SETTLED, timeout=PATIENCE)  # no run before it counts
    before = _ended[page]
    yield
    patient_until = time.monotonic() + PATIENCE / 1000
    while _ended[page] == before:
        assert time.monotonic() < patient_until, "no script run has ended"
        page.wait_for_timeout(20)  # lets the frames come in
    page.wait_for_function(_SETTLED, timeout=PATIENCE)


def _count(page: Page, frame: bytes | str) -> None:
    message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
    if message.WhichOneof("type") == "script_finished" and message.script_finished in _COMPLETE:
        _ended[page] += 1


def at_rest(page: Page, places: list[Locator]) -> list[FloatRect]:
    """Where places are once nothing moves any more: a page is drawn from above, part by part."""
    before: list[FloatRect | None] = []
    for _ in range(40):
        boxes = [place.bounding_box() for place in places]
        if boxes == before and all(boxes):
            return [box for box in boxes if box]
        before = boxes
        page.wait_for_timeout(500)
    raise AssertionError(f"the page still moves: {before}")


def fits_sideways(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate(_FITS))


def ask_for_map(page: Page) -> None:
    """Switch the saliency map on where it is off at first: in a narrow window."""
    switch = page.get_by_role("switch", name="Show where it looked")
    if not switch.is_checked():
        with one_run(page):
            switch.evaluate("element => element.click()")  # its label lies over it
