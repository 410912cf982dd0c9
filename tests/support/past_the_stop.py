"""Past the stop, as a visitor goes: the gate takes drawings for no skin, so they get no answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pages.components.not_judged import ANYWAY

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from streamlit.testing.v1 import AppTest

_LOOK = 50  # milliseconds
# The button stays on the screen until the run that it caused is over, and a second press would
# start that run over again; some time passes, too, before the page says that it runs.
_IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


def press_until(page: Page, done: Callable[[], bool], seconds: float = 60) -> None:
    """In Chromium: press 'Show it anyway' wherever it is offered, until ``done()`` and idle.

    ``TimeoutError`` if that is never.
    """
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"no answer within {seconds:.0f} s")
        button = page.get_by_role("button", name=ANYWAY)
        if page.locator(_IDLE).count() and button.is_visible() and button.is_enabled():
            button.click(timeout=1000 * seconds)
            button.wait_for(state="hidden", timeout=1000 * seconds)
        page.wait_for_timeout(_LOOK)
    page.locator(_IDLE).wait_for(timeout=1000 * seconds)


def press(app: AppTest) -> AppTest:
    """In streamlit's test driver: press the button if it is there, and run the page."""
    for button in app.button:
        if button.label == ANYWAY:
            return button.click().run()
    return app
