"""The lesson on a projector of 1024 x 768: what a class has to see is seen without scrolling."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from pages.lesson.steps import STEPS, Step
from tests.browser.driving import PATIENCE, fits_sideways, one_run, open_page

PROJECTOR: ViewportSize = {"width": 1024, "height": 768}


@pytest.fixture(scope="module")
def projector(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PROJECTOR)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def inside(place: Locator) -> bool:
    """Whether an element lies in the window as a whole."""
    box = place.bounding_box()
    assert box is not None
    return (
        box["y"] >= 0
        and box["y"] + box["height"] <= PROJECTOR["height"]
        and box["x"] >= 0
        and box["x"] + box["width"] <= PROJECTOR["width"]
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.address)
def test_question_picture_knob_and_number_are_in_the_window(
    projector: Page, address: str, step: Step
) -> None:
    open_page(projector, f"{address}/in_class?step={step.address}")
    tell = projector.get_by_role("button", name="Tell the number")
    expect(tell).to_be_visible(timeout=PATIENCE)  # once the networks of 'change' have answered
    picture = projector.get_by_test_id("stMain").get_by_role("img").first
    knob, guess = (projector.get_by_role("slider").nth(i) for i in range(2))
    bar = projector.get_by_role("img", name="Bar from 0 to 100 %")
    for place in (projector.get_by_text(step.question), picture, knob, guess, bar, tell):
        assert inside(place), step.address
    with one_run(projector):
        tell.click()
    expect(bar).to_have_attribute("aria-label", re.compile(r"your guess.*; .*%"))
    # nothing has jumped, and the way on is there too
    answer = projector.get_by_text("Show the answer", exact=True)
    for place in (picture, knob, bar, answer):
        assert inside(place), step.address
    with one_run(projector):
        answer.click()
    assert projector.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    assert fits_sideways(projector)
