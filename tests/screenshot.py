"""Take README's picture of the running app, with a real picture: docs/check-a-photo.png.

python -m tests.screenshot
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.support.server import serving

GOAL = Path(__file__).resolve().parents[1] / "docs" / "check-a-photo.png"


def main() -> int:
    from playwright.sync_api import expect, sync_playwright

    GOAL.parent.mkdir(exist_ok=True)
    with serving() as (_, url), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 900, "height": 1180})
        page.goto(url)
        page.get_by_role("button", name="Two shades of brown").click()
        expect(page.get_by_text(re.compile("How far to believe it"))).to_be_visible(timeout=60_000)
        page.wait_for_timeout(1000)  # fonts and the last fade
        page.screenshot(path=GOAL)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
