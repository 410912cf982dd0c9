"""The picture before and after: pixels, answers, and the two saliency maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.results.robustness import FGSM, PGD
from core.saliency.overlay import legend, overlay
from pages.components import heat_map, wording
from pages.stress.session import Step
from pages.stress.setting import Setting

if TYPE_CHECKING:
    from core.probes.attack_path import Subject

_OPACITY = 0.6


def show(subject: Subject, step: Step, setting: Setting) -> None:
    """Draw both pictures, what was added, both answers, and both maps."""
    from core.probes import changed_picture

    _warn(subject, setting)
    before = changed_picture.picture(subject.x)
    after = changed_picture.picture(step.changed)
    added, factor = changed_picture.difference(subject.x, step.changed)
    first, second, third = st.columns(3)
    first.image(before, width="stretch", alt="The picture as the model takes it.")
    first.markdown(f"**Original**: {_said(subject.clean.probability, subject.clean.answer)}")
    second.image(after, width="stretch", alt=f"The picture under {setting.title}.")
    second.markdown(f"**{setting.title}**: {_said(step.look.probability, step.look.answer)}")
    third.image(added, width="stretch", alt="What was added to the picture, on middle grey.")
    third.markdown(f"**What was added**, magnified {factor} times; grey is nothing.")
    st.markdown(_verdict(subject, step))
    st.download_button(
        "Download", lambda: changed_picture.png(step.changed), file_name(setting), "image/png",
        icon=":material/download:", on_click="ignore",
        help="The changed picture as a PNG without metadata. It holds whole grey levels: changes "
        "under half a level are lost in it, and the report's 0.003 becomes one level.",
    )  # fmt: skip
    _maps(subject, step, setting)


def file_name(setting: Setting) -> str:
    """A name that says what was done, of letters, digits, dots and dashes alone."""
    strength = setting.strength.replace("/", "-of-")
    words = [setting.change.replace(" ", "-"), strength, setting.model, f"seed-{setting.seed}"]
    return f"lesion_{'_'.join(words)}.png"


def _warn(subject: Subject, setting: Setting) -> None:
    if setting.change in (FGSM, PGD):
        st.caption(
            "Nobody told the model what the lesion is, so the attack goes against the model's own "
            f"answer, '{subject.clean.answer}': it turns the answer round, right or wrong."
        )
    if subject.vanishes and not setting.shift:
        st.warning(
            "The model is so sure of this picture that its gradient is zero everywhere. **An "
            "attack by gradients can't work here**, and none is faked: FGSM and PGD leave the "
            "picture as it is. That is no proof that the model withstands other attacks.",
            icon=":material/block:",
        )


def _said(probability: float, answer: str) -> str:
    return f"{wording.chance(probability)} malignant, so '{answer}'."


def _verdict(subject: Subject, step: Step) -> str:
    if step.look.answer == subject.clean.answer:
        return f":material/shield: The answer stays **{subject.clean.answer}**."
    return (
        f":material/swap_horiz: The answer flips from **{subject.clean.answer}** to "
        f"**{step.look.answer}**."
    )


def _maps(subject: Subject, step: Step, setting: Setting) -> None:
    from core.probes import attack_path, changed_picture

    st.markdown("## Where it looked")
    for column, name, x, look in zip(
        st.columns(2), ("Original", setting.title), (subject.x, step.changed),
        (subject.clean, step.look), strict=True,
    ):  # fmt: skip
        place = heat_map.where(look.map) if look.map.any() else "nowhere"
        column.image(
            overlay(changed_picture.picture(x), look.map, _OPACITY), width="stretch",
            caption=f"{name}: most at the {place}" if look.map.any() else f"{name}: empty",
            alt=f"{name} with its saliency map, strongest in the {place}.",
        )  # fmt: skip
    st.image(
        legend(), width="stretch", alt="Colour scale from dark violet, little, to yellow, most."
    )
    agree = attack_path.agreement(subject.clean.map, step.look.map)
    words = (
        "One map is the same all over, so there are no ranks to compare."
        if agree is None
        else f"The two maps agree to **{agree:.2f}** (Spearman's rank correlation: 1 is the same "
        "order of places, 0 no relation, -1 the reverse)."
    )
    st.markdown(f"{words} Both show the evidence for '{subject.clean.answer}'.")
