"""What a model's gate and its three answers were found to do, in rows for pages and documents."""

from __future__ import annotations

from core.results.collections import PRACTICE, in_words
from core.results.limits import Limits
from core.statistics.estimates import percent

Row = dict[str, str | int]
IN_PRACTICE = f"the same, where {100 * PRACTICE:.0f} % of all are"


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
    """A row for each set of pictures that the three answers were checked on, as they are served.

    The last three columns are what 'looks benign' is worth: how many of those that are told so are
    malignant, where so many of all are as stated, and where as few are as in a general practice.
    """
    rows: list[Row] = []
    for key, check in limits.answer_checks.items():
        cuts = limits.answers_for(limits.kind_of(key))
        rows.append({
            "pictures": check.title,
            "n": check.uncertain.n,
            "covered, stated": f"{100 * cuts.coverage:.0f} %",
            "covered": percent(check.coverage["all"]),
            "benign ones": percent(check.coverage.get("benign")),
            "malignant ones": percent(check.coverage.get("malignant")),
            "stopped": percent(check.stopped),
            "can't tell": percent(check.uncertain),
            "right among answers": percent(check.right_among_answered),
            "malignant of all": f"{100 * cuts.prevalence:.0f} %",
            "of those that 'look benign'": percent(check.malignant_among_benign),
            IN_PRACTICE: percent(check.malignant_among_benign_in_practice),
        })  # fmt: skip
    return rows
