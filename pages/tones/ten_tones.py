"""One picture on ten simulated tones: what models answer on each, from one batch a model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.labels import LOOKS
from core.pictures.examples import read_examples, types_missing
from core.statistics import estimates
from pages.components import (
    charts,
    example_row,
    figure,
    loaded_models,
    not_judged,
    uploader,
    visit,
    work_queue,
)
from pages.components.visit import Sent

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.probes.ten_tones import ToneStrip
    from core.runtime.between import Between


def show() -> None:
    """Ask for a picture and up to two models, then draw the strip.

    At first there is the model alone that gave the photo's answer.
    """
    sent = uploader.ask()
    missing = types_missing(one for one in read_examples() if one.kind == "photo")
    if missing and (sent is None or example_row.named(sent.source)):
        st.caption(missing)
    names = loaded_models.names()
    if sent is None or not names:
        return
    st.page_link("pages/check_a_photo.py", label="Back to the answer", icon=":material/arrow_back:")
    own = visit.answered_by()
    chosen = st.pills(
        "Models, two at most", names, selection_mode="multi",
        default=own if own in names else names[0],
        format_func=loaded_models.title, key=f"tones-models-{sent.id}",
    )  # fmt: skip
    if len(chosen) > 2:
        st.info("Please choose two models at most.")
        return
    if not chosen:
        return
    held, doubted = _held(chosen, sent)
    if held:
        return
    strips, photo = {}, uploader.opened(sent)
    for name in chosen:
        strip = _strip(name, sent, photo)
        if strip is None:
            return
        strips[name] = strip
    first = next(iter(strips.values()))
    from core.probes.ten_tones import in_two_rows  # imports torch

    # beside each other, so that tone and chance are seen in one window
    left, right = st.columns(2, gap="medium")
    left.image(
        in_two_rows(first.tones), width="stretch", output_format="JPEG",
        alt="The picture with its skin simulated in ten tones, from light to dark.",
    )  # fmt: skip
    rows = table(strips)
    colours = [tone.tone for tone in first.tones]
    figure.show(by_tone(rows, colours), finding(strips, doubted), rows, "ten-tones", right)
    st.caption(
        f"A simulation: darker pixels are not darker skin, and whether it agrees with people is "
        f"under 'Over people'. The ten are the Monk scale. The skin in this picture as it is: "
        f"{first.skin.tone} (ITA {first.skin.ita:.0f}°), the apparent tone in this light and no "
        "skin type."
    )


def _held(names: Sequence[str], sent: Sent) -> tuple[bool, set[str]]:
    """Whether the first model's gate stops the picture, and whose answer may mean nothing.

    What the others' gates say is told.
    """
    doubted: set[str] = set()
    for number, name in enumerate(names):
        model = loaded_models.classifier(name)
        if model is None or (not number and not_judged.holds(model, sent)):
            return True, doubted
        if doubt := not_judged.doubt(model, sent):
            doubted.add(name)
            if number or model.card.limits is None:  # the first one's gate says it itself
                st.markdown(f":material/warning: **{name}**: {doubt}")
    return False, doubted


def finding(strips: dict[str, ToneStrip], doubted: Collection[str] = ()) -> str:
    """What each model's answer does from the lightest to the darkest tone, in a sentence.

    Those that are ``doubted`` give no answer to the picture: of them there is no word but that.
    """
    told = []
    for name, strip in strips.items():
        if name in doubted:
            told.append(f"{name}: its numbers may mean nothing here")
            continue
        chances = [tone.probability for tone in strip.tones]
        low, high = estimates.chance(min(chances)), estimates.chance(max(chances))
        answers = {tone.answer for tone in strip.tones}
        first, last = (LOOKS[strip.tones[end].answer] for end in (0, -1))
        if len(answers) == 1:
            does = f"its answer stays '{first}'"
        elif first != last:
            does = f"its answer turns with the skin, from '{first}' to '{last}'"
        else:
            does = f"its answer turns with the skin, and is '{first}' at both ends"
        told.append(f"{name}: {low} to {high}, {does}")
    return "; ".join(told)


def _strip(name: str, sent: Sent, photo: uploader.Photo) -> ToneStrip | None:
    from core.probes.ten_tones import on_ten_tones  # imports torch

    model = loaded_models.classifier(name)
    if model is None:
        return None

    found = not_judged.assessed(model, sent)

    def work(between: Between) -> tuple[ToneStrip | None]:
        return (on_ten_tones(model, photo.image, between, found),)

    done = work_queue.in_batches(f"Ten tones, {name}", f"ten tones {photo.id} {name}", work)
    if done is None:
        return None
    (strip,) = done
    if strip is None:
        st.info(
            "There is too little skin around the lesion in this picture to change its tone. "
            "Take it from a little further away."
        )
    return strip


def table(strips: dict[str, ToneStrip]) -> pd.DataFrame:
    """A row a model and tone; chance and share in percent."""
    rows = [
        {
            "model": name, "tone": number, "colour": tone.tone,
            "chance": estimates.chance(tone.probability),
            "chance, %": round(100 * tone.probability, 1), "answer": LOOKS[tone.answer],
            "map on the lesion, %": None if tone.share is None else round(100 * tone.share, 1),
        }
        for name, strip in strips.items()
        for number, tone in enumerate(strip.tones, 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def by_tone(rows: pd.DataFrame, colours: Sequence[str]) -> go.Figure:
    """The chance of one picture on the ten tones, a line a model.

    ``rows``: model, tone (1 is the lightest), ``chance, %``. The tones' own ``colours`` stand
    beneath as swatches.
    """
    drawn = charts.lines(rows, "model", "tone", "chance, %")
    drawn.add_scatter(
        x=list(range(1, len(colours) + 1)), y=[-9] * len(colours), mode="markers",
        showlegend=False, hoverinfo="skip",
        marker={"symbol": "square", "size": 18, "color": list(colours),
                "line": {"width": 1, "color": "grey"}},
    )  # fmt: skip
    drawn.update_xaxes(title="simulated skin, from light to dark", dtick=1)
    drawn.update_yaxes(
        title="chance of malignant, %", range=[-16, 104], tickvals=[0, 25, 50, 75, 100]
    )
    return charts.placed(drawn)
