"""Arrows go one way, and only where docs/architecture.md draws them."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.encoded import encode, quarters

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("core", "training", "pages")

FORBIDDEN = {
    "core": {"streamlit", "training", "pages", "lightning", "pytorch_lightning", "plotly"},
    "training": {"streamlit", "pages"},
    "pages": {"torch", "torchvision", "training", "lightning", "pytorch_lightning", "safetensors"},
}


def tables() -> dict[str, dict[str, set[str]]]:
    """What each door or room may import, by part, as the document says."""
    found: dict[str, dict[str, set[str]]] = {}
    part = ""
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part = line[3:]
        elif line.startswith("| `"):
            name, _, allowed = line.strip("| ").split(" | ")
            own = name.strip("`/").removesuffix(".py")
            found.setdefault(part, {})[own] = set(re.findall(r"`(\w+)`", allowed))
    return found


def modules() -> dict[str, Path]:
    """Every module of the three parts, by its dotted name."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): file
        for part in PARTS
        for file in sorted((ROOT / part).rglob("*.py"))
    }


def arrows(source: str, known: set[str]) -> set[str]:
    """The modules among ``known`` that a source imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found |= {inner if inner in known else node.module} & known
    return found


def graph() -> dict[str, set[str]]:
    """Who imports whom, every module of the three parts."""
    found = modules()
    return {
        name: arrows(file.read_text(encoding="utf-8"), set(found)) - {name}
        for name, file in found.items()
    }


def unit(module: str) -> tuple[str, str]:
    """The part and the door or room that a module belongs to."""
    part, name, *_ = module.split(".")
    return part, name


def is_door(module: str) -> bool:
    return module.count(".") == 1


def allowed(start: str, end: str, rules: dict[str, dict[str, set[str]]]) -> bool:
    """Whether the document lets the module ``start`` import the module ``end``."""
    part, name = unit(start)
    other, target = unit(end)
    if (part, name) == (other, target):
        return True
    if other != part:
        return other == "core" and part in ("training", "pages")
    if part == "training" and is_door(start):  # a command
        return target == "command" or not is_door(end)
    if part == "pages" and is_door(start):
        return not is_door(end)  # its own room: see the test of scripts
    return target in rules[part][name]


def test_arrows_are_seen_wherever_they_stand() -> None:
    source = """
import core.files
from core import labels as words
from core.results.card import Card
def late():
    from core.results import card
    from core.results import nothing
"""
    known = {"core.files", "core.labels", "core.results.card", "core.images"}
    assert arrows(source, known) == {"core.files", "core.labels", "core.results.card"}


def test_the_document_names_every_door_and_room_of_core_and_no_other() -> None:
    on_disk = {unit(name)[1] for name in modules() if name.startswith("core.")} - {"__init__"}
    assert set(tables()["core"]) == on_disk


@pytest.mark.parametrize("part", ["training", "pages"])
def test_the_document_names_every_room_and_no_other(part: str) -> None:
    rooms = {path.parent.name for path in (ROOT / part).glob("*/__init__.py")}
    assert set(tables()[part]) == rooms


def test_there_is_no_arrow_that_the_document_does_not_draw() -> None:
    rules = tables()
    wrong = [
        f"{start} imports {end}"
        for start, ends in graph().items()
        for end in sorted(ends)
        if not allowed(start, end, rules)
    ]
    assert wrong == []


def test_an_arrow_that_is_not_drawn_is_told() -> None:
    rules = tables()
    assert not allowed("core.statistics.metrics", "core.classifier", rules)
    assert not allowed("core.files", "core.labels", rules)
    assert not allowed("core.results.card", "core.checkpoints", rules)
    assert not allowed("training.data.folders", "training.scoring.margins", rules)
    assert not allowed("training.fitting.fit", "training.train", rules)
    assert not allowed("training.limits", "training.evaluate", rules)
    assert not allowed("pages.components.charts", "pages.photo.verdict", rules)
    assert not allowed("core.images", "training.data.folders", rules)
    assert allowed("training.limits", "training.command", rules)


def test_what_a_row_of_core_may_import_stands_above_it() -> None:
    above: set[str] = set()
    for name, targets in tables()["core"].items():
        assert targets <= above, name
        above.add(name)


def test_there_is_no_circle_of_modules() -> None:
    graphlib.TopologicalSorter(graph()).prepare()  # CycleError names it


def test_a_page_imports_its_own_room_and_no_other_page_s() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    own = {page: room for room, page in re.findall(r"`(\w+)/` \| parts of `(\w+)\.py`", text)}
    assert set(own.values()) == set(tables()["pages"]) - {"components", "server"}
    wrong = {
        name: sorted(rooms)
        for name, ends in graph().items()
        if name.startswith("pages.") and is_door(name)
        if (rooms := {unit(end)[1] for end in ends if end.startswith("pages.")}
            - {"components", own.get(unit(name)[1])})
    }  # fmt: skip
    assert wrong == {}


def test_no_room_hands_names_on() -> None:
    handing = [
        str(file.relative_to(ROOT))
        for part in PARTS
        for file in (ROOT / part).glob("*/__init__.py")
        if any(not isinstance(node, ast.Expr) for node in ast.parse(file.read_text()).body)
    ]
    assert handing == []


def imported(source: str, package: str = "") -> set[str]:
    """Top-level packages of every import in a module, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(package if node.level else (node.module or "").split(".")[0])
    return names


