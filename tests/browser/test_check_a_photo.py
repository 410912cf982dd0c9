from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core import checkpoints, classifier
from core.images import open_image
from core.labels import LOOKS
from core.pictures.photo_tips import TIPS
from core.statistics import estimates
from pages.components import example_row
from pages.components.not_judged import ANYWAY
from tests.browser.driving import (
    DESKTOP,
    PATIENCE,
    PHONE,
    ask_for_map,
    at_rest,
    fits_sideways,
    one_run,
    open_page,
)
from tests.support import past_the_stop


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param)
    page = context.new_page()
    open_page(page, address)
    yield page
    context.close()


def _expected(photo: Path) -> str:
    model = classifier.load(checkpoints.default() or "")
    return estimates.chance(model.probabilities([open_image(photo.read_bytes())])[0])


def test_a_photo_is_uploaded_and_its_verdict_read(page: Page, photo: Path) -> None:
    page.set_input_files("input[type=file]", photo)
    verdict = page.get_by_text(re.compile("To this model, the picture looks"))
    past_the_stop.press_until(page, verdict.is_visible)
    expect(verdict).to_contain_text(_expected(photo))
    expect(page.get_by_text("This is not a diagnosis")).to_be_visible()
    ask_for_map(page)
    picture = page.get_by_role("img", name=re.compile("saliency map"))
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 800  # read at half of the 1,600 sent
    assert fits_sideways(page)


