"""Rules of 'Names' in docs/architecture.md that can be read off the code itself."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOM = re.compile(r"\| `(\w+)/` \| (.*?) \|")
OURS = ("core", "training", "pages")
MOST_POSITIONAL = 6
MOST_LINES = 75
WIDGETS = (
    "button", "checkbox", "file_uploader", "multiselect", "number_input", "radio",
    "segmented_control", "select_slider", "selectbox", "slider", "text_input", "toggle",
)  # fmt: skip


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms or OURS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many of its arguments may be given without their names, but for ``self``."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_no_function_takes_more_than_six_positional_arguments() -> None:
    assert [
        f"{path}: {function.name} takes {positional(function)}"
        for path, module in modules() for function in functions(module)
        if positional(function) > MOST_POSITIONAL
    ] == []  # fmt: skip


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for path, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_long_functions_are_told_as_steps() -> None:
    assert [
        f"{path}: {function.name} has {function.end_lineno - function.lineno + 1} lines"
        for path, module in modules() for function in functions(module)
        if function.end_lineno is not None
        and function.end_lineno - function.lineno >= MOST_LINES
    ] == []  # fmt: skip


def test_what_argparse_gives_is_turned_into_a_data_class_at_the_door() -> None:
    assert [
        path for path, module in modules("training")
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr == "Namespace"
    ] == []  # fmt: skip


def test_the_document_names_every_module_of_every_room() -> None:
    part, unnamed = "", []
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        part = line[3:] if line.startswith("## ") else part
        if part in OURS and (row := ROOM.match(line)):
            told = set(re.findall(r"\w+", row[2]))
            there = {path.stem for path in (ROOT / part / row[1]).glob("*.py")} - {"__init__"}
            unnamed += [f"{part}/{row[1]}/{name}.py" for name in sorted(there - told)]
    assert unnamed == []


def test_no_test_finds_a_widget_by_its_place() -> None:
    assert [
        f"{path}:{node.lineno}" for path, module in modules("tests") for node in ast.walk(module)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute)
        and node.value.attr in WIDGETS
    ] == []  # fmt: skip


def test_no_test_uses_a_private_name_of_the_code() -> None:
    assert [
        f"{path}: {name}" for path, module in modules("tests") for name in private_names(module)
    ] == []  # fmt: skip


def private_names(module: ast.Module) -> Iterator[str]:
    """``_name`` where it is imported from the code, taken from it, or replaced there."""
    ours = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS:
            ours |= {alias.asname or alias.name for alias in node.names}
            yield from (alias.name for alias in node.names if is_private(alias.name))
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if isinstance(node.value, ast.Name) and node.value.id in ours:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            owner, name = node.args[:2]
            if (
                isinstance(owner, ast.Name) and owner.id in ours
                and isinstance(name, ast.Constant) and is_private(str(name.value))
            ):  # fmt: skip
                yield f"{owner.id}.{name.value}"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_")
