"""Every page in every state, looked over by axe-core: light and dark, wide and narrow.

axe-core (Deque, MPL 2.0) comes with the package axe-playwright-python (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

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

_AXE = Axe()
_THEME = "getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
_MOVING = "document.getAnimations().some(a => a instanceof CSSTransition)"
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
        for scheme in ("light", "dark"):
            for size in (DESKTOP, PHONE):
                where = f"{state}, {scheme}, {size['width']}"
                _show_whole(page, scheme, size["width"])
                for finding in _grave(page):
                    found.setdefault(finding, where)
                if not fits_sideways(page):
                    found.setdefault("wider than the screen", where)
        _show_whole(page, "light", DESKTOP["width"])
    context.close()
    assert not found, "\n".join(f"{finding} [{where}]" for finding, where in found.items())


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
    for fold in page.locator("details").all():
        if fold.get_attribute("open") is None:
            _click(fold.locator("summary"))
    found = []
    for scheme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            _show_whole(page, scheme, size["width"])
            found += [f"{finding} [{scheme}, {size['width']}]" for finding in _grave(page)]
            if not fits_sideways(page):
                found.append(f"wider than the screen [{scheme}, {size['width']}]")
    context.close()
    assert not found, "\n".join(found)


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
        for fold in page.locator("details").all():
            if fold.get_attribute("open") is None:
                _click(fold.locator("summary"))
        yield name


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
