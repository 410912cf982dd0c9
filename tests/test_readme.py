from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.pictures.drawn_lesion import draw_lesion
from training import readme

ROOT = readme.README.parent
TEXT = readme.README.read_text(encoding="utf-8")


def test_the_figures_are_the_cards() -> None:
    for path, block in ((readme.README, readme.headline()), (readme.RESULTS, readme.figures())):
        text = path.read_text(encoding="utf-8")
        assert readme.replaced(text, block) == text, "run python -m training.readme"


def test_the_readme_is_read_in_one_go() -> None:
    assert len(TEXT.splitlines()) <= 120


def test_the_readmes_lines_of_python_check_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_lesion(320, 240).save(tmp_path / "mole.jpg")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(code, {})  # noqa: S102  our own
    *answer, probability = capsys.readouterr().out.split()
    assert " ".join(answer) in ("benign", "malignant", "uncertain", "not judged")
    assert 0 <= float(probability) <= 1


def test_every_link_to_a_file_leads_there() -> None:
    for page in [readme.README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+?)\)", text):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_folder_of_the_layout_is_there() -> None:
    layout = TEXT.split("## Layout")[1].split("```")[1]
    names = re.findall(r"^(\S+?)/?\s", layout.strip(), flags=re.MULTILINE)
    assert len(names) > 6
    for name in names:
        assert (ROOT / name).exists(), name
