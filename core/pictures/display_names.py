"""What files, columns and groups are called on a page: for the eye alone, never to find them by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from core.tables.formulas import harmless_name

NAME_LENGTH = 80  # what a row of a table has room for
_BEGINNING = 30  # letters kept of a long name that ends like another's
# Angle brackets, links, code, formulas: characters that a page or a table might act on.
_ACTIVE = re.compile(r"[<>\[\]`$|\\]")


def display_name(path: str) -> str:
    """A path as it may be shown: one line, in its reading order, with nothing that acts.

    Line breaks and control characters become spaces, marks that turn the reading order round or
    can't be seen are dropped, ``<>[]`$|`` become ``_``, what a spreadsheet takes for a formula gets
    an apostrophe before it; a long name keeps its end.
    """
    name = _harmless(path)
    return name if len(name) <= NAME_LENGTH else "…" + name[-NAME_LENGTH + 1 :]


def named_apart(
    paths: Iterable[str], length: int = NAME_LENGTH, *, keep_end: bool = True
) -> list[str]:
    """A name to show for each path, no two alike, however alike the paths are.

    Of more than ``length`` letters the end is kept, or the beginning; of those that are alike there
    some of both; one that still is like one before it gets `` (2)``, and so on.
    """
    whole = [_harmless(path) for path in paths]
    short = [_cut(name, length, 0 if keep_end else length - 1) for name in whole]
    alike = Counter(short)
    taken: Counter[str] = Counter()
    names = []
    for name, once in zip(whole, short, strict=True):
        cut = len(name) > length and alike[once] > 1
        base = _cut(name, length, _BEGINNING * length // NAME_LENGTH) if cut else once
        shown = base
        while taken[shown]:
            taken[base] += 1
            shown = f"{base} ({taken[base]})"
        taken[shown] += 1
        names.append(shown)
    return names


def _harmless(path: str) -> str:
    path = unicodedata.normalize("NFC", path.replace("\\", "/"))
    kinds = ((char, unicodedata.category(char)) for char in path)
    seen = "".join(
        " " if kind in ("Cc", "Zl", "Zp") else char
        for char, kind in kinds
        if kind not in ("Cf", "Cs", "Co", "Cn")
    )
    return harmless_name(" ".join(_ACTIVE.sub("_", seen).split())) or "unnamed"


def _cut(name: str, length: int, beginning: int) -> str:
    if len(name) <= length:
        return name
    return f"{name[:beginning]}…{name[len(name) - (length - 1 - beginning) :]}"
