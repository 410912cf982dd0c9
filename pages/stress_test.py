"""Stress test: a picture under what cameras do to it, under noise and under attack."""

import streamlit as st

from core import checkpoints
from pages.components import footer, layout, loaded_models, uploader, visit_strip
from pages.stress import (
    before_after,
    curve,
    judged,
    standard_and_robust,
    test_set,
    toward_class,
    two_readings,
)
from pages.stress.setting import choose

st.set_page_config(layout="wide")
layout.compact()
layout.stress()
st.title("Stress test", anchor=False)
visit_strip.show(picture=False, here=True)
names = loaded_models.names()
tables = test_set.read(names)
if names:
    told = st.container()
    left, right = st.columns(2, gap="medium")
    picture, slider = left.container(), left.container()
    asked = st.container()
    with right:
        setting = choose(names, slider)
    with asked:
        sent = uploader.ask_or_example(checkpoints.card(setting.model).limits)
    with told:
        shown = judged.show(sent, setting)
    if shown:
        told.markdown(f"**{before_after.sentence(shown, setting)}**")
        with picture:
            before_after.show(shown, setting)
        with right:
            before_after.details(shown, setting)
        looked = st.expander(
            "Where it looked, before and after", icon=":material/visibility:", key="stress_maps",
            on_change="rerun",
        )  # fmt: skip
        if looked.open:
            with looked:
                done = judged.by_network(sent, setting, shown)
                if done:
                    before_after.maps(done, setting)
        below = st.container()
        standard_and_robust.show(sent, setting, names, shown)
        toward_class.offer(sent)
with st.expander("The report's 0.003, and its two readings", icon=":material/history_edu:"):
    st.markdown(two_readings.headline(tables))
test_set.show(tables)
footer.show()
if names and shown and shown.done and not setting.shift:
    with below:  # last, as it takes seconds: the rest of the page does not wait for it
        curve.of(sent, shown.done, setting)
