"""Whole ways through the app, on a desktop and on a phone."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from core import checkpoints, classifier
from core.assessment.look_alikes import SHOWN
from core.batch.rows import NOT_READ
from core.images import open_image
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.examples import read_examples
from core.reports.photo_report import TITLE
from core.statistics import estimates
from pages.components.not_judged import ANYWAY
from pages.lesson.steps import STEPS
from tests.browser.driving import (
    DESKTOP,
    PATIENCE,
    PHONE,
    ask_for_map,
    fits_sideways,
    one_run,
    open_page,
)
from tests.support import past_the_stop

VERDICT = re.compile("To this model, the picture looks")
PICTURES = 50
BAD = {
    "folder/cut.jpg": "damaged or incomplete",
    "folder/words.jpg": "not a picture",
    "empty.jpg": "empty",
}


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 pictures of which three are none."""
    path = tmp_path_factory.mktemp("zips") / "holiday.zip"
    drawing = _jpeg(0)
    bad = dict(zip(BAD, (drawing[: len(drawing) // 2], b"just words\n" * 50, b""), strict=True))
    with zipfile.ZipFile(path, "w") as file:
        for number in range(PICTURES - len(bad)):
            file.writestr(f"folder/{number:02}.jpg", _jpeg(number))
        for name, data in bad.items():
            file.writestr(name, data)
    return path


def _jpeg(seed: int) -> bytes:
    data = io.BytesIO()
    draw_lesion(160, 120, seed=seed).save(data, "JPEG", quality=90)
    return data.getvalue()


@pytest.fixture
def real_photo(tmp_path: Path) -> Path:
    """A phone photo of a lesion, which the first model judges."""
    found = next(one for one in read_examples() if one.file == "PAT_621_3591_171.jpg")
    path = tmp_path / "mole.jpg"
    path.write_bytes(found.data)
    return path


def test_from_a_photo_to_its_report(page: Page, address: str, real_photo: Path) -> None:
    photo = real_photo
    open_page(page, address)
    page.set_input_files("input[type=file]", photo)
    past_the_stop.press_until(page, page.get_by_text(VERDICT).is_visible)
    ask_for_map(page)
    picture = page.get_by_role("img", name=re.compile("saliency map"))
    expect(picture).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Report as PDF")).click()
    pdf = PdfReader(download.value.path())
    assert download.value.suggested_filename == "lesion-check.pdf"
    assert len(pdf.pages) == 1
    assert len(pdf.pages[0].images) == 2 + SHOWN  # the photo, its map, and what is most like it
    text = " ".join(pdf.pages[0].extract_text().split())
    model = classifier.load(checkpoints.default() or "")
    # the words of a page drawn on paper have lost their no-break spaces, too
    found = model.probabilities([open_image(photo.read_bytes())])[0]
    chance = " ".join(estimates.chance(found).split())
    for words in (TITLE, f"malignant (cancerous) at {chance}", "not a diagnosis",
                  model.card.weights.sha256[:16], "see a doctor about a spot if"):  # fmt: skip
        assert words in text
    assert photo.name not in text
    assert fits_sideways(page)


def test_a_zip_of_fifty_gets_a_row_each_and_three_say_why_not(
    page: Page, address: str, archive: Path
) -> None:
    open_page(page, f"{address}/many_photos")
    page.set_input_files("input[type=file]", archive)
    expect(page.get_by_text(re.compile(rf"of {PICTURES} files looked at"))).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    summary = page.get_by_text(re.compile(rf"^{PICTURES} files: "))
    expect(summary).to_contain_text(f"{len(BAD)} {NOT_READ}")
    # inside a canvas, where screen readers find it, and what has no box counts as hidden
    grid = page.get_by_role("grid", include_hidden=True)
    expect(grid).to_have_attribute("aria-rowcount", str(PICTURES + 1))
    assert fits_sideways(page)
    page.get_by_test_id("stDataFrame").hover()
    tools = page.get_by_test_id("stElementToolbar")
    expect(tools.get_by_role("button", name="Search")).to_be_visible()
    expect(tools.get_by_role("button", name="Download")).to_have_count(0)  # with the photos in it
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV", exact=True).click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert len(rows) == PICTURES
    unread = {name: row for name, row in rows.items() if row["answer"] == NOT_READ}
    assert unread.keys() == BAD.keys()
    for name, why in BAD.items():
        assert why in unread[name]["warnings"]
        assert unread[name]["probability_malignant"] == ""
    name = "folder/07.jpg"
    model = classifier.load(rows[name]["model"])
    expected = model.probabilities([open_image(_jpeg(7))])[0]
    assert float(rows[name]["probability_malignant"]) == pytest.approx(expected, abs=6e-4)


def test_a_row_of_many_is_opened_and_the_table_is_there_afterwards(
    page: Page, address: str, tmp_path: Path
) -> None:
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(_jpeg(number))
    open_page(page, f"{address}/many_photos")
    page.set_input_files("input[type=file]", sorted(tmp_path.glob("*.jpg")))
    summary = page.get_by_text(re.compile("^2 files: "))
    summary.wait_for()
    grid = page.get_by_test_id("stDataFrame")
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    # a canvas: under a head of 36 pixels rows of 56, and beside a picture of 75 the button
    grid.click(position={"x": 112, "y": 36 + 56 + 28})
    expect(page.get_by_role("heading", name="Check a photo", exact=True)).to_be_visible()
    past_the_stop.press_until(page, page.get_by_text(VERDICT).is_visible)
    model = classifier.load(checkpoints.default() or "")
    chance = estimates.chance(model.probabilities([open_image(_jpeg(1))])[0])
    expect(page.get_by_text(VERDICT)).to_contain_text(chance)
    page.go_back()
    summary.wait_for()
    expect(page.get_by_role("button", name="Forget these")).to_be_visible()


def test_each_step_of_the_lesson_has_its_address(page: Page, address: str) -> None:
    for number, step in enumerate(STEPS, 1):
        open_page(page, f"{address}/in_class?step={step.address}")
        title = f"{number} of {len(STEPS)}: {step.title}"
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        expect(page.get_by_text(step.question)).to_be_visible()
        expect(page.get_by_role("slider").first).to_be_visible()
        expect(page.get_by_test_id("stMain").get_by_role("img").first).to_be_visible()
        assert fits_sideways(page)
    expect(page.get_by_role("button", name=re.compile("^Next"))).to_have_count(0)


def test_a_photo_is_sent_and_its_verdict_reached_with_the_keyboard_alone(
    page: Page, address: str, photo: Path
) -> None:
    # intercepted from now on: asked for at the last moment, Chromium may open its own dialog first
    page.on("filechooser", lambda _: None)
    open_page(page, address)
    # the page's parts come one by one: one that comes behind the focus is a whole round away
    page.wait_for_function(
        "[...document.querySelectorAll('button')]"
        ".some(e => /upload$/i.test((e.ariaLabel || e.innerText).trim()))"
    )
    _tab_to(page, "upload$")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photo)
    stopped, verdict = page.get_by_role("button", name=ANYWAY), page.get_by_text(VERDICT)
    expect(verdict.or_(stopped).first).to_be_visible()
    if stopped.is_visible():
        _tab_to(page, f"{ANYWAY.lower()}$")
        with one_run(page):
            page.keyboard.press("Enter")
    expect(verdict).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Report as PDF"))).to_be_visible()
    _tab_to(page, "report as pdf, one page$")
    with page.expect_download():
        page.keyboard.press("Enter")


def _tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until the button that has the focus is called ``name``, a pattern in small letters.

    A page's body and its main part take the focus too, and hold the words of every button.
    """
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(e => e.matches('button') ? e.ariaLabel || e.innerText : '')(document.activeElement)"
        )
        if re.search(name, focused.strip().lower()):
            return
    raise AssertionError(f"{most} times Tab did not reach '{name}'")
