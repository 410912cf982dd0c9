"""The picture before and after, in one place: its answers, what was added, and both maps."""

from __future__ import annotations

import streamlit as st

from core.labels import LOOKS, Judgement
from core.pictures import added
from core.results.robustness import FGSM, GAUSSIAN, PGD
from core.saliency.overlay import legend, overlay
from core.statistics import estimates
from pages.components import saliency_map
from pages.stress.judged import BeforeAndAfter, Done
from pages.stress.setting import Setting

_OPACITY = 0.6
BEFORE, AFTER = "Before", "After"
BY_CHANCE = (
    "The answers go by the chance alone. 'Check a photo' also stops a picture that is too dark or "
    "too blurred."
)
# Two grey levels of 255: what a screen's own steps hide.
_UNSEEN = 2 / 255


def sentence(shown: BeforeAndAfter, setting: Setting) -> str:
    """What the change did to the answer, from both chances."""
    before, after = shown.answers
    what = f"{setting.title}, {_amount(setting)},"
    unseen = not setting.shift and setting.change != GAUSSIAN and 0 < setting.value <= _UNSEEN
    if unseen:
        what = f"A change that no eye can see ({setting.title}, {_amount(setting)})"
    chances = " to ".join(estimates.chance(chance) for chance in shown.chances)
    if after == "not judged":
        return (
            f"{what} moves the model's number from {chances}. There is no answer, before or after."
        )
    if before != after:
        return (
            f"{what} changes the answer: from '{LOOKS[before]}' to '{LOOKS[after]}' (chance of "
            f"malignant {chances})."
        )
    return f"{what} leaves the answer as it is: '{LOOKS[after]}' (chance of malignant {chances})."


def _amount(setting: Setting) -> str:
    if setting.shift:
        return f"{100 * setting.value:.0f}\N{NO-BREAK SPACE}% of the worst"
    if setting.change == GAUSSIAN:
        return f"standard deviation {setting.value:g}"
    return f"{255 * setting.value:.2g} of 255 grey levels"


def show(shown: BeforeAndAfter, setting: Setting) -> None:
    """Draw the picture, before or after, in one place; a switch flips between the two."""
    pictures = added.png(shown.before), added.png(shown.after)
    _flip(*pictures, f"The picture under {setting.title}.")


@st.fragment
def _flip(before: bytes, after: bytes, alt: str) -> None:
    """Draw one of the two pictures: a fragment, so the switch changes nothing else.

    What it is given stays in the server's memory with the visit.
    """
    place = st.container(key="stress_photo")
    way = st.segmented_control(
        "Which picture", [BEFORE, AFTER], default=AFTER, required=True, key="stress_flip",
        label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    place.image(
        before if way == BEFORE else after, width="stretch",
        alt="The picture as the model takes it." if way == BEFORE else alt,
    )  # fmt: skip


def details(shown: BeforeAndAfter, setting: Setting) -> None:
    """Draw both answers, what was added, and the changed picture to take home."""
    _warn(shown, setting)
    for when, chance, answer in zip((BEFORE, AFTER), shown.chances, shown.answers, strict=True):
        st.markdown(f"**{when}**: {answer_in_words(chance, answer)}")
    if setting.shift:
        st.caption(BY_CHANCE)
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.image(
        shown.difference, width="stretch", alt="What was added to the picture, on middle grey."
    )
    right.markdown(f"**What was added**, magnified {shown.factor} times; grey is nothing.")
    after = shown.after
    right.download_button(
        "Download", lambda: added.png(after), file_name(setting), "image/png",
        icon=":material/download:", on_click="ignore",
        help="The changed picture as a PNG without metadata. It holds whole grey levels: changes "
        "under half a level are lost in it, and the report's 0.003 becomes one level.",
    )  # fmt: skip


def file_name(setting: Setting) -> str:
    """A name that says what was done, of letters, digits, dots and dashes alone."""
    strength = setting.strength.replace("/", "-of-")
    words = [setting.change.replace(" ", "-"), strength, setting.model, f"seed-{setting.seed}"]
    return f"lesion_{'_'.join(words)}.png"


def _warn(shown: BeforeAndAfter, setting: Setting) -> None:
    if setting.change in (FGSM, PGD):
        st.caption(
            "Nobody told the model what the lesion is, so the attack goes against the class that "
            f"the model finds likelier, {shown.likelier}, right or wrong."
        )
    if shown.vanishes:
        st.warning(
            "The model is so sure of this picture that its gradient is zero everywhere. **An "
            "attack by gradients can't work here**, and none is faked: FGSM and PGD leave the "
            "picture as it is. That is no proof that the model withstands other attacks.",
            icon=":material/block:",
        )


def answer_in_words(chance: float, answer: Judgement) -> str:
    """The chance, and the answer that 'Check a photo' has for it."""
    return f"{estimates.chance(chance)} malignant, **{LOOKS[answer]}**."


def maps(done: Done, setting: Setting) -> None:
    """Draw both saliency maps, and how far they agree."""
    from core.probes import attack_path, changed_picture

    subject, step = done.subject, done.step
    for column, name, x, look in zip(
        st.columns(2), ("Original", setting.title), (subject.x, step.changed),
        (subject.clean, step.look), strict=True,
    ):  # fmt: skip
        place = saliency_map.where(look.saliency_map) if look.saliency_map.any() else "nowhere"
        column.image(
            overlay(changed_picture.picture(x), look.saliency_map, _OPACITY), width="stretch",
            caption=f"{name}: most at the {place}" if look.saliency_map.any() else f"{name}: empty",
            alt=f"{name} with its saliency map, strongest in the {place}.",
        )  # fmt: skip
    st.image(
        legend(), width="stretch", alt="Colour scale from dark violet, little, to yellow, most."
    )
    agree = attack_path.agreement(subject.clean.saliency_map, step.look.saliency_map)
    words = (
        "One map is the same all over, so there are no ranks to compare."
        if agree is None
        else f"The two maps agree to **{agree:.2f}** (Spearman's rank correlation: 1 is the same "
        "order of places, 0 no relation, -1 the reverse)."
    )
    st.markdown(
        f"{words} Both show the evidence for the class that "
        f"it finds likelier in the original, {subject.clean.answer}."
    )
