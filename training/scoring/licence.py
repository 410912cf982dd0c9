"""Under what licence weights may be used: what the pictures that they learned from allow."""

from __future__ import annotations

from core.results.collections import COLLECTIONS
from training.data.split import Split

# What columns of metadata say a picture's licence, as the ISIC Archive's and others call them.
_COLUMNS = ("licence", "license", "copyright_license")
_MOST = 5  # licences that are told by name
_NO_DIAGNOSIS = "For research and teaching, not for diagnosis"


def licence_of(split: Split) -> str:
    """A sentence or two for the card, from the collections' table or the data's own column."""
    told, unknown = [], []
    for name in split.name.split(" + "):
        entry = COLLECTIONS.get(name)
        if entry:
            told.append(f"{entry.title}: {entry.licence}; {entry.citation}")
        else:
            unknown.append(name)
    if unknown:
        told += _own(split, unknown)
    limited = any("NC" in one or "Archive's terms" in one for one in told)
    use = f"{_NO_DIAGNOSIS}{', and not for commercial use' if limited else ''}."
    return f"{use} It has learned from {'; '.join(told)}."


def _own(split: Split, names: list[str]) -> list[str]:
    """What the data say of themselves."""
    table = split.train.table
    column = next((c for c in _COLUMNS if c in table), None)
    if column is None:
        return [f"{' and '.join(names)}, whose licence is not stated"]
    found = table[column].fillna("not stated").astype(str).value_counts()
    some = ", ".join(f"{licence} ({count:,})" for licence, count in found[:_MOST].items())
    more = f" and {len(found) - _MOST} others" if len(found) > _MOST else ""
    return [f"{' and '.join(names)}: {some}{more}"]
