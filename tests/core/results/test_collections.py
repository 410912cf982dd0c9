"""One table of collections: names are typed there and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from core.results import collections
from core.results.collections import COLLECTIONS

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "core/results/collections.py"


def strings(path: Path) -> set[str]:
    """Every string of a module that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and id(node) not in documents
    }  # fmt: skip


@pytest.mark.parametrize("part", ["core", "pages", "training"])
def test_no_module_types_a_collections_name_again(part: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(names)
        for path in sorted((ROOT / part).rglob("*.py"))
        if path != TABLE and (names := strings(path) & COLLECTIONS.keys())
    }
    assert wrong == {}


def test_phone_photos_are_photos_and_dermoscopic_pictures_are_none() -> None:
    assert collections.PHONE_SETS == ("pad_ufes_20_half",)
    assert set(collections.PHONE_SETS) < set(collections.PHOTO_SETS)
    for name, entry in COLLECTIONS.items():
        assert (name in collections.PHOTO_SETS) == entry.is_photo
        assert not (entry.is_photo and "dermoscopic" in entry.title)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_entry_says_whose_pictures_they_are_and_under_what_licence(name: str) -> None:
    entry = COLLECTIONS[name]
    assert entry.title
    assert entry.title != name
    assert entry.licence
    assert entry.citation
    assert entry.family


def test_a_folder_that_is_no_collection_keeps_its_name() -> None:
    assert collections.title("my_moles") == "my_moles"
    assert "lesion_id" in collections.columns("my_moles").person


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ("malignant_vs_benign, 196; isic2017, 201", "The report's set, 196; ISIC 2017, older "
         "collections, 201"),
        ("ResNet18 trained on malignant_vs_benign alone.", "ResNet18 trained on the report's set "
         "alone."),
        ("normal_skin, other people", "normal skin, other people"),
        ("`--data malignant_vs_benign` of data/isic_uda1", "`--data malignant_vs_benign` of "
         "data/isic_uda1"),
        ("HAM10000 alone, 90 %", "HAM10000 alone, 90 %"),
    ],
)  # fmt: skip
def test_folders_names_are_put_in_words_and_commands_stay(recorded: str, said: str) -> None:
    assert collections.in_words(recorded) == said
