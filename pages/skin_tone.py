"""Skin tone: the report's nine, people by recorded type, and one picture on ten tones."""

import streamlit as st

from core import fairness
from pages.components import footer, nine, tone_groups, tone_pictures

NINE, PEOPLE, TONES = "The report's nine", "Over people", "One picture, ten tones"

st.title("Skin tone", anchor=False)
st.markdown(
    "Does a network serve everybody alike? What nine pictures can't show, hundreds can, and what "
    "hundreds can't show is said too."
)
view = st.segmented_control(
    "What to look at", [NINE, PEOPLE, TONES],
    default=NINE, required=True, label_visibility="collapsed",
)  # fmt: skip
if view == TONES:
    tone_pictures.show()
else:
    reviews, damaged = fairness.found()
    for sentence in damaged:
        st.warning(sentence, icon=":material/broken_image:")
    if view == NINE:
        nine.show(reviews)
    else:
        tone_groups.show(reviews)
footer.show()
