"""In class: a lesson in steps, each with one picture, one slider and one question."""

import streamlit as st

from pages.components import footer, loaded_models
from pages.lesson import steps

TAUGHT = "resnet18"  # the network that the report trained, and that the lesson is about

st.set_page_config(layout="wide")
st.title("In class", anchor=False)
addresses = [step.address for step in steps.STEPS]
address = st.segmented_control(
    "Step", addresses, default=addresses[0], required=True, key="step", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
number = addresses.index(address)
step = steps.STEPS[number]
names = loaded_models.names()
model = loaded_models.classifier(TAUGHT if TAUGHT in names else names[0]) if names else None
if model:
    st.header(f"{number + 1} of {len(steps.STEPS)}: {step.title}", anchor=False)
    picture, words = st.columns([3, 2], gap="large")
    with words:
        st.markdown(f"## {step.question}")
        if st.toggle("Show the answer", key=f"answer_{step.address}"):
            step.reveal(model)
        with st.expander("Notes for the teacher", icon=":material/school:"):
            st.markdown(step.notes)
        if number + 1 < len(steps.STEPS):
            st.button(
                f"Next: {steps.STEPS[number + 1].title}", icon=":material/arrow_forward:",
                on_click=steps.go, args=(addresses[number + 1],),
            )  # fmt: skip
    with picture:
        step.show(model)
footer.show()