def test_a_picture_that_is_no_skin_is_stopped_above_the_fold(
    page: Page, meadow: Path, tmp_path: Path
) -> None:
    page.set_input_files("input[type=file]", meadow)
    on = page.get_by_role("button", name=ANYWAY)
    expect(on).to_be_visible(timeout=PATIENCE)
    why = page.get_by_role("alert").filter(has_text="No answer for this picture")
    expect(why).to_be_in_viewport(ratio=1)
    expect(on).to_be_in_viewport(ratio=1)
    expect(page.get_by_text(re.compile("To this model"))).to_have_count(0)
    on.focus()
    with one_run(page):
        on.press("Enter")  # from the keyboard, too
    expect(page.get_by_text(re.compile("To this model"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("alert").filter(has_text="not look like skin")).to_be_visible()
    expect(on).to_have_count(0)
    page.get_by_role("button", name="Change").click()
    page.set_input_files("input[type=file]", shutil.copy(meadow, tmp_path / "next.jpg"))
    expect(on).to_be_visible(timeout=PATIENCE)  # the choice was for that photo alone
    assert fits_sideways(page)


def test_the_focus_goes_to_the_answer_and_to_why_there_is_none(
    page: Page, photo: Path, tmp_path: Path
) -> None:
    """What a photo was sent with is gone then: the keyboard would begin at the page's top again."""

    def focused() -> str:
        script = "(e => e === document.body ? '' : e.innerText)(document.activeElement)"
        found: str = page.evaluate(script)
        return found

    page.get_by_role("button", name=EXAMPLE.shows, exact=True).click()
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_be_focused(timeout=PATIENCE)
    assert focused().endswith(tuple(answer.capitalize() for answer in LOOKS.values()))
    page.get_by_role("button", name="Forget").click()
    cat = tmp_path / "cat.png"
    Image.effect_noise((300, 300), 90).convert("RGB").save(cat)
    page.set_input_files("input[type=file]", cat)
    why = page.get_by_role("alert").filter(has_text="No answer for this picture")
    expect(why).to_be_focused(timeout=PATIENCE)
    page.get_by_role("button", name=ANYWAY).click()
    expect(page.get_by_role("heading", name="No answer")).to_be_visible(timeout=PATIENCE)
    reason = page.get_by_role("alert").first  # above the heading, and told first
    expect(reason).to_be_focused(timeout=PATIENCE)
    expect(reason).not_to_contain_text("No answer for this picture")
    page.get_by_role("button", name="Forget").click()
    wrong = tmp_path / "words.jpg"
    wrong.write_text("words")
    page.set_input_files("input[type=file]", wrong)
    refused = page.get_by_role("alert").filter(has_text="not a picture")
    expect(refused).to_be_focused(timeout=PATIENCE)
    other = page.get_by_role("radio", name="Take a photo")
    other.click()
    expect(other).to_be_focused()  # whoever has gone on keeps the place
    page.wait_for_timeout(500)
    expect(other).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_no_tip_is_cut_and_no_link_takes_two_lines(
    browser: Browser, address: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    tips = [page.get_by_role("img", name=tip.words) for tip in TIPS]
    boxes = at_rest(page, tips)
    edge = page.get_by_role("heading", level=1).evaluate("e => e.getBoundingClientRect().right")
    assert all(box["x"] + box["width"] <= edge + 1 for box in boxes)
    sides = [side for box in boxes for side in (box["width"], box["height"])]
    assert max(sides) - min(sides) < 1
    assert max(sides) <= 112  # half the pixels that they have
    page.get_by_role("button", name=EXAMPLE.shows, exact=True).click()
    for link in ("Does it hold under stress?", "On ten skin tones"):
        (box,) = at_rest(page, [page.get_by_role("link", name=link).get_by_text(link)])
        assert box["height"] < 30
        assert box["x"] + box["width"] <= edge + 1
    context.close()


def test_the_opacity_slider_redraws_the_map(page: Page, photo: Path) -> None:
    page.set_input_files("input[type=file]", photo)
    verdict = page.get_by_text(re.compile("To this model, the picture looks"))
    past_the_stop.press_until(page, verdict.is_visible)
    ask_for_map(page)
    picture = page.get_by_role("img", name=re.compile("saliency map"))
    expect(picture).to_be_visible()
    before = picture.get_attribute("src")
    slider = page.get_by_role("slider", name="How strongly the map is laid over")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowLeft")
    expect(slider).to_have_value("55")
    expect(picture).not_to_have_attribute("src", before or "", timeout=PATIENCE)


EXAMPLE = example_row.named("PAT_801_1518_78.jpg")


def _try_an_example(page: Page) -> None:
    assert EXAMPLE is not None
    page.get_by_role("button", name=EXAMPLE.shows).first.click(timeout=PATIENCE)


def test_a_real_picture_can_be_tried_without_any_photo(page: Page) -> None:
    _try_an_example(page)
    expect(page.get_by_text("An example", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("To this model"))).to_be_visible(timeout=PATIENCE)
    assert fits_sideways(page)


def test_a_narrow_window_shows_answer_reason_and_facts_first_and_no_map_unasked(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport=PHONE)  # a desktop's browser in a narrow window
    page = context.new_page()
    open_page(page, address)
    _try_an_example(page)
    picture = page.get_by_role("img", name=re.compile("saliency map"))
    # the answer's own list: 'How far to believe it' has another, far below
    facts = page.get_by_role("list").filter(has_text="pictures that get this answer").first
    facts = facts.get_by_role("listitem").filter(
        has_text=re.compile(
            r"^Of [\d,]+ (malignant phone photos|phone photos that|pictures that get)"
        )
    )
    for said in (
        page.get_by_role("heading", level=2).first,
        page.get_by_text(re.compile("To this model")),
        page.get_by_text(re.compile("^Of photos it ")),
    ):
        expect(said).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    expect(facts).to_have_count(3)
    for one in facts.all():
        expect(one).to_be_in_viewport(ratio=1)
    switch = page.get_by_role("switch", name="Show where it looked")
    expect(switch).to_have_count(1)
    expect(switch).not_to_be_checked()
    expect(picture).to_have_count(0)
    page.set_viewport_size(DESKTOP)  # there it stands beside the answer
    expect(switch).to_be_checked()
    expect(picture).to_be_visible()
    page.set_viewport_size(PHONE)
    ask_for_map(page)
    expect(picture).to_be_visible()
    assert fits_sideways(page)
    context.close()


def test_a_refused_file_leaves_the_page_usable(page: Page, meadow: Path, tmp_path: Path) -> None:
    text = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    text.write_text("not a picture", encoding="utf-8")
    page.on("dialog", lambda dialog: pytest.fail(f"the file's name ran: {dialog.message}"))
    with one_run(page):  # what is sent before its end may be overtaken by the uploader drawn anew
        page.set_input_files("input[type=file]", text)
    expect(page.get_by_role("alert")).to_contain_text("not a picture", timeout=PATIENCE)
    page.set_input_files("input[type=file]", meadow)
    past_the_stop.press_until(page, page.get_by_text(re.compile("To this model")).is_visible)
    # the refusal is gone; what is left says of the picture that it is no skin
    alerts = page.get_by_role("alert")
    expect(alerts.filter(has_text="not a picture")).to_have_count(0)
    expect(alerts.filter(has_text="does not look like skin")).to_have_count(1)


def test_the_figures_are_one_click_from_the_verdict(page: Page) -> None:
    _try_an_example(page)
    page.get_by_role("link", name="All figures and limits").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible(timeout=PATIENCE)
    for name in checkpoints.available():  # one card at a time, each with an address
        page.goto(f"{page.url.partition('?')[0]}?card={name}")
        heading = page.get_by_role("heading", name=re.compile(f"{name}$"))
        expect(heading).to_be_visible(timeout=PATIENCE)
    assert fits_sideways(page)
