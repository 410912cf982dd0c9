"""Stress test: a picture under attack, under noise and under what cameras do to it."""

import streamlit as st

from pages.components import (
    footer,
    models,
    robustness_curves,
    stress_curve,
    stress_models,
    stress_pair,
    stress_setting,
    stress_work,
    uploader,
)

st.title("Stress test", anchor=False)
names = models.names()
tables = robustness_curves.read(names)
st.markdown(robustness_curves.headline(tables))
if names:
    sent = uploader.choose_or_carry()
    setting = stress_setting.choose(names)
    model = models.classifier(setting.model) if sent else None
    subject = stress_work.subject(model, sent) if sent and model else None
    if sent and model and subject:
        step = stress_work.step(model, sent, subject, setting)
        stress_pair.show(subject, step, setting)
        if not setting.shift:
            drawn = stress_work.curves(model, sent, subject, setting.seed)
            stress_curve.show(drawn, step, setting)
        stress_models.show(sent, setting, names, stress_models.Done(model, subject, step))
robustness_curves.show(tables)
footer.show()
