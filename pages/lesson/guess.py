"""The class guesses before it is told: one bar, its mark and the network's on it, and both stay."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.statistics import estimates

_REVEALED = "lesson_revealed"
_BAR = """
<div role="img" aria-label="{label}" style="position:relative;height:4.2rem;margin:0 0.6rem">
  <div style="position:absolute;left:0;right:0;top:2rem;height:0.5rem;border-radius:0.25rem;
    background:linear-gradient(to right,#0072B2,#8A8F8F 50%,#D55E00);opacity:0.75"></div>
  {marks}
</div>"""
# Above the bar the class, below it the network: their words never lie on each other.
_GUESS = """<div style="position:absolute;left:{at:.1f}%;top:0;transform:translateX({back:.0f}%);
  white-space:nowrap;font-size:0.875rem;line-height:1.1rem">{words}</div>
  <div style="position:absolute;left:{at:.1f}%;top:1.15rem;transform:translateX(-50%);
  font-size:0.9rem;line-height:1rem">▼</div>"""
_FOUND = """<div style="position:absolute;left:{at:.1f}%;top:2.45rem;transform:translateX(-50%);
  font-size:0.9rem;line-height:1rem">▲</div>
  <div style="position:absolute;left:{at:.1f}%;top:3.2rem;transform:translateX({back:.0f}%);
  white-space:nowrap;font-weight:600;line-height:1.1rem">{words}</div>"""


@dataclass(frozen=True)
class Asked:
    """A number in [0, 1] that the class guesses first.

    ``question`` is asked over the guess; ``told`` has a place ``{}`` for the number. ``value`` is
    asked once it is told, and not before: the first may have to wait for a network.
    """

    key: str
    question: str
    told: str
    value: Callable[[], float]


def revealed(key: str) -> bool:
    """Whether this visitor has been told the number of that key."""
    return key in st.session_state.get(_REVEALED, ())


def ask(asked: Asked) -> None:
    """Draw the guess, the bar with what is known on it, and the button that tells."""
    known = revealed(asked.key)
    guess = st.slider(
        asked.question, 0, 100, 50, format="%d %%", key=f"guess_{asked.key}", disabled=known
    )
    st.html(bar(guess / 100, asked.value() if known else None, asked.told))
    if not known:
        st.button(
            "Tell the number", icon=":material/visibility:", type="primary",
            on_click=_reveal, args=(asked.key,), key=f"reveal_{asked.key}",
        )  # fmt: skip


def bar(guess: float, found: float | None, told: str) -> str:
    """HTML of a bar from 0 to 100 %: the class's mark, and the network's once it is known."""
    words = [f"your guess: {100 * guess:.0f}\N{NO-BREAK SPACE}%"]
    marks = [_GUESS.format(at=100 * guess, back=_back(guess), words=words[0])]
    if found is not None:
        words.append(told.format(estimates.chance(found)))
        marks.append(_FOUND.format(at=100 * found, back=_back(found), words=html.escape(words[1])))
    label = html.escape(f"Bar from 0 to 100\N{NO-BREAK SPACE}%; {'; '.join(words)}.", quote=True)
    return _BAR.format(label=label, marks="".join(marks))


def _back(at: float) -> float:
    """How far words are moved left, in percent of their width, so that they end within the bar."""
    return -100 * at


def _reveal(key: str) -> None:
    st.session_state[_REVEALED] = {*st.session_state.get(_REVEALED, ()), key}
