"""Compare models: the report's table and ours, curves, one model, two models, and the claims."""

import streamlit as st

from core import checkpoints
from core.results import scored_models
from pages.comparison import claims, learning_curves, one_model, seeds, table, two_models
from pages.components import footer, visit_strip

TABLE, SIZE, LEARNING, ONE, TWO, SEEDS, CLAIMS = (
    "Table", "Size", "Learning", "One model", "Two models", "Left open", "The report's claims",
)  # fmt: skip

st.title("Compare models", anchor=False)
visit_strip.show(picture=True, here=False)
st.markdown(
    "The report compared networks by one accuracy each. Here every figure has its interval, its "
    "starting point and the pictures it was measured on."
)
results, damaged = scored_models.read_scored_models(checkpoints.FOLDER)
speeds, unreadable = scored_models.read_speeds(checkpoints.FOLDER)
for sentence in [*damaged, *unreadable]:
    st.warning(sentence, icon=":material/broken_image:")
view = st.segmented_control(
    "What to compare", [TABLE, SIZE, LEARNING, ONE, TWO, SEEDS, CLAIMS],
    default=TABLE, required=True, label_visibility="collapsed",
)  # fmt: skip
if view == TABLE:
    table.show(results, scored_models.not_run(results), speeds)
elif view == CLAIMS:
    claims.show(results)
elif view == SEEDS:
    seeds.show(results)
elif not results:
    st.info(
        "No results are at hand yet. `python -m training.benchmark --help` says how to make some."
    )
elif view == SIZE:
    table.show_sizes(results)
elif view == LEARNING:
    learning_curves.show(results)
elif view == ONE:
    one_model.show(results)
else:
    two_models.show(results)
footer.show()
