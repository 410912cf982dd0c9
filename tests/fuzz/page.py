"""Damaged pictures through the page 'Check a photo', as streamlit's own test driver sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from core.files import write_text
from tests.fuzz import mutate
from tests.pages.conftest import upload
from tests.support import past_the_stop

ROOT = Path(__file__).resolve().parents[2]
FIRST = 10_000_000  # other pictures than those that open_image alone was shown
AFRESH = 50  # pages of one session: then a new visitor comes


def run(files: list[bytes], state: dict[str, Any], wanted: int, to: Path) -> None:
    """Count up ``state``: each picture must end in a verdict, or in one sentence and none."""
    from streamlit.testing.v1 import AppTest

    app: AppTest | None = None
    for number in tqdm(range(state["pages"], wanted), unit=" pages"):
        if app is None or number % AFRESH == 0:
            app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
        data = mutate.mutated(files, FIRST + number)
        upload(app, data, f"<b>{number}</b>.jpg")
        past_the_stop.press(app)  # the whole page is under test, not the gate
        said = [str(item.value) for item in app.exception] + [
            f"{len(app.error)} refusals and {len(app.header)} verdicts"
            for _ in range(bool(app.error) == bool(app.header))
        ]
        for what in said:
            state["findings"].append({"page": number, "kind": what})
        state["pages"] += 1
        state["pages with a verdict"] += bool(app.header)
        if number % 20 == 19 or number == wanted - 1:
            write_text(to, json.dumps(state, indent=2) + "\n")
