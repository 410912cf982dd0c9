"""Real pictures to click, and what each turned out to be, told when it is asked for."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable

import streamlit as st
from PIL import Image

from core.pictures.examples import Example, ExampleKind, read_examples

KINDS: dict[str, ExampleKind] = {
    "Phone photos": "photo",
    "Dermatoscope": "dermoscopic",
    "Gone wrong": "made",
}
CREDITS: dict[ExampleKind, str] = {
    "photo": (
        "Photos: [PAD-UFES-20](https://doi.org/10.1016/j.dib.2020.106221), Pacheco et al. 2020, "
        "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), scaled down. The network has "
        "never seen them."
    ),
    "dermoscopic": (
        "Pictures: test set of ISIC 2018, [Tschandl et al. 2018]"
        "(https://doi.org/10.1038/sdata.2018.161), [CC BY-NC 4.0]"
        "(https://creativecommons.org/licenses/by-nc/4.0/), cut and scaled. The network has never "
        "learned from them."
    ),
    "made": (
        "Made by a program out of photos of [PAD-UFES-20]"
        "(https://doi.org/10.1016/j.dib.2020.106221), "
        "Pacheco et al. 2020, [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)."
    ),
}
# Pixels: three and a bit in a row on a phone, so that it is seen to go on. As in layout.
_WIDTH = 96


def show(on_choose: Callable[[str], None]) -> None:
    """Draw the row; nothing where no examples are at hand.

    ``on_choose`` is called with the file's name of the one that was clicked, before the page is
    drawn again.
    """
    examples = _at_hand()
    if not examples:
        return
    st.markdown("**Or try a real picture.** What it turned out to be is told after the answer.")
    way = st.segmented_control(
        "Which pictures", list(KINDS), default="Phone photos", required=True,
        key="examples-kind", label_visibility="collapsed",
    )  # fmt: skip
    kind = KINDS[way]
    shown = [one for one in examples if one.kind == kind]
    with st.container(horizontal=True, wrap=False, gap="small"):
        for number, one in enumerate(shown):
            with st.container(width=_WIDTH, gap="xxsmall", key=f"examples-cell-{number}"):
                # not of that width: Streamlit would scale it down, anew each time
                st.image(_thumbnail(one), width="stretch", output_format="JPEG", alt="")
                st.button(
                    one.shows, key=f"examples-{one.file}", type="tertiary", width="stretch",
                    wrap=True, on_click=on_choose, args=(one.file,),
                )  # fmt: skip
    st.markdown(CREDITS[kind])


def named(file: str) -> Example | None:
    """The example whose file is called so, if it is at hand."""
    return next((one for one in _at_hand() if one.file == file), None)


def offer_truth(example: Example) -> None:
    """Draw what it turned out to be, behind a click."""
    with st.expander("What it turned out to be", icon=":material/visibility:", key="truth"):
        st.markdown(f"**{example.truth}**")
        st.caption(known_about(example))


def known_about(example: Example) -> str:
    """What else was recorded about it, in one line."""
    recorded = [
        f"recorded skin type {example.fitzpatrick}" if example.fitzpatrick else "",
        f"{example.age} years" if example.age else "",
        example.sex,
        example.region,
        f"{example.diameter_mm:g} mm" if example.diameter_mm else "",
        f"from {example.made_from}: {example.made}" if example.made else "",
    ]
    return "; ".join([example.source, example.file, *(fact for fact in recorded if fact)]) + "."


@functools.cache
def _at_hand() -> tuple[Example, ...]:
    """They come with the app: a page asks for them several times each time that it is drawn."""
    return read_examples()


@functools.lru_cache(maxsize=64)
def _thumbnail(example: Example) -> bytes:
    """A small copy as a JPEG file, sharp on a phone's dense screen too."""
    with Image.open(example.path) as opened:
        small = opened.convert("RGB")
    small.thumbnail((2 * _WIDTH, 2 * _WIDTH))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=80)
    return file.getvalue()
