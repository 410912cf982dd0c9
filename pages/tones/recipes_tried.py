"""What was tried so that no group is served worse: every recipe, failed ones too."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import checkpoints
from core.networks import registry
from core.results import recipes
from core.results.json_files import ResultsRejected
from core.results.recipes import Recipes, TriedRecipe
from core.statistics.estimates import decimal

MODEL = "general"


def offer() -> None:
    """Draw the comparison behind the model ``general``, folded; nothing where there is none."""
    try:
        found = recipes.read_recipes(MODEL, checkpoints.FOLDER)
    except ResultsRejected as error:
        st.warning(str(error), icon=":material/broken_image:")
        return
    if found is None:
        return
    with st.expander("What was tried so that no group is served worse", icon=":material/balance:"):
        st.markdown(summary(found))
        st.dataframe(
            table(found), hide_index=True, placeholder="–",
            alt="AUC of each recipe by group of held-out pictures, with 95\N{NO-BREAK SPACE}% "
            "intervals.",
        )  # fmt: skip
        commands = dict.fromkeys([found.command, *(one.command for one in found.tried)])
        st.markdown("\n".join(f"- `{command}`" for command in commands if command))


def summary(found: Recipes) -> str:
    """How recipes were compared, which is shipped, and where another network did better."""
    network = registry.get(found.network).title
    chosen = next((one.about for one in found.tried if one.recipe == found.chosen), "")
    return (
        "Each recipe was trained without one part of the pictures and scored on the people of that "
        "part (AUC, in brackets the 95\N{NO-BREAK SPACE}% interval, and the number of pictures; "
        "only rows scored on "
        "the same parts can be compared). What counts is the **worst** group, not the average. "
        f"Shipped: {network}, *{found.chosen}* ({chosen}).{_better(found)}"
    )


def _better(found: Recipes) -> str:
    """Where another network did better by a recipe that the shipped one has not been trained by."""
    shipped = registry.get(found.network).title
    untried = {one.recipe for one in found.tried} - {
        one.recipe for one in found.tried if one.network == found.network
    }
    shipped_on = {_parts(one) for one in found.tried
                  if one.network == found.network and one.recipe == found.chosen}  # fmt: skip
    said = ""
    for name in dict.fromkeys(one.network for one in found.tried if one.network != found.network):
        worst = {one.recipe: one.worst.auc for one in found.tried
                 if one.network == name and one.worst and _parts(one) in shipped_on}  # fmt: skip
        own = worst.get(found.chosen)
        best = max(worst, key=lambda key: worst[key].value, default="")
        if own and best in untried and worst[best].value > own.value:
            said += (
                f" {registry.get(name).title} does better by *{best}*, by which {shipped} has "
                f"not been trained: {decimal(worst[best])} in its worst group, and {decimal(own)} "
                f"by *{found.chosen}*."
            )
    return said


def _parts(one: TriedRecipe) -> str:
    """What two rows must share to be compared."""
    return f"{one.scored} of {one.folds}"


def table(found: Recipes) -> pd.DataFrame:
    """A row for each network and recipe; a column for each group, with its n.

    Those scored on the most parts come first.
    """
    rows = []
    for one in sorted(found.tried, key=lambda one: (-one.scored, -one.folds)):
        row = {
            "network": registry.get(one.network).title, "recipe": one.recipe,
            "what it does": one.about, "epochs": one.epochs,
            "parts scored": _parts(one), "pixels": one.side,
            "worst group": f"{decimal(one.worst.auc)}, {one.worst.group}" if one.worst else "–",
        }  # fmt: skip
        rows.append(row | {g.group: f"{decimal(g.auc)}, n {g.n:,}" for g in one.groups})
    return pd.DataFrame(rows)
