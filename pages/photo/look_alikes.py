"""Pictures that the network learned from and that look most alike to it: six, with diagnoses."""

from __future__ import annotations

import re

import streamlit as st

from core.assessment.in_words import AnswerInWords
from core.assessment.look_alikes import Alike
from core.pictures.reference import ReferencePicture
from core.reports.photo_report import AlikeOnPaper

TITLE = "Pictures it learned from that look most alike to it"
NO_PROOF = (
    "Near in the network's own features is no proof: two pictures may be near for their light, "
    "a ruler or the skin, and their diagnosis says nothing about yours."
)
_KINDS = {"photo": "phone photo", "dermoscopic": "dermoscopic picture"}
_CREDIT = (
    "Pictures: [HAM10000](https://doi.org/10.1038/sdata.2018.161), Tschandl et al. 2018, "
    "[CC BY-NC 4.0](https://creativecommons.org/licenses/by-nc/4.0/), and "
    "[PAD-UFES-20](https://doi.org/10.1016/j.dib.2020.106221), Pacheco et al. 2020, "
    "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), scaled down."
)


def are_shown(said: AnswerInWords) -> bool:
    """Whether they are told: a picture that can't be judged can't be held beside others either."""
    return not said.stopped and not said.anyway


def show(alike: Alike | None) -> None:
    """Draw them; nothing where no features of these weights are at hand."""
    if alike is None:
        return
    st.markdown(f"### {TITLE}")
    st.markdown(f":material/travel_explore: {in_words(alike)}" if alike.far else in_words(alike))
    if not alike.far:
        with st.container(horizontal=True, gap="small", key="look-alikes"):
            for one in alike.nearest:
                with st.container(width=104):
                    # not of that width: Streamlit would scale it down, anew each time
                    st.image(
                        str(one.path), width="stretch", output_format="JPEG", caption=caption(one),
                        alt=f"A {_KINDS[one.kind]} of a lesion that was {one.label}.",
                    )  # fmt: skip
    # not a caption: links would be too pale in it
    st.markdown(f"{NO_PROOF} {_CREDIT}")


def on_paper(alike: Alike) -> AlikeOnPaper:
    """The same for the PDF, links as their words."""
    shown = () if alike.far else tuple((one.path, caption(one)) for one in alike.nearest)
    note = re.sub(r"\[([^]]+)]\([^)]+\)", r"\1", f"{NO_PROOF} {_CREDIT}")
    return AlikeOnPaper(title=TITLE, sentence=in_words(alike), shown=shown, note=note)


def in_words(alike: Alike) -> str:
    """How many of the nearest were malignant, or that nothing is near."""
    if alike.far:
        return (
            "**Nothing alike**: all pictures that it can be held beside "
            "are far from this one. Its answer rests on less than usual."
        )
    return (
        f"Of the {alike.of} nearest, **{alike.malignant}** were malignant. Shown are the "
        f"{len(alike.nearest)} nearest."
    )


def caption(one: ReferencePicture) -> str:
    """Diagnosis and kind."""
    return f"{one.truth} ({_KINDS[one.kind]})"
