"""From the command to a usable first page in Chromium, against an empty streamlit app.

python -m tests.bench.start
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.support.server import serving

ROUNDS = 5
EMPTY = 'import streamlit as st\n\nst.title("Empty")\nst.file_uploader("Nothing")\n'


def ratio() -> dict[str, float]:
    """Medians of starts in turns. Usable is when the page's uploader can be seen."""
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("no Chromium: the start cannot be measured")
    from playwright.sync_api import expect, sync_playwright

    seconds: dict[str, list[float]] = {"ours": [], "empty": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(ROUNDS):
            for kind, script in (("empty", str(empty)), ("ours", "streamlit_app.py")):
                page = chromium.new_page()
                start = time.perf_counter()
                with serving(script) as (_, url):
                    page.goto(url)
                    expect(page.get_by_test_id("stFileUploader")).to_be_visible(timeout=120_000)
                    seconds[kind].append(time.perf_counter() - start)
                page.close()
        chromium.close()
    ours, theirs = statistics.median(seconds["ours"]), statistics.median(seconds["empty"])
    return {"start, of an empty app's": round(ours / theirs, 3), "seconds": round(ours, 2)}


if __name__ == "__main__":
    print(ratio())
