"""What the leak is worth: malignant lesions found that training has seen, beside others."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import checkpoints
from core.results import findings
from core.results.findings import Leak
from core.results.json_files import ResultsRejected
from core.results.scored_models import Result
from pages.comparison import views
from pages.components import figure, forest

TAUGHT = "resnet18"


def show(results: list[Result]) -> None:
    """Draw how often lesions are found that training has seen, and others."""
    result = next((r for r in results if r.where == TAUGHT), None)
    if result is None:
        return
    try:
        found = findings.read_leak(result, checkpoints.FOLDER)
    except ResultsRejected as error:
        st.warning(str(error), icon=":material/broken_image:")
        return
    if not found:
        return
    st.markdown(f"**{is_worth(found)}**")
    rows = pd.DataFrame(
        [(f"{one.origin} ({one.n_seen} and {one.n_unseen})", kind, 100 * rate.value,
          100 * rate.low, 100 * rate.high, True)
         for one in found for kind, rate in (("lesion is in training", one.seen),
                                             ("it is not", one.unseen))],
        columns=["name", "lesion", "value", "low", "high", "told"],
    )  # fmt: skip
    plot = forest.plot(rows, f"malignant ones that {TAUGHT} finds, %", 100.0, "lesion")
    figure.show(plot, title(found), rows, "leak")
    views.offer(views.ONE)


def is_worth(found: Sequence[Leak]) -> str:
    """What the leak is worth, of all origins."""
    told = [one for one in found if one.told_apart]
    counts = "; ".join(
        f"{100 * one.seen.value:.0f} of 100 found where the lesion is in training, "
        f"{100 * one.unseen.value:.0f} where not ({one.origin})"
        for one in found
    )
    if not told:
        return f"What the leak is worth, these pictures can't tell: {counts}."
    up = [one.origin for one in told if one.told_apart > 0]
    if up:
        return f"The leak flatters the test, among {' and '.join(up)}: {counts}."
    return f"The leak does not flatter the test: {counts}."


def title(found: Sequence[Leak]) -> str:
    """Whether lesions that training has seen are found more often, from the intervals."""
    verdicts = {one.told_apart for one in found if one.told_apart}
    if not verdicts:
        return "Seen in training or not: found as often, as far as these pictures tell"
    if len(verdicts) > 1:
        return "Lesions seen in training: found more often here, less often there"
    often = "more" if verdicts == {1} else "less"
    return f"Lesions seen in training are found {often} often"
