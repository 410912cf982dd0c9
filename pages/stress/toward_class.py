"""'What would have to change?': a picture moved toward either class.

It is moved by a robust and by a standard network, with the same budget.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from core.statistics import estimates
from pages.components import layout, loaded_models, uploader, visit, work_queue
from pages.components.server_wide import server_wide
from pages.stress import session

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.classifier import Classifier
    from core.runtime.between import Between

STANDARD, ROBUST = "resnet18", "resnet18_robust"
PAIR = {ROBUST: "The robust network", STANDARD: "The standard network"}
SOURCE = (
    "After Santurkar et al. 2019, [arXiv:1906.09453](https://arxiv.org/abs/1906.09453), and "
    "Boreiko et al. 2022, [GCPR](https://doi.org/10.1007/978-3-031-16788-1_9)."
)
WHAT_IT_IS_NOT = (
    "This is no picture of how a lesion grows or heals: it shows what the network goes by, "
    "and nothing else."
)
BENIGN, AS_IT_IS, MALIGNANT = "more benign", "as it is", "more malignant"
ADDED = "what was added"
WAYS = (BENIGN, AS_IT_IS, MALIGNANT, ADDED)
_CLEARLY = 2.0  # times as much
_MOST_SHARED = 8  # results of the lesson's pictures, a megabyte each
_KEPT = "toward class"


@dataclass(frozen=True)
class Toward:
    """What one network made of a picture: RGB pictures of its view, and P(malignant) of each.

    ``added`` is what was added on the way to malignant, on middle grey, ``factor`` times.
    ``coarse`` is the share of it that has a shape.
    """

    title: str
    before: Image.Image
    benign: Image.Image
    malignant: Image.Image
    added: Image.Image
    factor: int
    chances: tuple[float, float, float]
    coarse: float


def budget() -> str:
    """The norm, its size and the steps, in a sentence."""
    from core.probes import toward_class

    return (
        f"Both networks may add as much: a Euclidean length of {toward_class.RADIUS:g} over all "
        f"values of the picture (black 0, white 1), in {toward_class.STEPS} steps along the "
        "gradient (projected gradient descent, L2)."
    )


def made(key: str, *, shared: bool) -> list[Toward] | None:
    """What has been made of the picture called ``key``, a result a network; ``None`` before."""
    if not shared:
        own: list[Toward] | None = session.recall((_KEPT, key))
        return own
    done, lock = _shared()
    with lock:
        return done.get(key)


def make(picture: Image.Image, key: str, *, shared: bool) -> list[Toward] | None:
    """Ask both networks, with a bar that grows and a button that stops; kept under ``key``.

    ``shared`` results are for all visitors: of the lesson's own pictures alone. ``None`` after a
    stop, or where a network is not at hand.
    """
    done = made(key, shared=shared)
    if done is not None:
        return done
    stopped = f"toward_stopped_{key}"
    if st.session_state.get(stopped):
        st.button(
            "Go on", icon=":material/play_arrow:", key=f"toward_go_{key}",
            on_click=st.session_state.pop, args=(stopped, None),
        )  # fmt: skip
        return None
    place = st.empty()
    with place.container():
        st.button(
            "Stop", icon=":material/stop_circle:", key=f"toward_stop_{key}",
            on_click=st.session_state.update, args=({stopped: True},),
        )  # fmt: skip
        bar = st.progress(0.0, text="Asking the robust network.")
        waiting = st.empty()
        results = []
        for number, name in enumerate(PAIR):
            model = loaded_models.classifier(name)
            if model is None:
                return None
            with work_queue.turn(waiting) as between:
                results.append(_walked(model, picture, bar, number, between))
    place.empty()
    _keep(key, results, shared)
    return results


def _keep(key: str, results: list[Toward], shared: bool) -> None:
    if not shared:
        session.keep((_KEPT, key), results)
        return
    done, lock = _shared()
    with lock:
        done[key] = results
        while len(done) > _MOST_SHARED:
            done.popitem(last=False)


def _walked(
    model: Classifier, picture: Image.Image, bar: DeltaGenerator, number: int, between: Between
) -> Toward:
    """One network's walk.

    Between two steps others go first; there a stop, or a visitor who has left, ends it.
    """
    from core.probes import changed_picture, toward_class

    title = f"{PAIR[model.card.name]} ({model.card.name})"
    x = model.network_input(picture)
    before = 0.0
    for moved in toward_class.walk(model, x):
        if moved.steps == 0:
            before = moved.probabilities[0]
        share = (number + moved.steps / toward_class.STEPS) / len(PAIR)
        bar.progress(share, text=f"{title}: step {moved.steps} of {toward_class.STEPS}")
        between(share)
    benign, malignant = moved.pictures
    added, factor = changed_picture.difference(x, malignant)
    return Toward(
        title=title, before=changed_picture.picture(x), benign=changed_picture.picture(benign),
        malignant=changed_picture.picture(malignant), added=added, factor=factor,
        chances=(before, *moved.probabilities), coarse=toward_class.coarse_share(x, malignant),
    )  # fmt: skip


def finding(results: Sequence[Toward]) -> str:
    """What both networks did on the way to malignant, and whether what they added has a shape."""
    from core.probes.toward_class import SQUARE

    robust, standard = results
    chances = "; ".join(
        f"the {name} one goes from {estimates.chance(one.chances[0])} to "
        f"{estimates.chance(one.chances[2])}"
        for name, one in (("robust", robust), ("standard", standard))
    )
    shares = f"{100 * robust.coarse:.0f} and {100 * standard.coarse:.0f}\N{NO-BREAK SPACE}%"
    chance = f"{100 / SQUARE**2:.1f}\N{NO-BREAK SPACE}%"
    if robust.coarse > _CLEARLY * standard.coarse:
        verdict = "**what the robust network adds has more of a shape**"
    elif standard.coarse > _CLEARLY * robust.coarse:
        verdict = "**what the standard network adds has more of a shape**"
    else:
        verdict = "neither adds clearly more of a shape than the other"
    return (
        f"Toward malignant, {chances}. Of what they add, {shares} are left of means over "
        f"{SQUARE} x {SQUARE} pixels (of mere noise it would be {chance}): {verdict}."
    )


@st.fragment
def draw(results: list[Toward], key: str, *, told: bool = True, first: str = "") -> None:
    """Draw the networks' pictures side by side, with a switch that changes both in place.

    ``first`` is the way shown first, else toward malignant. Chances are given only where ``told``.
    A fragment, so the switch changes nothing else.
    """
    layout.pair()
    way = st.segmented_control(
        "Which way", WAYS, default=first or MALIGNANT, required=True, key=f"toward_way_{key}",
        label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    with st.container(key="toward_pair"):
        for column, result in zip(st.columns(len(results), gap="small"), results, strict=True):
            column.markdown(f"**{result.title}**")
            picture, said = _seen(result, way, told)
            column.image(picture, width="stretch", caption=said, alt=f"{result.title}, {said}.")


def _seen(result: Toward, way: str, told: bool) -> tuple[Image.Image, str]:
    """One network's picture of a way, and what is said under it."""
    if way == ADDED:
        return (
            result.added,
            f"added on the way to malignant, {result.factor} times; grey is nothing",
        )
    picture, chance = {
        BENIGN: (result.benign, result.chances[1]), AS_IT_IS: (result.before, result.chances[0]),
        MALIGNANT: (result.malignant, result.chances[2]),
    }[way]  # fmt: skip
    return picture, f"{way}: {estimates.chance(chance)} malignant" if told else way


def offer(sent: visit.Sent) -> None:
    """Draw the question for a visitor's picture, and both networks' answers once it is asked."""
    key = "drawn" if sent.data is None else hashlib.sha256(sent.data).hexdigest()
    results = made(key, shared=False)
    st.markdown("## What would have to change?")
    st.markdown(
        "Ask a network that was trained to withstand small changes to make this picture more "
        "malignant, then more benign, and a standard one with the same budget. Which of them draws "
        "something that you can name?"
    )
    asked = "toward_asked"
    if results is None and st.session_state.get(asked) != key:
        st.button(
            "Ask both networks", icon=":material/draw:", key="toward_ask",
            on_click=st.session_state.update, args=({asked: key},),
        )  # fmt: skip
        return
    if results is None:
        results = make(uploader.opened(sent).image, key, shared=False)
    if results is None:
        return
    st.markdown(finding(results))
    draw(results, key)
    st.caption(f"{WHAT_IT_IS_NOT} {budget()}")
    st.markdown(SOURCE)


@server_wide
def _shared() -> tuple[OrderedDict[str, list[Toward]], threading.Lock]:
    """The results of the lesson's pictures on this server."""
    return OrderedDict(), threading.Lock()
