"""What stands in a cell where nothing was recorded."""

from __future__ import annotations

import re

# As R, pandas, SQL, Python and Excel write it.
_NOTHING = frozenset((
    "", "na", "n/a", "nan", "<na>", "null", "none", "nil", "#n/a", "n.a.", "-", "–",
))  # fmt: skip
# Fitzpatrick17k and ISIC write -1 for a type that nobody could tell; so do people who code types.
_SKIN = re.compile(r"fit[zs]patrick|photo[ _-]?type|skin[ _-]?(?:type|tone|colou?r)|monk|fst")
_MINUS = re.compile(r"-\s*\d+(?:\.0*)?")


def is_missing(column: str, cell: str) -> bool:
    """Whether a cell of the column says that nothing was recorded."""
    word = cell.casefold()
    return word in _NOTHING or (is_of_skin(column) and _MINUS.fullmatch(word) is not None)


def is_of_skin(column: str) -> bool:
    """Whether a column is of skin types or tones, by its name."""
    return _SKIN.search(column.casefold()) is not None
