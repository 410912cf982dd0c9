from __future__ import annotations

import re

import pytest
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


@pytest.mark.parametrize("place", ["in_class", "stress_test"])
def test_a_slider_leaves_no_trail_in_the_history(
    browser: Browser, address: str, place: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, f"{address}/{place}")
    before = page.evaluate("history.length")
    slider = page.get_by_role("slider").first
    slider.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        with one_run(page):
            slider.press(key)
    assert page.evaluate("history.length") == before
    context.close()


@pytest.mark.parametrize(
    ("title", "view", "asked"),
    [
        ("Compare models", "Table", "compare=Table"),
        ("In class", "leak", "step=leak"),
        ("Skin tone", "One picture, ten tones", "tones=One+picture%2C+ten+tones"),
        ("Stress test", "Attacks and noise", "attack=fgsm&strength=0.003&model=general&seed=0"),
        ("About", "resnet18", "card=resnet18"),
    ],
)
def test_one_step_back_leaves_a_page_whatever_was_chosen_there_and_forward_shows_it_again(
    browser: Browser, address: str, title: str, view: str, asked: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    with one_run(page):
        page.get_by_role("link", name=title, exact=True).first.click()
    with one_run(page):
        page.get_by_role("radio", name=view, exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(asked) + "$"))
    chosen = page.url
    page.go_back()
    expect(page).to_have_title("Check a photo")
    expect(page).to_have_url(re.compile("/$"))
    page.go_forward()
    expect(page).to_have_title(title)
    expect(page.get_by_role("radio", name=view, exact=True)).to_be_checked()
    expect(page).to_have_url(chosen)
    context.close()


def test_a_choice_that_goes_with_its_view_adds_no_step_back(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    with one_run(page):
        page.get_by_role("link", name="Compare models", exact=True).first.click()
    with one_run(page):
        page.get_by_role("radio", name="One model", exact=True).click()
    with one_run(page):
        page.get_by_role("combobox", name="Model").first.click()
        page.get_by_role("option", name=re.compile("baseline", re.IGNORECASE)).first.click()
    expect(page).to_have_url(re.compile("one-model="))
    with one_run(page):
        page.get_by_role("radio", name="Table", exact=True).click()
    expect(page).to_have_url(re.compile("compare=Table$"))
    page.go_back()
    expect(page).to_have_title("Check a photo")
    context.close()


def test_a_page_that_frames_the_app_is_told_its_setting(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/_stcore/health")  # of the same origin
    page.evaluate(
        """url => {
            window.told = [];
            window.addEventListener("message", ({data}) => {
                if (data.type === "SET_QUERY_PARAM") { window.told.push(data.queryParams); }
            });
            document.body.innerHTML = `<iframe src="${url}" width="1200" height="850"></iframe>`;
        }""",
        f"{address}/stress_test?embed=true",
    )
    app = page.frame_locator("iframe")
    page.wait_for_function("window.told.some(told => told.includes('strength=0.50'))")
    before = page.evaluate("history.length")
    app.get_by_role("slider").press("ArrowRight")
    page.wait_for_function("window.told.some(told => told.includes('strength=0.55'))")
    assert page.evaluate("window.told.at(-1)") == (
        "?embed=true&attack=jpeg&strength=0.55&model=general&seed=0"
    )
    assert page.evaluate("history.length") == before
    context.close()


def test_a_choice_within_a_view_is_in_the_address_without_a_step_of_history(
    browser: Browser, address: str
) -> None:
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, f"{address}/compare_models?compare=Two+models")
    before = page.evaluate("history.length")
    page.get_by_role("combobox", name="Second model").click()
    with one_run(page):
        page.get_by_role("option", name=re.compile("robust")).first.click()
    expect(page).to_have_url(re.compile("second-model=.*robust"))
    assert page.evaluate("history.length") == before
    open_page(page, page.url)
    expect(page.get_by_text(re.compile("only resnet18_robust on")).first).to_be_visible()
    page.context.close()
