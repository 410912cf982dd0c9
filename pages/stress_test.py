"""Stress test: a picture under what cameras do to it, under noise and under attack."""

import streamlit as st

from core import checkpoints
from pages.components import footer, layout, loaded_models, uploader, visit_strip
from pages.stress import (
    before_after,
    curve,
    judged,
    setting,
    standard_and_robust,
    test_set,
    toward_class,
    two_readings,
)

st.set_page_config(layout="wide")
layout.compact()
layout.stress()
st.title("Stress test", anchor=False)
visit_strip.show(picture=False, here=True)
names = loaded_models.names()
tables = test_set.read(names)
shown = None
if names:
    told = st.container()
    both, asked = st.container(), st.container()
    name = setting.begin(names)
    with asked:
        sent = uploader.ask_or_example(checkpoints.card(name).limits)
    with told:
        held = judged.is_held(sent, name)
    if held:
        with told:
            setting.choose_model_alone(names)
    else:
        left, right = both.columns(2, gap="medium")
        picture, slider = left.container(), left.container()
        with right:
            chosen = setting.choose(names, slider)
        with told:
            shown = judged.show(sent, chosen)
    if shown:
        told.markdown(f"**{before_after.sentence(shown, chosen)}**")
        with picture:
            before_after.show(shown, chosen)
        with right:
            before_after.details(shown, chosen)
        looked = st.expander(
            "Where it looked, before and after", icon=":material/visibility:", key="stress_maps",
            on_change="rerun",
        )  # fmt: skip
        if looked.open:
            with looked:
                done = judged.by_network(sent, chosen, shown)
                if done:
                    before_after.maps(done, chosen)
        below = st.container()
        standard_and_robust.show(sent, chosen, names, shown)
        toward_class.offer(sent)
with st.expander("The report's 0.003, and its two readings", icon=":material/history_edu:"):
    st.markdown(two_readings.headline(tables))
test_set.show(tables)
footer.show()
if names and shown and not chosen.shift:
    with below:  # last, as it takes seconds: the rest of the page does not wait for it
        curve.of(sent, shown, chosen)
