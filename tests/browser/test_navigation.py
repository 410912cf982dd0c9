from __future__ import annotations

from playwright.sync_api import Browser, expect

from pages.lesson.steps import STEPS
from streamlit_app import PAGES
from tests.browser.driving import DESKTOP, PATIENCE, one_run, open_page
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


def test_each_tab_is_named_after_its_page_and_back_goes_to_the_page_before(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    titles = [title for _, title, _ in PAGES]
    for title in titles[1:]:
        with one_run(page):
            page.get_by_role("link", name=title, exact=True).first.click()
        expect(page).to_have_title(title)
    for title in reversed(titles[:-1]):
        page.go_back()
        expect(page).to_have_title(title)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
    context.close()


def test_a_slider_leaves_no_trail_in_the_history(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, f"{address}/in_class")
    before = page.evaluate("history.length")
    slider = page.get_by_role("slider").first
    slider.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        with one_run(page):
            slider.press(key)
    assert page.evaluate("history.length") == before
    context.close()
