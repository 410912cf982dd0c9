"""The lesson: its steps in order, and what each asks, tells and shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.lesson import answers, pictures

if TYPE_CHECKING:
    from core.classifier import Classifier

Show = Callable[["Classifier"], None]


@dataclass(frozen=True)
class Step:
    """``address`` is its place in the URL; ``show`` draws, ``reveal`` answers."""

    address: str
    title: str
    question: str
    notes: str
    show: Show
    reveal: Show


STEPS = (
    Step(
        "answer", "The model says",
        "What should the model have said about this picture?",
        "Let everybody write a number down before anything is revealed. Then move the slider: the "
        "answers jump, though no picture has anybody in it. Ask who would have believed the first.",
        pictures.drawing, answers.only_two_answers,
    ),
    Step(
        "accuracy", "Accurate, and then?",
        "The network stays the same while you move the slider. What happens to its alarms?",
        "Start where every second person is ill, as in the test set. Go down to 10 in 1,000, a "
        "general practice. Let the class count the rings before you reveal.",
        pictures.screening, answers.alarms,
    ),
    Step(
        "leak", "The same lesion twice",
        "Some lesions are in training and in the test. Does the test flatter the network?",
        "First the arithmetic: what a test reports if leaked pictures are simply remembered. Then "
        "reveal what was measured. The leaked lesions are mostly hard ones, so the difference of "
        "the two rows is not the effect of the leak: a good moment to speak of confounding.",
        pictures.leak, answers.leak,
    ),
    Step(
        "collection", "Which collection is it from?",
        "All benign pictures come from one collection, half of the malignant ones from another. "
        "What else than cancer could the network have learned to see?",
        "A black frame is common in the older collections. Widen it slowly and watch the number. "
        "Nothing about the lesion changes.",
        pictures.frame, answers.collection,
    ),
    Step(
        "attack", "One step against it",
        "No value of the picture moves by more than the slider says. Who notices first, you or the "
        "network?",
        "Let the class call out when they see a difference; most never do. The step goes along the "
        "gradient, so whoever takes it has to have the network. Nobody told it what the lesion is: "
        "the step goes against its own answer. The report's 0.003 is about 0.75 on this slider.",
        pictures.attack, answers.attack,
    ),
    Step(
        "noise", "As much, but at random",
        "Each value moves as far as before, but a coin says whether up or down. Why does so much "
        "less happen?",
        "Go back and forth between this step and the last at the same place of the slider. Random "
        "moves mostly cancel each other out; along the gradient each of the 150,528 adds to the "
        "last. So 'it withstands noise' says nothing about somebody who means harm.",
        pictures.noise, answers.noise,
    ),
    Step(
        "skin", "Another skin",
        "The same lesion on lighter and darker skin. Should the answer change?",
        "This is a drawing, so nothing but the skin's colour differs. A change shows that the "
        "network uses it; it does not show how wrong it is on people. That takes real pictures.",
        pictures.skin, answers.skin,
    ),
    Step(
        "deploy", "Would you deploy it?",
        "In a practice where 10 of 1,000 lesions are malignant: where do you set the threshold, "
        "and would you switch it on?",
        "There is no right place for the slider: each one trades missed cancers for false alarms. "
        "Ask who bears which. Then reveal, and ask what would have to be measured first.",
        pictures.threshold, answers.deploy,
    ),
)  # fmt: skip


def go(address: str) -> None:
    """Turn to another step. A page's own function would not do: whoever keeps it for the visitor
    keeps all that the page's names stand for, the model included."""
    st.session_state.update(step=address)
