"""Stress test: a picture under what cameras do to it, under noise and under attack."""

import streamlit as st

from pages.components import footer, layout, loaded_models, not_judged, uploader, visit_strip
from pages.stress import (
    before_after,
    curve,
    session,
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
    model = loaded_models.classifier(setting.model)
    with asked:
        sent = uploader.ask_or_example(model.card.limits if model else None)
    with told:
        if model:
            session.seen(model, sent, assess=True)
        held = model is not None and not_judged.holds(model, sent)
    subject = session.under(model, sent, setting) if model and not held else None
    if model and subject:
        step = session.step(model, sent, subject, setting)
        told.markdown(f"**{before_after.sentence(subject, step, setting)}**")
        with picture:
            before_after.show(subject, step, setting)
        with right:
            before_after.details(subject, step, setting)
        looked = st.expander(
            "Where it looked, before and after", icon=":material/visibility:", key="stress_maps",
            on_change="rerun",
        )  # fmt: skip
        if looked.open:
            with looked:
                before_after.maps(subject, step, setting)
        if not setting.shift:
            drawn = session.curves(model, sent, setting.seed)
            if drawn:
                curve.show(drawn, step, setting)
        standard_and_robust.show(
            sent, setting, names, standard_and_robust.Done(model, subject, step)
        )
        toward_class.offer(sent)
with st.expander("The report's 0.003, and its two readings", icon=":material/history_edu:"):
    st.markdown(two_readings.headline(tables))
test_set.show(tables)
footer.show()
