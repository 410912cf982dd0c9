"""Compare models: what can be quoted, all networks, curves, one model, two models, the claims."""

import streamlit as st

from core import checkpoints
from core.results import scored_models
from pages.comparison import (
    claims,
    findings,
    learning_curves,
    one_model,
    seeds,
    table,
    two_models,
    views,
)
from pages.components import footer, layout, visit_strip

st.set_page_config(layout="wide")
layout.compact()
st.title("Compare models", anchor=False)
visit_strip.show(picture=True, here=False)
results, damaged = scored_models.read_scored_models(checkpoints.FOLDER)
speeds, unreadable = scored_models.read_speeds(checkpoints.FOLDER)
for sentence in [*damaged, *unreadable]:
    st.warning(sentence, icon=":material/broken_image:")
view = st.segmented_control(
    "What to compare", views.VIEWS, default=views.FINDINGS, required=True, key=views.KEY,
    bind="query-params", label_visibility="collapsed",
)  # fmt: skip
if view == views.TABLE:
    table.show(results, scored_models.not_run(results), speeds)
elif view == views.CLAIMS:
    claims.show(results)
elif view == views.SEEDS:
    seeds.show(results)
elif not results:
    st.info(
        "No results are at hand yet. `python -m training.benchmark --help` says how to make some."
    )
elif view == views.FINDINGS:
    findings.show(results)
elif view == views.SIZE:
    table.show_sizes(results)
elif view == views.LEARNING:
    learning_curves.show(results)
elif view == views.ONE:
    one_model.show(results)
else:
    two_models.show(results)
footer.show()
