"""Arrows go one way: pages -> core <- training."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = {
    "core": {"streamlit", "training", "pages", "lightning", "pytorch_lightning", "plotly"},
    "training": {"streamlit", "pages"},
    "pages": {"torch", "torchvision", "training", "lightning", "pytorch_lightning", "safetensors"},
}


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


def test_only_a_file_that_begins_like_heic_loads_its_decoders() -> None:
    script = """
import io, sys
from PIL import Image
from core.images import ImageRejected, open_image
for kind in ("JPEG", "PNG", "WEBP"):
    data = io.BytesIO()
    Image.new("RGB", (80, 60), "tan").save(data, kind)
    assert open_image(data.getvalue()).size == (80, 60)
for data in (b"no picture", b"....ftyp"):
    try:
        open_image(data)
    except ImageRejected:
        print("pillow_heif" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False", "True"]
