"""No line ends between a number and its percent sign, on whatever page or sheet."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.statistics import estimates
from core.statistics.estimates import Rate

ROOT = Path(__file__).parents[1]
# What is written to documents' tables, and a template in which %{...} is Plotly's own.
_ELSEWHERE = {"core/results/limits_tables.py", "pages/comparison/elsewhere_chart.py"}
_TORN = re.compile(r"[\d}]\*{0,2} %(?![a-zA-Z({%])")


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text that is no docstring, with its line; what an f-string fills in stands as {}."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                inside.add(id(first.value))
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield (
                node.lineno,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}"
                    for part in node.values
                ),
            )
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value


@pytest.mark.parametrize("part", ["pages", "core"])
def test_no_text_of_a_page_or_sheet_lets_a_line_end_before_a_percent_sign(part: str) -> None:
    torn = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted((ROOT / part).rglob("*.py"))
        if str(file.relative_to(ROOT)) not in _ELSEWHERE
        for line, text in _texts(ast.parse(file.read_text(encoding="utf-8")))
        if _TORN.search(text)
    ]
    assert torn == []


@pytest.mark.parametrize("chance", [0.001, 0.51, 0.999])
def test_a_chance_and_a_rate_are_never_torn_from_their_sign(chance: float) -> None:
    for said in (estimates.chance(chance), estimates.percent(Rate(chance, 0.0, 1.0))):
        assert "\N{NO-BREAK SPACE}%" in said
        assert " %" not in said
