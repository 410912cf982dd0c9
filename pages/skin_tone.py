"""Skin tone: the report's nine, people by recorded type, one picture on ten tones, and your own
collection."""

import streamlit as st

from core import checkpoints
from core.fairness import review
from pages.components import footer
from pages.tones import groups, nine_pictures, own_collection, ten_tones

NINE, PEOPLE = "The report's nine", "Over people"
TONES, OWN = "One picture, ten tones", "Your own collection"

st.title("Skin tone", anchor=False)
st.markdown(
    "Does a network serve everybody alike? What nine pictures can't show, hundreds can, and what "
    "hundreds can't show is said too."
)
view = st.segmented_control(
    "What to look at", [NINE, PEOPLE, TONES, OWN],
    default=NINE, required=True, label_visibility="collapsed",
)  # fmt: skip
if view == TONES:
    ten_tones.show()
elif view == OWN:
    own_collection.show()
else:
    reviews, damaged = review.read_reviews(checkpoints.FOLDER)
    for sentence in damaged:
        st.warning(sentence, icon=":material/broken_image:")
    if view == NINE:
        nine_pictures.show(reviews)
    else:
        groups.show(reviews)
footer.show()
