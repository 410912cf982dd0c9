from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.driving import (
    DESKTOP,
    PATIENCE,
    PHONE,
    at_rest,
    fits_sideways,
    one_run,
    open_page,
)
from tests.support import past_the_stop


def test_a_checked_photo_is_stressed_and_its_setting_shared(
    browser: Browser, address: str, photo: Path
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    open_page(page, address)
    page.set_input_files("input[type=file]", photo)
    past_the_stop.press_until(page, page.get_by_text(re.compile("To this model")).is_visible)
    with one_run(page):
        page.get_by_role("link", name="Stress test").click()
    expect(page.get_by_text("Your photo", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("img", name="The picture under JPEG.")).to_be_visible()
    with one_run(page):
        page.get_by_text("Attacks and noise").click()
    after = page.get_by_role("img", name=re.compile("The picture under FGSM"))
    expect(after).to_be_visible(timeout=PATIENCE)
    before = after.get_attribute("src")
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(2):
        with one_run(page):
            slider.press("ArrowRight")
    expect(after).not_to_have_attribute("src", before or "", timeout=PATIENCE)
    page.wait_for_url(re.compile("strength=2"), timeout=PATIENCE)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["strength"] == ["2/255"]
    assert set(asked) == {"attack", "strength", "model", "seed"}
    expect(page.get_by_text(re.compile("makes the other"))).to_be_visible(timeout=PATIENCE)
    with one_run(page):
        page.get_by_role("radio", name="Before").click()
    expect(page.get_by_role("img", name="The picture as the model takes it.")).to_be_visible()
    expect(after).to_have_count(0)  # in its place, not beside it

    with page.expect_download() as handed:
        page.get_by_role("button", name="Download").first.click()
    assert handed.value.suggested_filename.startswith("lesion_fgsm_2-of-255_")

    other = context.new_page()  # whoever opens the address: the setting, and no photo
    other.goto(page.url)
    expect(other.get_by_text(re.compile("Until then an example"))).to_be_visible(timeout=PATIENCE)
    expect(other.get_by_text("2/255", exact=True).first).to_be_visible(timeout=PATIENCE)
    assert other.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


@pytest.mark.parametrize("screen", [{"width": 1024, "height": 768}, PHONE], ids=["wide", "phone"])
def test_sentence_picture_and_slider_are_seen_together(
    browser: Browser, address: str, screen: ViewportSize
) -> None:
    context = browser.new_context(viewport=screen)
    page = context.new_page()
    open_page(page, f"{address}/stress_test")
    places = [
        page.get_by_text(re.compile("(changes the answer|leaves the answer)")).first,
        page.get_by_role("img", name="The picture under JPEG."),
        page.get_by_role("slider"),
    ]
    for place in places:
        expect(place).to_be_visible(timeout=PATIENCE)
    boxes = at_rest(page, places)
    bottom = 0.0
    for box in boxes:
        assert box["y"] >= bottom  # in this order, each under the one before
        bottom = box["y"] + box["height"]
    assert bottom <= screen["height"]
    assert fits_sideways(page)
    context.close()
