"""Nobody else hears of a visit: all that a page loads comes from the server's own address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, expect

from streamlit_app import PAGES
from tests.browser.driving import DESKTOP, PATIENCE, one_run, open_page

# Chromium does not tell of the request for a page's icon: all that the page names at any time is
# looked at as well.
_NOTE = """window.named = new Set();
new MutationObserver(() => document
    .querySelectorAll('link[href], script[src], img[src], iframe[src]')
    .forEach(one => window.named.add(one.href || one.src))
).observe(document, {subtree: true, childList: true, attributes: true});"""


def elsewhere(addresses: list[str], url: str) -> set[str]:
    """Those that another server would be asked for."""
    own = urlparse(url).netloc
    return {
        address for address in addresses
        if urlparse(address).scheme in ("http", "https", "ws", "wss")
        and urlparse(address).netloc != own
    }  # fmt: skip


def test_another_server_is_seen() -> None:
    asked = ["http://here:1/a", "ws://here:1/b", "data:image/png,x", "https://there/icon.png"]
    assert elsewhere(asked, "http://here:1") == {"https://there/icon.png"}


@pytest.mark.parametrize("name", [name for name, *_ in PAGES])
def test_a_page_asks_no_other_server_for_anything(
    browser: Browser, address: str, photo: Path, name: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    page.add_init_script(_NOTE)
    context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    open_page(page, f"{address}/{name}" if name != PAGES[0][0] else address)
    if name == PAGES[0][0]:
        with one_run(page):
            page.locator("input[type=file]").first.set_input_files(photo)
        expect(page.get_by_role("button", name="Change")).to_be_visible()
    page.wait_for_timeout(1000)
    asked += page.evaluate("[...window.named]")
    context.close()
    assert len(asked) > 10
    assert elsewhere(asked, address) == set()
