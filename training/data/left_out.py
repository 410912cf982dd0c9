"""Pictures that a set is scored without, named by a column of its metadata."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from training.data.labelled_set import DataRejected, LabelledSet
from training.data.metadata import OWN, THEIRS


def leave_out(data: LabelledSet, conditions: Sequence[str]) -> LabelledSet:
    """The set without every lesion of which a picture meets one of the conditions.

    A condition is COLUMN=VALUE, or COLUMN alone: then whatever is recorded there, but 0, counts, as
    in a column that names the file of another set that shows the same lesion. Raises
    ``DataRejected`` for a column that is not there, a condition that nothing meets, or where
    nothing is left.
    """
    table = data.table
    gone = pd.Series(False, index=table.index)
    for condition in conditions:
        name, equals, value = condition.partition("=")
        column = THEIRS + name if name in OWN else name
        if column not in table:
            raise DataRejected(f"{data.name} has no column {name!r} to leave pictures out by.")
        found = table[column].convert_dtypes().astype("string")
        met = (found == value) if equals else (found.notna() & ~found.isin(("0", "0.0", "False")))
        met = met.fillna(False).astype(bool)
        if not met.any():
            raise DataRejected(f"{data.name} has no picture with {condition} to leave out.")
        gone |= met
    gone |= table["group"].isin(table["group"][gone])
    if gone.all():
        raise DataRejected(f"{data.name} has no pictures left without {', '.join(conditions)}.")
    return data.only(~gone)
