"""Use a part of the photo: a frame around what was found, to be moved, and the part checked again.

The part takes the photo's place in the visit, so that every page looks at it.
"""

from __future__ import annotations

import dataclasses
import io
import math
from dataclasses import dataclass

import streamlit as st
from PIL import Image, ImageDraw, ImageEnhance

from core.images import MIN_SIDE
from core.pictures import spot
from core.pictures.spot import Box
from pages.components import not_judged, uploader, visit
from pages.components.visit import Sent
from pages.photo.look import PhotoLook

_SHOWN = 480  # pixels, the longer side of the picture under the frame
_DIMMED = 0.45
_QUALITY = 95  # of the part as a JPEG, colours in full resolution: no answer hangs on it
MOVE = (
    "Is the frame over the spot? If not, move it there, and leave about a third of the spot's size "
    "free around it."
)
_WHOLE = "part of"  # what the visit's part was cut out of
_FRAMED = "part framed"
_ASKED = "part asked"  # the part that the last click asked for
_LEAST, _MOST = 10, 100  # of a part's side, in percent of the picture's shorter one


@dataclass(frozen=True)
class _Whole:
    """The photo that parts are taken of: a small copy as JPEG, its size, and the part proposed."""

    sent: Sent
    jpeg: bytes
    size: tuple[int, int]
    proposed: Box


def offer(look: PhotoLook, sent: Sent) -> None:
    """Draw the frame, open where a part may help; of a part that is used the way back, too.

    The frame stays open under a part that is not judged: another is a click away.
    """
    quality, whole = look.assessment.quality, visit.kept().get(_WHOLE)
    if sent.whole is not None:
        st.button(
            "Back to the whole photo", icon=":material/zoom_out_map:", key="part-whole",
            on_click=visit.begin, args=(sent.whole,),
        )  # fmt: skip
        if whole is None:
            return
        helps = look.assessment.answer == "not judged"
    else:
        proposed = spot.part_to_judge(quality.spot, quality.size)
        whole = _Whole(sent, look.kept.jpeg, quality.size, proposed)
        helps = look.assessment.part_helps
    with st.expander(
        not_judged.PART, icon=":material/crop:", expanded=helps, key=f"part-{sent.id}"
    ):
        _frame(whole)
    part: Box | None = st.session_state.pop(_ASKED, None)
    if part is not None:
        _take(whole, part)


@st.fragment
def _frame(whole: _Whole) -> None:
    """The picture with the frame, three sliders that move it, and the button."""
    size, proposed, photo = whole.size, whole.proposed, whole.sent.id
    st.markdown(MOVE)
    place = st.empty()
    short = min(size)
    # up, never down: what is proposed has just as many pixels as are enough
    percent = math.ceil(round(100 * (proposed.right - proposed.left) * size[0] / short, 6))
    least = max(_LEAST, math.ceil(100 * (MIN_SIDE + 1) / short))  # what is smaller is no picture
    if least < _MOST:
        side = st.slider(
            "Size of the part", least, _MOST, min(max(percent, least), _MOST), format="%d %%",
            key=f"part-size-{photo}",
        )  # fmt: skip
    else:
        side = _MOST
    across = st.slider(
        "Left to right", 0, 100, round(50 * (proposed.left + proposed.right)), format="%d %%",
        key=f"part-across-{photo}",
    )  # fmt: skip
    down = st.slider(
        "Top to bottom", 0, 100, round(50 * (proposed.top + proposed.bottom)), format="%d %%",
        key=f"part-down-{photo}",
    )  # fmt: skip
    part = spot.square(across * size[0] / 100, down * size[1] / 100, side * short / 100, size)
    place.image(
        _framed_file(whole.jpeg, part), output_format="JPEG",
        alt=f"Your photo with a frame around the part to use: {in_words(part)}.",
    )  # fmt: skip
    if st.button("Check this part", icon=":material/crop:", key="part-check", type="primary"):
        st.session_state[_ASKED] = part
        st.rerun()


def _framed_file(jpeg: bytes, part: Box) -> bytes:
    """``framed`` as a JPEG file; the last one is kept, as the page is drawn again and again."""
    kept: dict[tuple[bytes, Box], bytes] = visit.kept().setdefault(_FRAMED, {})
    key = (jpeg, part)
    if key not in kept:
        file = io.BytesIO()
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            framed(picture.convert("RGB"), part).save(file, "JPEG", quality=_QUALITY)
        kept.clear()
        kept[key] = file.getvalue()
    return kept[key]


def framed(picture: Image.Image, part: Box) -> Image.Image:
    """A small copy: dimmed outside the part, with a line around it."""
    small = picture.copy()
    small.thumbnail((_SHOWN, _SHOWN))
    drawn = ImageEnhance.Brightness(small).enhance(_DIMMED)
    left, top = round(part.left * small.width), round(part.top * small.height)
    drawn.paste(spot.crop(small, part), (left, top))
    right, bottom = round(part.right * small.width), round(part.bottom * small.height)
    ImageDraw.Draw(drawn).rectangle((left, top, right - 1, bottom - 1), outline="white", width=3)
    return drawn


def in_words(part: Box) -> str:
    """Where the part lies, for whoever can't see the frame."""
    return (
        f"from {100 * part.left:.0f} to {100 * part.right:.0f}\N{NO-BREAK SPACE}% of the width "
        f"and from "
        f"{100 * part.top:.0f} to {100 * part.bottom:.0f}\N{NO-BREAK SPACE}% of the height"
    )


def _take(whole: _Whole, part: Box) -> None:
    """Cut the part out of the photo in its full size: it is the visit's photo from now on."""
    cut = spot.crop(uploader.opened(whole.sent).image, part)
    packed = io.BytesIO()
    cut.save(packed, "JPEG", quality=_QUALITY, subsampling="4:4:4")
    visit.begin(Sent(packed.getvalue(), f"{whole.sent.id} {part}", whole=whole.sent))
    visit.kept()[_WHOLE] = dataclasses.replace(whole, proposed=part)  # where the frame is now
    st.rerun()
