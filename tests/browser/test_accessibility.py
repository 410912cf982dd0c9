"""Every page in every state, looked over by axe-core: light and dark, wide and narrow.

axe-core (Deque, MPL 2.0) comes with the package axe-playwright-python (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from core import checkpoints, classifier
from core.images import open_image
from core.labels import LOOKS
from core.pictures.examples import read_examples
from tests.browser.driving import DESKTOP, PATIENCE, PHONE, fits_sideways, one_run, open_page
from tests.support.server import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")
FRONT = "check_a_photo"  # the page at the bare address
GRAVE = ("serious", "critical")
ORDER = ("heading-order", "page-has-heading-one")  # how those who can't see it move about a page
ARCHIVE = ".zip"  # all that an uploader of archives accepts

JUDGED, FAR = (
    next(one for one in read_examples() if one.file == file)
    for file in ("PAT_801_1518_78.jpg", "made_far_away.jpg")
)

_AXE = Axe()
_THEME = "getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
_MOVING = "document.getAnimations().some(a => a instanceof CSSTransition)"
# what is of the run before is pale until the run has ended
_DRAWN = """document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]')"""
_HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_grave_and_nothing_scrolls_sideways(
    browser: Browser, address: str, photo: Path, name: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, f"{address}/{'' if name == FRONT else name}")
    found: dict[str, str] = {}  # what is found in many states is told once
    for state in _states(page, photo):
        _look_over(page, state, found)
    context.close()
    assert not found, _told(found)


@pytest.mark.parametrize("answer", ["benign", "malignant", "uncertain"])
def test_axe_finds_nothing_grave_beside_an_answer(
    browser: Browser, address: str, answer: str
) -> None:
    """A real picture's answer, with its map, its look-alikes and the crop unfolded."""
    model = classifier.load(checkpoints.default() or "")
    photos = (one for one in read_examples() if one.kind == "photo")
    file = next(
        (one for one in photos if model.assess(open_image(one.data)).answer == answer), None
    )
    if file is None:
        pytest.skip(f"no example is {answer} to this model")
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    page.get_by_role("button", name=file.shows, exact=True).click()
    page.get_by_role("heading", name=re.compile(f"{LOOKS[answer]}$", re.IGNORECASE)).wait_for()
    page.get_by_role("button", name="Change").wait_for()
    found: dict[str, str] = {}
    _unfold(page)
    _look_over(page, answer, found)
    context.close()
    assert not found, _told(found)


def test_axe_finds_nothing_grave_about_a_stopped_picture_and_a_part_of_it(
    browser: Browser, address: str
) -> None:
    """A lesion taken from too far away: why it is stopped, the frame, and the part's answer."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, address)
    page.set_input_files("input[type=file]", FAR.path)
    part = page.get_by_role("button", name="Check this part")
    part.wait_for()
    why = page.get_by_role("alert").filter(has_text="No answer for this picture")
    expect(why).to_be_visible()
    found: dict[str, str] = {}
    _unfold(page)
    _look_over(page, "stopped", found)
    part.click()
    page.get_by_role("button", name="Back to the whole photo").wait_for()
    _unfold(page)
    _look_over(page, "a part", found)
    context.close()
    assert not found, _told(found)


def test_axe_finds_nothing_grave_about_a_batch(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    """The rows of files that are judged, stopped and refused."""
    wrong = tmp_path / "words.jpg"
    wrong.write_text("words")
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, f"{address}/many_photos")
    page.set_input_files("input[type=file]", [JUDGED.path, FAR.path, wrong])
    page.get_by_text(re.compile("^3 files: ")).wait_for()
    page.wait_for_function(_DRAWN)
    found: dict[str, str] = {}
    _unfold(page)
    _look_over(page, "a batch", found)
    context.close()
    assert not found, _told(found)


def _states(page: Page, photo: Path) -> Iterator[str]:
    """What each choice at the head of the page shows, with everything unfolded.

    With a photo where one is asked for.
    """
    choices = page.get_by_test_id("stButtonGroup").first.get_by_role("radio")
    for number in range(max(choices.count(), 1)):
        name = choices.nth(number).inner_text() if choices.count() else "as opened"
        if choices.count() and choices.nth(number).get_attribute("aria-checked") != "true":
            with one_run(page):
                choices.nth(number).click()
        files = page.locator("input[type=file]")
        if files.count():
            yield f"{name}, empty"
            if ARCHIVE not in (files.first.get_attribute("accept") or ""):
                with one_run(page):
                    files.first.set_input_files(photo)
        for switch in page.get_by_role("switch").all():
            with one_run(page):
                _click(switch)
        _unfold(page)
        yield name


def _unfold(page: Page) -> None:
    for fold in page.locator("details").all():
        if fold.get_attribute("open") is None:
            _click(fold.locator("summary"))


def _look_over(page: Page, state: str, found: dict[str, str]) -> None:
    """Add what is wrong in this state of the page, light and dark, wide and narrow."""
    for scheme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            where = f"{state}, {scheme}, {size['width']}"
            _show_whole(page, scheme, size["width"])
            for finding in _grave(page):
                found.setdefault(finding, where)
            if not fits_sideways(page):
                found.setdefault("wider than the screen", where)
    _show_whole(page, "light", DESKTOP["width"])


def _told(found: dict[str, str]) -> str:
    return "\n".join(f"{finding} [{where}]" for finding, where in found.items())


def _click(place: Locator) -> None:
    place.evaluate("element => element.click()")  # a label or an icon may lie over it


def _show_whole(page: Page, scheme: str, width: int) -> None:
    """The page so high that nothing is scrolled out: axe looks at what is in view alone."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": DESKTOP["height"]})
    page.wait_for_function(f"{_THEME} === '{scheme}'")
    page.set_viewport_size({"width": width, "height": page.evaluate(_HEIGHT) + 200})
    page.wait_for_function(f"!{_MOVING}")


def _grave(page: Page) -> list[str]:
    violations = _AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {' '.join(node['failureSummary'].split())[:200]}"
        for violation in violations
        if violation["impact"] in GRAVE or violation["id"] in ORDER
        for node in violation["nodes"]
    ]
