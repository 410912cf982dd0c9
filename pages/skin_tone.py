"""Skin tone: rates by recorded type, groups of people, ten tones, and your own collection."""

import streamlit as st

from core import checkpoints
from core.fairness import review
from pages.components import footer, layout, visit_strip
from pages.tones import groups, opening, own_collection, ten_tones

GLANCE, PEOPLE = "At a glance", "Over people"
TONES, OWN = "One picture, ten tones", "Your own collection"

st.set_page_config(layout="wide")
layout.compact()
st.title("Skin tone", anchor=False)
view = st.segmented_control(
    "What to look at", [GLANCE, PEOPLE, TONES, OWN],
    default=GLANCE, required=True, key="tones", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
visit_strip.show(picture=True, here=view == TONES)
if view == TONES:
    ten_tones.show()
elif view == OWN:
    own_collection.show()
else:
    reviews, damaged = review.read_reviews(checkpoints.FOLDER)
    for sentence in damaged:
        st.warning(sentence, icon=":material/broken_image:")
    if view == GLANCE:
        opening.show(reviews)
    else:
        groups.show(reviews)
footer.show()
