from __future__ import annotations

import re

from training import readme

TEXT = readme.README.read_text(encoding="utf-8")


def test_the_readmes_figures_are_the_cards() -> None:
    assert readme.replaced(TEXT, readme.figures()) == TEXT, "run python -m training.readme"


def test_the_readmes_picture_and_folders_are_there() -> None:
    root = readme.README.parent
    for path in re.findall(r"!\[.*?\]\((.*?)\)", TEXT):
        assert (root / path).is_file(), path
    layout = TEXT.split("## Layout")[1].split("```")[1]
    for name in re.findall(r"^(\S+?)/?\s", layout.strip(), flags=re.MULTILINE):
        assert (root / name).exists(), name
