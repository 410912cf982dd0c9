"""In class: a lesson in steps, each with one picture, one slider and one question."""

import streamlit as st

from pages.components import footer, layout, loaded_models, visit_strip
from pages.lesson import answer, guess, handout, screen, steps, taught

TAUGHT = "resnet18"  # the network that the report trained, and that the lesson is about

st.set_page_config(layout="wide")
layout.compact()
layout.lesson()
addresses = [step.address for step in steps.STEPS]
address = st.segmented_control(
    "Step", addresses, default=addresses[0], required=True, key="step", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
number = addresses.index(address)
step = steps.STEPS[number]
st.title(f"{number + 1} of {len(steps.STEPS)}: {step.title}", anchor=False)
names = loaded_models.names()
model = taught.Taught(TAUGHT if TAUGHT in names else names[0]) if names else None
if model:
    st.markdown(f"**{step.question}**")
    left, right = st.columns([3, 2] if step.wide else 2, gap="medium")
    with right:
        knob, says = st.container(), st.container()
        with st.container(horizontal=True, vertical_alignment="center"):
            told = st.toggle("Show the answer", key=f"answer_{step.address}")
            if number + 1 < len(steps.STEPS):
                st.button(
                    f"Next: {steps.STEPS[number + 1].title}", icon=":material/arrow_forward:",
                    on_click=steps.go, args=(addresses[number + 1],),
                )  # fmt: skip
        words = st.container()
    table, after = st.container(), st.container()
    asked = step.show(model, screen.Screen(left, knob, after))
    if asked:
        with says:
            guess.ask(asked)
    if told:
        answer.draw(step.reveal(model.network()), words, table)
    with st.expander("For the teacher: notes, and sheets to print", icon=":material/school:"):
        st.markdown(step.notes)
        handout.offer(model.name)
visit_strip.show(picture=True, here=False)
footer.show()
