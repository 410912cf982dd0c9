"""About: what this is, for whom, its limits, its data and licences, and every model's card."""

import streamlit as st

from core import checkpoints
from pages.cards import card, limits
from pages.components import footer, loaded_models, visit_strip

st.title("About", anchor=False)
visit_strip.show(picture=True, here=False)
st.markdown(
    "A network that sorts pictures of skin lesions into benign and malignant, and a place to find "
    "out when not to believe it. It started from a student project that fine-tuned a ResNet18 on "
    "3,297 dermoscopic pictures, and goes on to ask what such a network has really learned."
)
st.markdown("## What it can't do")
limits.show_five()
st.markdown(
    """
It was never tested in a clinic, and it is no medical device. It judges **one picture**; doctors
also touch, ask, compare with other moles and take samples. A saliency map shows **where** a network
found evidence, not that it was right.

## For whom
- **Curious people with a photo**: to see what such a network says, and how little that may mean.
- **Teachers and students**: to show how a model with 90\N{NO-BREAK SPACE}% accuracy fails outside
  its collection.
- **People who host or study it**: every figure comes from a file that a command wrote.
"""
)

st.header("Models", anchor=False)
if names := loaded_models.names():
    # one at a time: four cards under each other are a wall of numbers
    chosen = st.segmented_control(
        "Model", names, default=names[0], required=True, key="card", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    card.show(checkpoints.card(chosen))

st.header("Data and licences", anchor=False)
st.markdown(
    """
- **Training and official test**: *Skin Cancer: Malignant vs. Benign*, C. Fanconi, Kaggle 2019,
  pictures from the ISIC Archive under its terms of use. 2,488 of the 3,297 are from HAM10000
  (P. Tschandl, C. Rosendahl, H. Kittler, *Scientific Data* 5, 180161, 2018), CC BY-NC 4.0.
- **Phone photos**, for `general` and for figures: PAD-UFES-20 (A. Pacheco et al., *Data in Brief*
  32, 106221, 2020), CC BY 4.0.
- **Atlas photos**: Fitzpatrick17k (M. Groh et al., CVPR workshops 2021), CC BY-NC-SA 3.0, used to
  train `general` and for figures; none of its pictures is shown.
- **Dermoscopic test of another year**: ISIC 2018 task 3 (N. Codella et al., arXiv:1902.03368), CC
  BY-NC 4.0.
- **The official test** shows 131 lesions that are also in training: 97 by the lesions' numbers, 34
  more were found by matching the pictures. The cards' rows of no known lesion leave them out.
- **Pictures to try**: of PAD-UFES-20 and of ISIC 2018's test, with attribution and licence beside
  them; no model learns from them.
- **Saliency**: Grad-CAM++ (A. Chattopadhay et al., arXiv:1710.11063); others from pytorch-grad-cam
  (J. Gildenblat, MIT).
- **The weights here** are for research and teaching under CC BY-NC 4.0. The pictures
  to try are under licences of their own.

## Your photo
It is decoded in this server's memory and looked at. It stays there while your page is open, until
you choose another; it is erased within two minutes after you close the page, or after your
connection is lost. It is not written to disk and not sent elsewhere. Only a smaller copy without
metadata goes back to your browser. No visit is reported to anyone, and your browser asks no other
server for anything.
"""
)
footer.show()
