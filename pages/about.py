"""About: what this is, for whom, its limits, its data and licences, and every model's card."""

import streamlit as st

from core import checkpoints
from pages.cards import card
from pages.components import footer, loaded_models, visit_strip

st.title("About", anchor=False)
visit_strip.show(picture=True, here=False)
st.markdown(
    """
A network that sorts pictures of skin lesions into benign and malignant, and a place to find out
when not to believe it. It started from a student project that fine-tuned a ResNet18 on 3,297
dermoscopic pictures, and goes on to ask what such a network has really learned.

## For whom
- **Curious people with a photo**: to see what such a network says, and how little that may mean.
- **Teachers and students**: to show how a model with 90 % accuracy fails outside its collection.
- **People who host or study it**: every figure comes from a file that a command wrote.

## What it can't do
- It **does not diagnose**. It was never tested in a clinic, and it is no medical device.
- It judges **one picture**; doctors also touch, ask, compare with other moles and take samples.
- The reproduced networks have learned from **dermoscopic pictures of mostly light skin** alone, and
  `general` also from a few hundred phone photos and atlas pictures. What their answers are worth on
  photos and on dark skin is in the tables below, where it was measured.
- In its training set nearly half of the malignant pictures come from **another collection than
  every
  benign one**, so part of what it knows may be the collection. The HAM10000 rows below leave
  those out.
- 131 of its 660 official test pictures show a **lesion that is also in training**: 97 by the
  lesions' numbers, 34 more were found by matching the pictures. The rows of no known lesion, beside
  the official ones, leave them out; there may be more that nobody has found.
- A saliency map shows **where** a network found evidence. It does not show that it was right.
"""
)

st.header("Models", anchor=False)
for name in loaded_models.names():
    card.show(checkpoints.card(name))

st.header("Data and licences", anchor=False)
st.markdown(
    """
- **Training and official test**: *Skin Cancer: Malignant vs. Benign*, C. Fanconi, Kaggle 2019,
  pictures
  from the ISIC Archive under its terms of use. 2,488 of the 3,297 pictures are from HAM10000
  (P. Tschandl, C. Rosendahl, H. Kittler, *Scientific Data* 5, 180161, 2018), CC BY-NC 4.0.
- **Phone photos**, for `general` and for figures: PAD-UFES-20 (A. Pacheco et al., *Data in Brief*
  32, 106221, 2020), CC BY 4.0.
- **Atlas photos**: Fitzpatrick17k (M. Groh et al., CVPR workshops 2021), CC BY-NC-SA 3.0, used to
  train `general` and for figures; none of its pictures is shown.
- **Dermoscopic test of another year**: ISIC 2018 task 3 (N. Codella et al., arXiv:1902.03368), CC
  BY-NC 4.0.
- **Pictures to try**: where the network reaches it, the ISIC Archive's API; CC-0, with their
  attribution beside each.
- **Saliency**: Grad-CAM++ (A. Chattopadhay et al., arXiv:1710.11063); others from pytorch-grad-cam
  (J. Gildenblat, MIT).
- **The weights here** are for research and teaching under CC BY-NC 4.0. No patient's picture is
  part
  of this project.

## Your photo
It is decoded in this server's memory and looked at. It stays there while your page is open, until
you choose another; it is erased within two minutes after you close the page, or after your
connection is lost. It is not written to disk and not sent elsewhere. Only a smaller copy without
metadata goes back to your browser. No visit is reported to anyone, and your browser asks no other
server for anything.
"""
)
footer.show()
