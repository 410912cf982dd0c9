from __future__ import annotations

from playwright.sync_api import Browser, expect

from pages.lesson.steps import STEPS
from tests.browser.driving import DESKTOP, PATIENCE, open_page
from tests.support.server import serving


def test_a_new_server_shows_its_navigation_whatever_address_is_opened_first(
    browser: Browser,
) -> None:
    step = STEPS[-1]
    with serving() as (_, url):
        context = browser.new_context(viewport=DESKTOP)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        for _ in range(2):
            open_page(page, f"{url}/in_class?step={step.address}")
            expect(page.get_by_role("heading", name=step.title)).to_be_visible()
            expect(page.get_by_role("link", name="Check a photo")).to_be_visible()
            expect(page.get_by_role("link", name="About")).to_be_visible()
            assert page.url.endswith(f"/in_class?step={step.address}")
        context.close()