def test_imports_are_seen_wherever_they_stand() -> None:
    source = """
import os.path, torch.nn as nn
from . import sibling
def late():
    if True:
        from streamlit.runtime import get
"""
    assert imported(source, "core") == {"os", "torch", "core", "streamlit"}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_module_imports_what_its_layer_must_not_know(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert len(files) > 5
    wrong = {
        str(file.relative_to(ROOT)): sorted(names)
        for file in files
        if (names := imported(file.read_text(encoding="utf-8"), package) & FORBIDDEN[package])
    }
    assert wrong == {}


def test_lightning_lives_in_training_only() -> None:
    users = {
        file.relative_to(ROOT).parts[0]
        for package in ("core", "pages", "training")
        for file in (ROOT / package).rglob("*.py")
        if imported(file.read_text(encoding="utf-8")) & {"lightning", "pytorch_lightning"}
    }
    assert users == {"training"}


def test_the_door_opens_without_torch() -> None:
    source = (ROOT / "streamlit_app.py").read_text(encoding="utf-8")
    assert "streamlit" in imported(source)
    assert not imported(source) & FORBIDDEN["pages"]


def test_pages_define_no_functions() -> None:
    # A callback is kept for the visitor with all names of the module it was made in: a page's own
    # are the model, the photo and its map.
    files = sorted((ROOT / "pages").glob("*.py"))
    assert len(files) > 5
    makers = (ast.FunctionDef, ast.Lambda)
    wrong = [
        f"{file.name}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, makers)
    ]
    assert wrong == []


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    script = """
import sys
from core import __main__, checkpoints, classifier, images, preprocessing
from core.networks import registry
from core.pictures import drawn_lesion, lesion_mask
from core.results import card
from core.saliency import methods, overlay
checkpoints.available()
heavy = {"torch", "torchvision", "safetensors", "scipy", "cv2", "sklearn", "matplotlib", "pandas",
         "pillow_heif", "streamlit", "lightning", "pytorch_grad_cam"}
print(sorted(heavy & {name.split(".")[0] for name in sys.modules}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_only_a_sound_heic_loads_its_decoders() -> None:
    script = """
import io, sys
from PIL import Image
from core.images import ImageRejected, open_image
for kind in ("JPEG", "PNG", "WEBP"):
    data = io.BytesIO()
    Image.new("RGB", (80, 60), "tan").save(data, kind)
    assert open_image(data.getvalue()).size == (80, 60)
for data in (b"no picture", b"....ftypheic"):
    try:
        open_image(data)
    except ImageRejected:
        print("pillow_heif" in sys.modules)
open_image(bytes.fromhex(sys.argv[1]))
print("pillow_heif" in sys.modules)
"""
    heic = encode(quarters(), "HEIF").hex()
    done = subprocess.run(
        [sys.executable, "-c", script, heic], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False", "False", "True"]
