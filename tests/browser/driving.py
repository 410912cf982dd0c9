"""How the journeys drive the app: sizes of screens, patience, and waiting until a run has ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from playwright.sync_api import Page, ViewportSize

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 60_000  # milliseconds: the first check imports torch

# Counts the script runs that have ended. A widget that was just used still reads "not running".
_COUNT = """() => {
    window.runsEnded = 0;
    const app = document.querySelector('[data-testid=stApp]');
    new MutationObserver(() => {
        if (app.dataset.testScriptState === 'notRunning') window.runsEnded++;
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
_IDLE = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
# The page itself scrolls inside one element; a wide table inside it may, and has its own bar.
_FITS = """['html', '[data-testid=stMain]'].every(place => {
    const box = document.querySelector(place);
    return box.scrollWidth <= box.clientWidth;
})"""


def open_page(page: Page, url: str) -> None:
    """Go to an address and wait until its script has run."""
    page.goto(url)
    page.get_by_role("heading", level=1).first.wait_for(timeout=PATIENCE)
    page.wait_for_function(_IDLE, timeout=PATIENCE)
    page.evaluate(_COUNT)


@contextlib.contextmanager
def one_run(page: Page) -> Iterator[None]:
    """Wait, after what is done inside, until a script run that it caused has ended."""
    before = page.evaluate("window.runsEnded")
    yield
    page.wait_for_function(
        f"before => window.runsEnded > before && {_IDLE}", arg=before, timeout=PATIENCE
    )


def fits_sideways(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate(_FITS))
