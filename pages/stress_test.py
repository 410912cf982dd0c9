"""Stress test: a picture under attack, under noise and under what cameras do to it."""

import streamlit as st

from pages.components import footer, loaded_models, uploader, visit_strip
from pages.stress import before_after, curve, session, standard_and_robust, test_set
from pages.stress.setting import choose

st.title("Stress test", anchor=False)
visit_strip.show(picture=False, here=True)
names = loaded_models.names()
tables = test_set.read(names)
st.markdown(test_set.headline(tables))
if names:
    sent = uploader.ask_or_example()
    setting = choose(names)
    model = loaded_models.classifier(setting.model)
    subject = session.subject(model, sent) if model else None
    if model and subject:
        step = session.step(model, sent, subject, setting)
        before_after.show(subject, step, setting)
        if not setting.shift:
            drawn = session.curves(model, sent, subject, setting.seed)
            curve.show(drawn, step, setting)
        standard_and_robust.show(
            sent, setting, names, standard_and_robust.Done(model, subject, step)
        )
test_set.show(tables)
footer.show()
