"""What a model's gate and its three answers were found to do, in rows for pages and documents."""

from __future__ import annotations

from core.labels import PHOTO
from core.results.collections import PHOTO_SETS, in_words
from core.results.limits import Limits
from core.statistics.estimates import percent

Row = dict[str, str | int]


def gate_rows(limits: Limits) -> list[Row]:
    """A row for each set of pictures that the gate was checked on."""
    return [
        {
            "pictures": in_words(check.title),
            "n": check.stopped.n,
            "what they are": check.truth,
            "told so": percent(check.contents[check.truth]),
            "stopped": percent(check.stopped),
        }
        for check in limits.gate_checks.values()
    ]


def answer_rows(limits: Limits) -> list[Row]:
    """A row for each set of pictures that the three answers were checked on."""
    rows: list[Row] = []
    for key, check in limits.answer_checks.items():
        stated = limits.answers_for(PHOTO if key in PHOTO_SETS else None).coverage
        rows.append({
            "pictures": check.title,
            "n": check.uncertain.n,
            "covered, stated": f"{100 * stated:.0f} %",
            "covered": percent(check.coverage["all"]),
            "benign ones": percent(check.coverage.get("benign")),
            "malignant ones": percent(check.coverage.get("malignant")),
            "can't tell": percent(check.uncertain),
            "right among answers": percent(check.right_among_answered),
        })  # fmt: skip
    return rows
